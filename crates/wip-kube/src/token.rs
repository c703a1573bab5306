//! Tokens of service accounts: asked for, and taken apart to be shown.
//!
//! The token itself is never shown, kept or put into an error.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Api, PostParams};
use serde_json::Value;
use wip_provider::{Class, CloudError};
use wip_space::{ClusterAt, Space};

use crate::{Expected, How, Kube, KubeError};

/// How long the token is good for, in seconds: the least that Kubernetes gives.
const LIFETIME: i64 = 600;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// `aud`.
    pub audiences: Vec<String>,
}

/// The audience that a token must have for a way to prove who one is, on a cluster.
pub fn audiences(space: &Space, cluster: &str, expected: &Expected) -> Option<String> {
    match &expected.how {
        How::Irsa(_) => Some("sts.amazonaws.com".to_owned()),
        How::PodIdentity => Some("pods.eks.amazonaws.com".to_owned()),
        How::Entra(_) => Some("api://AzureADTokenExchange".to_owned()),
        How::GkePrincipal | How::GkeServiceAccount(_) => {
            let mut clusters = space.clusters.iter();
            let known = clusters.find(|known| known.name == cluster)?;
            match &known.at {
                ClusterAt::Gke { project, .. } => Some(format!("{project}.svc.id.goog")),
                _ => None,
            }
        }
        How::NotApplied => None,
    }
}

/// A token of a service account for an audience, and what it says.
///
/// # Errors
/// Where the cluster gives none, or what it gives is none.
pub async fn token(
    kube: &Kube,
    namespace: &str,
    service_account: &str,
    audience: &str,
) -> Result<(String, Claims), KubeError> {
    let api: Api<ServiceAccount> = Api::namespaced(kube.client(), namespace);
    let wish = TokenRequest {
        spec: TokenRequestSpec {
            audiences: vec![audience.to_owned()],
            expiration_seconds: Some(LIFETIME),
            bound_object_ref: None,
        },
        ..TokenRequest::default()
    };
    let params = PostParams::default();
    let call = "create serviceaccounts/token";
    let answer = kube
        .call(call, || {
            api.create_token_request(service_account, &params, &wish)
        })
        .await?;
    let token = answer.status.map(|status| status.token).unwrap_or_default();
    let claims = claims(&token).ok_or_else(|| {
        let what = "what the cluster gave is no token";
        KubeError::Call(CloudError::local(Class::Final, call, what))
    })?;
    Ok((token, claims))
}

/// What a token says, unverified.
fn claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    let bytes = Base64UrlUnpadded::decode_vec(payload).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    let text = |name: &str| claims[name].as_str().map(str::to_owned);
    let audiences = match &claims["aud"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many
            .iter()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    };
    Some(Claims {
        issuer: text("iss")?,
        subject: text("sub")?,
        audiences,
    })
}
