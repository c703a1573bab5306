//! The keys that sign a cluster's tokens, as the cluster says.
//!
//! Sources: "Service account issuer discovery" in the Kubernetes documentation (`/openid/v1/jwks`); "IAM for Pods configuration" of EKS Anywhere (the Secret `CLUSTER-sa` in `eksa-system`, whose `tls.crt` is a public key).

use k8s_openapi::api::core::v1::Secret;
use kube::api::Api;
use serde::Deserialize;
use wip_provider::{Class, CloudError};
use wip_space::{SigningKey, key_of_jwk, key_of_pem};

use crate::{Kube, KubeError};

/// Where EKS Anywhere keeps the public key.
const FIELD: &str = "tls.crt";

/// A key that signs tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterKey {
    /// As PEM.
    pub pem: String,
    /// What a key set says of it.
    pub key: SigningKey,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(default)]
    kty: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

/// The keys that the API server verifies tokens with, those for RS256, in its order.
///
/// # Errors
/// Where it does not say, or says something else.
pub async fn signing_keys(kube: &Kube) -> Result<Vec<ClusterKey>, KubeError> {
    let path = "/openid/v1/jwks";
    let set: KeySet = kube.document(path).await?;
    let keys = set.keys.iter().filter(|key| key.kty == "RSA");
    keys.map(|key| {
        let (pem, key) = key_of_jwk(&key.n, &key.e).map_err(|why| unlike(path, &why))?;
        Ok(ClusterKey { pem, key })
    })
    .collect()
}

/// The key in a Secret of EKS Anywhere.
///
/// # Errors
/// Where there is none, or it holds something else; never what that is.
pub async fn signing_key_in(
    kube: &Kube,
    namespace: &str,
    name: &str,
) -> Result<ClusterKey, KubeError> {
    let api: Api<Secret> = Api::namespaced(kube.client(), namespace);
    let call = "get secrets";
    let secret = kube.call(call, || api.get(name)).await?;
    let bytes = secret.data.and_then(|mut data| data.remove(FIELD));
    let bytes = bytes
        .ok_or_else(|| unlike(call, &format!("it has no {FIELD}")))?
        .0;
    let key = key_of_pem(&bytes).map_err(|why| unlike(call, &why))?;
    Ok(ClusterKey {
        pem: String::from_utf8_lossy(&bytes).into_owned(),
        key,
    })
}

fn unlike(call: &str, why: &str) -> KubeError {
    let words = format!("what is there is no public key for RS256: {why}");
    KubeError::Call(CloudError::local(Class::Final, call, words))
}
