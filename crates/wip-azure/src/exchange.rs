//! A token of a service account, tried with Microsoft Entra as the pods of an identity do.
//!
//! Source: "Microsoft identity platform and the OAuth 2.0 client credentials flow", third case: with a federated credential.

use wip_provider::{CloudError, Trial};
use wip_space::{EntraPrincipal, Space};

use crate::client::Clients;

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// What every tenant has.
const SCOPE: &str = "https://management.azure.com/.default";

/// Who the bearer of the token is; `None` where the identity is none of Entra's. What Entra gives is thrown away.
pub(crate) async fn exchange(
    clients: &Clients,
    space: &Space,
    trial: Trial<'_>,
) -> Option<Result<String, CloudError>> {
    let mut identities = space.entra.iter();
    let identity = identities.find(|it| it.name == trial.identity)?;
    let client = trial.told.get("clientId")?;
    let account = identity.principal.account();
    let tenant = match &identity.principal {
        EntraPrincipal::Application(application) => Some(application.tenant.clone()),
        EntraPrincipal::Managed(_) => clients.tenant_of(&account),
    };
    let form = vec![
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", client.clone()),
        ("client_assertion_type", ASSERTION.to_owned()),
        ("client_assertion", trial.token.to_owned()),
        ("scope", SCOPE.to_owned()),
    ];
    let tried = clients.sign_in(&account, tenant, form).await;
    Some(tried.map(|()| format!("{} (client id {client})", identity.principal.name())))
}
