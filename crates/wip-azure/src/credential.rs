//! Who wip is at Azure: the chain of credentials, and the tokens that it gives.
//!
//! Owns the order, which is that of Azure's own SDKs ("Credential chains in the Azure libraries", Azure docs): environment,
//! workload identity, managed identity, Azure CLI.  A managed identity of which the environment says nothing comes last, because to
//! look for it takes time where there is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use azure_core::base64::decode_url_safe;
use azure_core::credentials::{AccessToken, Secret, TokenCredential};
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions};
use azure_core::time::{Duration, OffsetDateTime};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};
use wip_provider::{Class, CloudError};

/// How long the metadata service of a machine may take where nothing says that there is one.
const PROBE: std::time::Duration = std::time::Duration::from_secs(5);

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
        /// What was found.
        found: OnceCell<Arc<dyn TokenCredential>>,
        /// The tokens that it gave, by scope: that of the CLI keeps none, and each costs a process.
        tokens: Mutex<BTreeMap<String, AccessToken>>,
    },
}

/// How long a token must still be good: longer than the longest call.
const GOOD: Duration = Duration::minutes(5);

impl Credential {
    /// The first of the chain that gives a token, for the tenant that the file names.
    pub(crate) fn chain(tenant: Option<String>, variable: fn(&str) -> Option<String>) -> Self {
        Self::Chain {
            tenant,
            variable,
            found: OnceCell::new(),
            tokens: Mutex::default(),
        }
    }

    /// A token for `scope`.
    pub(crate) async fn token(&self, scope: &str) -> Result<String, CloudError> {
        match self {
            Self::Fixed(token) => Ok(token.clone()),
            Self::Chain {
                tenant,
                variable,
                found,
                tokens,
            } => {
                // Whoever comes meanwhile waits, and finds it there.
                let mut tokens = tokens.lock().await;
                if let Some(token) = tokens.get(scope).filter(|token| is_good(token)) {
                    return Ok(token.token.secret().to_owned());
                }
                let chain = || choose(tenant.as_deref(), *variable, scope);
                let credential = found.get_or_try_init(chain).await?;
                let token = token(credential.as_ref(), scope).await.map_err(refused)?;
                let secret = token.token.secret().to_owned();
                tokens.insert(scope.to_owned(), token);
                Ok(secret)
            }
        }
    }
}

fn is_good(token: &AccessToken) -> bool {
    token.expires_on > OffsetDateTime::now_utc() + GOOD
}

async fn token(credential: &dyn TokenCredential, scope: &str) -> Result<AccessToken, String> {
    let token = credential.get_token(&[scope], None).await;
    token.map_err(|error| words(&error))
}

/// What went wrong, with its causes: the outer words tell too little.
fn words(error: &azure_core::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}

/// How requests for tokens are made: a network that is not there is no reason to wait for a minute.
fn client_options() -> ClientOptions {
    ClientOptions {
        retry: RetryOptions::exponential(ExponentialRetryOptions {
            max_retries: 3,
            max_total_elapsed: Duration::seconds(15),
            ..ExponentialRetryOptions::default()
        }),
        ..ClientOptions::default()
    }
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
        credential.map_err(|error| refused(words(&error)))
    };
    if let (Some(own), Some(id), Some(secret)) = (
        given("AZURE_TENANT_ID"),
        given("AZURE_CLIENT_ID"),
        given("AZURE_CLIENT_SECRET"),
    ) {
        let options = ClientSecretCredentialOptions {
            client_options: client_options(),
        };
        let credential = ClientSecretCredential::new(&own, id, Secret::new(secret), Some(options));
        return made(credential.map(|it| it as Arc<dyn TokenCredential>));
    }
    if given("AZURE_FEDERATED_TOKEN_FILE").is_some() {
        let options = WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions {
                client_options: client_options(),
            },
            ..WorkloadIdentityCredentialOptions::default()
        };
        let credential = WorkloadIdentityCredential::new(Some(options));
        return made(credential.map(|it| it as Arc<dyn TokenCredential>));
    }
    let managed = || {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: given("AZURE_CLIENT_ID").map(UserAssignedId::ClientId),
            client_options: client_options(),
        };
        let credential = ManagedIdentityCredential::new(Some(options));
        made(credential.map(|it| it as Arc<dyn TokenCredential>))
    };
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
