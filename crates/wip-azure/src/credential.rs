//! Who wip is at Azure: the chain of credentials, and the tokens that it gives.
//!
//! Owns the order, which is that of Azure's own SDKs ("Credential chains in the Azure libraries", Azure docs): environment,
//! workload identity, managed identity, Azure CLI.

use std::sync::Arc;
use std::time::Duration;

use azure_core::base64::decode_url_safe;
use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientSecretCredential,
    ManagedIdentityCredential, WorkloadIdentityCredential,
};
use serde_json::Value;
use tokio::sync::OnceCell;
use wip_provider::{Class, CloudError};

/// How long the metadata service of a machine may take where nothing says that there is one.
const PROBE: Duration = Duration::from_secs(5);

/// The credentials for one tenant.
pub(crate) enum Credential {
    /// A token that is no secret: the sandbox's.
    Fixed(String),
    /// The first of the chain that gave a token.
    Chain {
        /// The tenant that is asked, where the file names one.
        tenant: Option<String>,
        /// Reads a variable of the environment.
        variable: fn(&str) -> Option<String>,
        /// What was found; asked again for each token, because it keeps tokens itself.
        found: OnceCell<Arc<dyn TokenCredential>>,
    },
}

impl Credential {
    /// A token for `scope`.
    pub(crate) async fn token(&self, scope: &str) -> Result<String, CloudError> {
        match self {
            Self::Fixed(token) => Ok(token.clone()),
            Self::Chain {
                tenant,
                variable,
                found,
            } => {
                let chain = || choose(tenant.as_deref(), *variable, scope);
                let credential = found.get_or_try_init(chain).await?;
                token(credential.as_ref(), scope).await.map_err(refused)
            }
        }
    }
}

async fn token(credential: &dyn TokenCredential, scope: &str) -> Result<String, String> {
    let token = credential.get_token(&[scope], None).await;
    token
        .map(|token| token.token.secret().to_owned())
        .map_err(|error| error.to_string())
}

fn refused(why: String) -> CloudError {
    let words = format!("no access token: {why}");
    CloudError::local(Class::Denied, "entra:Token", words)
}

/// What the environment says of credentials alone decides; where it says nothing, the CLI and then the machine are asked.
async fn choose(
    tenant: Option<&str>,
    variable: fn(&str) -> Option<String>,
    scope: &str,
) -> Result<Arc<dyn TokenCredential>, CloudError> {
    let given = |name: &str| variable(name).filter(|text| !text.is_empty());
    let made = |credential: azure_core::Result<Arc<dyn TokenCredential>>| {
        credential.map_err(|error| refused(error.to_string()))
    };
    if let (Some(own), Some(id), Some(secret)) = (
        given("AZURE_TENANT_ID"),
        given("AZURE_CLIENT_ID"),
        given("AZURE_CLIENT_SECRET"),
    ) {
        let credential = ClientSecretCredential::new(&own, id, Secret::new(secret), None);
        return made(credential.map(|it| it as Arc<dyn TokenCredential>));
    }
    if given("AZURE_FEDERATED_TOKEN_FILE").is_some() {
        let credential = WorkloadIdentityCredential::new(None);
        return made(credential.map(|it| it as Arc<dyn TokenCredential>));
    }
    let managed =
        || made(ManagedIdentityCredential::new(None).map(|it| it as Arc<dyn TokenCredential>));
    if given("IDENTITY_ENDPOINT").is_some() {
        return managed();
    }
    let options = AzureCliCredentialOptions {
        tenant_id: tenant.map(str::to_owned),
        ..AzureCliCredentialOptions::default()
    };
    let cli =
        made(AzureCliCredential::new(Some(options)).map(|it| it as Arc<dyn TokenCredential>))?;
    let why = match token(cli.as_ref(), scope).await {
        Ok(_) => return Ok(cli),
        Err(why) => why,
    };
    let machine = managed()?;
    match tokio::time::timeout(PROBE, token(machine.as_ref(), scope)).await {
        Ok(Ok(_)) => Ok(machine),
        _ => Err(refused(format!(
            "neither AZURE_CLIENT_SECRET nor AZURE_FEDERATED_TOKEN_FILE is set, this machine has no managed identity, and \
             the Azure CLI says: {why}"
        ))),
    }
}

/// The tenant and the caller that an access token names; `None` of one that cannot be read, which the cloud will judge.
pub(crate) fn claims(token: &str) -> Option<(String, String)> {
    let payload = token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&decode_url_safe(payload).ok()?).ok()?;
    let text = |name: &str| claims[name].as_str().map(str::to_owned);
    let who = text("upn").or(text("appid")).or(text("oid"));
    Some((text("tid")?, who.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use azure_core::base64::encode_url_safe;

    use super::*;

    #[test]
    fn a_token_names_its_tenant() {
        let token = |claims: &str| format!("h.{}.s", encode_url_safe(claims.as_bytes()));
        let said = claims(&token(r#"{"tid":"t","appid":"a"}"#));
        assert_eq!(said, Some(("t".to_owned(), "a".to_owned())));
        for none in ["", "sandbox:t:o", "a.b.c", &token("{}"), &token("no json")] {
            assert_eq!(claims(none), None, "{none}");
        }
    }
}
