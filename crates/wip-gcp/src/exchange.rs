//! A token of a service account of Kubernetes, tried with Google as the metadata server of GKE does.
//!
//! Sources: `sts.token` and `projects.serviceAccounts.generateAccessToken` in the discovery documents of version 1; "About Workload
//! Identity Federation for GKE" (the audience).

use serde_json::json;
use wip_provider::{CloudError, Trial};
use wip_space::{GooglePrincipal, Space};

use crate::client::Clients;
use crate::places;

/// Who the bearer of the token is; `None` where the identity or the cluster is none of Google's. What Google gives is thrown away.
pub(crate) async fn exchange(
    clients: &Clients,
    space: &Space,
    trial: Trial<'_>,
) -> Option<Result<String, CloudError>> {
    let mut identities = space.google.iter();
    let identity = identities.find(|it| it.name == trial.identity)?;
    let project = identity.projects.get(&trial.cluster.name)?;
    let url = places::cluster_url(&trial.cluster.at)?;
    let pool = places::pool(project);
    let wish = json!({
        "audience": format!("identitynamespace:{pool}:{url}"),
        "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
        "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
        "scope": "https://www.googleapis.com/auth/cloud-platform",
        "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt",
        "subjectToken": trial.token,
    });
    let tried = async {
        let token = clients.exchanged(project, wish).await?;
        let GooglePrincipal::ServiceAccount(account) = &identity.principal else {
            return Ok(format!("a principal of the pool {pool}"));
        };
        let email = account.email();
        clients.impersonated(project, &email, &token).await?;
        Ok(email)
    };
    Some(tried.await)
}
