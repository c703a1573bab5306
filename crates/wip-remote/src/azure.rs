//! Azure Blob Storage: credentials and endpoint as the tools of Azure take them.
//!
//! Owns the order in which credentials are looked for.
//! Requests are `bucket`'s, and how each credential is got is `object_store`'s.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::azure::{
    AzureConfigKey, AzureCredential, AzureCredentialProvider, MicrosoftAzureBuilder,
};
use object_store::client::HttpConnector;
use object_store::{ClientOptions, CredentialProvider};
use reqwest::Url;
use tokio::sync::OnceCell;
use tokio::time;

use crate::bucket::{Bucket, Signer};
use crate::near;
use crate::objects::{Class, Fault};
use crate::s3::once;
use crate::watch::{Watch, heard, words};

/// The variable with the emulator's address, as the client libraries' tests name it.
const EMULATOR: &str = "AZURITE_BLOB_STORAGE_URL";
/// How long a machine's own identity is waited for where the Azure CLI may have another.
const MACHINE: Duration = Duration::from_secs(3);

/// Connects to `container` of the storage account `account`.
pub(crate) fn connect(
    account: &str,
    endpoint: Option<&str>,
    container: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Bucket, Fault> {
    let wrong = |why: String| Fault::new(Class::Settings, why);
    let options = ClientOptions::new().with_allow_http(true);
    let builder = || {
        MicrosoftAzureBuilder::from_env()
            .with_account(account)
            .with_container_name(container)
            .with_client_options(options.clone())
            .with_retry(once())
    };
    let emulator = env(EMULATOR);
    let given = endpoint.map(str::to_owned);
    let given = given.or_else(|| builder().get_config_value(&AzureConfigKey::Endpoint));
    let (service, base) = match (&emulator, given) {
        (Some(url), _) => {
            let url = near::endpoint(EMULATOR, url).map_err(wrong)?;
            if !near::is_loopback(&url) {
                return Err(wrong(format!("{EMULATOR} is not on this machine")));
            }
            let service = url.to_string().trim_end_matches('/').to_owned();
            let base = format!("{service}/{account}/{container}");
            (service, base)
        }
        (None, given) => {
            let service = given.unwrap_or(format!("https://{account}.blob.core.windows.net"));
            let service = service.trim_end_matches('/').to_owned();
            near::endpoint("the endpoint of Azure Blob Storage", &service).map_err(wrong)?;
            let base = format!("{service}/{container}");
            (service, base)
        }
    };
    let url: Url = service.parse().map_err(|error| wrong(words(&error)))?;
    let watch = Watch::new(url.authority()).map_err(wrong)?;
    let build = |builder: MicrosoftAzureBuilder| {
        let built = builder.with_http_connector(watch.clone()).build();
        built.map_err(|error| Fault::new(Class::Credentials, words(&error)))
    };
    let store = match emulator {
        Some(_) => build(builder().with_use_emulator(true))?,
        None => {
            let found = builder().with_endpoint(service.clone());
            let found = match is_named(&found) {
                true => found,
                false => {
                    let machine = build(found.clone())?.credentials().clone();
                    let person = build(found.clone().with_use_azure_cli(true))?;
                    let person = person.credentials().clone();
                    found.with_credentials(Arc::new(MachineOrPerson {
                        machine,
                        person,
                        chosen: OnceCell::new(),
                    }))
                }
            };
            build(found)?
        }
    };
    let http = watch
        .connect(&options)
        .map_err(|error| wrong(words(&error)))?;
    let account = account.to_owned();
    Ok(Bucket {
        signer: Signer::Azure { store, account },
        http,
        base,
    })
}

/// Whether the environment says which credentials to take.
fn is_named(builder: &MicrosoftAzureBuilder) -> bool {
    use AzureConfigKey as Key;
    let keys = [
        Key::AccessKey,
        Key::SasKey,
        Key::Token,
        Key::ClientId,
        Key::CredentialType,
        Key::MsiEndpoint,
        Key::FabricTokenServiceUrl,
    ];
    let is_true = |key| builder.get_config_value(&key).as_deref() == Some("true");
    keys.iter()
        .any(|key| builder.get_config_value(key).is_some())
        || is_true(Key::UseAzureCli)
        || is_true(Key::SkipSignature)
}

/// The managed identity of the machine, or else who is logged in with `az login`: the end of the
/// chain that the SDKs of Azure go through ("DefaultAzureCredential").
struct MachineOrPerson {
    machine: AzureCredentialProvider,
    person: AzureCredentialProvider,
    chosen: OnceCell<AzureCredentialProvider>,
}

impl fmt::Debug for MachineOrPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MachineOrPerson")
    }
}

#[async_trait]
impl CredentialProvider for MachineOrPerson {
    type Credential = AzureCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AzureCredential>> {
        if let Some(chosen) = self.chosen.get() {
            return chosen.get_credential().await;
        }
        if let Ok(Ok(credential)) = time::timeout(MACHINE, self.machine.get_credential()).await {
            // Another call may have been faster: it chose the same.
            let _ = self.chosen.set(Arc::clone(&self.machine));
            return Ok(credential);
        }
        let credential = self.person.get_credential().await.inspect_err(|error| {
            let why =
                "no variables of Azure are set, this machine has no identity there, and `az` says";
            heard(Fault::new(
                Class::Credentials,
                format!("{why}: {}", words(error)),
            ));
        })?;
        let _ = self.chosen.set(Arc::clone(&self.person));
        Ok(credential)
    }
}
