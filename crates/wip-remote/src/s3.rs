//! S3: credentials, region and endpoint as the tools of AWS take them.
//!
//! Owns what is read of the environment, profiles, SSO, containers and instances, all by
//! `aws-config`.
//! Requests are `bucket`'s.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_types::service_config::ServiceConfigKey;
use object_store::aws::{AmazonS3Builder, AwsCredential};
use object_store::client::HttpConnector;
use object_store::{ClientOptions, CredentialProvider, RetryConfig};
use reqwest::Url;
use tokio::sync::Mutex;

use crate::bucket::{Bucket, Signer};
use crate::near;
use crate::objects::{Class, Fault};
use crate::watch::{Watch, heard, words};

/// Credentials are renewed so long before they end.
const RENEW: Duration = Duration::from_secs(5 * 60);

/// Connects to `bucket`.
pub(crate) async fn connect(bucket: &str) -> Result<Bucket, Fault> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    // Where nobody says: S3 answers in which region the bucket is.
    let region = config
        .region()
        .map_or("us-east-1", |region| region.as_ref());
    let wrong = |why: String| Fault::new(Class::Settings, why);
    let base = base(endpoint(&config).as_deref(), region, bucket).map_err(wrong)?;
    let provider = config
        .credentials_provider()
        .ok_or_else(|| Fault::new(Class::Credentials, "no credentials of AWS were found"))?;
    let url: Url = base.parse().map_err(|error| wrong(words(&error)))?;
    let watch = Watch::new(url.authority()).map_err(wrong)?;
    let options = ClientOptions::new().with_allow_http(true);
    let http = watch
        .connect(&options)
        .map_err(|error| wrong(words(&error)))?;
    let store = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(region)
        .with_endpoint(&base)
        // The endpoint has the bucket in it already, as host name or as path.
        .with_virtual_hosted_style_request(true)
        .with_credentials(Arc::new(Credentials {
            provider,
            last: Mutex::default(),
        }))
        .with_client_options(options)
        .with_http_connector(watch)
        .with_retry(once())
        .build()
        .map_err(|error| wrong(words(&error)))?;
    let region = region.to_owned();
    Ok(Bucket {
        signer: Signer::S3 { store, region },
        http,
        base,
    })
}

/// Repeating is `steady`'s.
pub(crate) fn once() -> RetryConfig {
    RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    }
}

/// `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, or what a profile says of them.
fn endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let of_service = || config.service_config()?.load_config(key.ok()?);
    of_service().or_else(|| config.endpoint_url().map(str::to_owned))
}

/// The URL of `bucket`, without a slash at the end.
///
/// An endpoint of somebody's own has no host name per bucket; a bucket with dots in its name
/// has none that a certificate covers ("Virtual hosting of general purpose buckets").
fn base(endpoint: Option<&str>, region: &str, bucket: &str) -> Result<String, String> {
    if let Some(endpoint) = endpoint {
        near::endpoint("the endpoint of S3", endpoint)?;
        return Ok(format!("{}/{bucket}", endpoint.trim_end_matches('/')));
    }
    let suffix = match region.starts_with("cn-") {
        true => "amazonaws.com.cn",
        false => "amazonaws.com",
    };
    Ok(match bucket.contains('.') {
        true => format!("https://s3.{region}.{suffix}/{bucket}"),
        false => format!("https://{bucket}.s3.{region}.{suffix}"),
    })
}

/// What `aws-config` found, kept until it ends.
struct Credentials {
    provider: SharedCredentialsProvider,
    last: Mutex<Option<(Arc<AwsCredential>, Option<SystemTime>)>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

#[async_trait]
impl CredentialProvider for Credentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut last = self.last.lock().await;
        if let Some((credential, until)) = &*last
            && until.is_none_or(|until| SystemTime::now() + RENEW < until)
        {
            return Ok(Arc::clone(credential));
        }
        let found = self.provider.provide_credentials().await.map_err(|error| {
            heard(Fault::new(Class::Credentials, words(&error)));
            object_store::Error::Generic {
                store: "S3",
                source: error.into(),
            }
        })?;
        let credential = Arc::new(AwsCredential {
            key_id: found.access_key_id().to_owned(),
            secret_key: found.secret_access_key().to_owned(),
            token: found.session_token().map(str::to_owned),
        });
        *last = Some((Arc::clone(&credential), found.expiry()));
        Ok(credential)
    }
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn a_bucket_has_a_host_name_where_a_certificate_covers_it() {
        for (endpoint, region, bucket, expected) in [
            (
                None,
                "eu-west-1",
                "acme",
                "https://acme.s3.eu-west-1.amazonaws.com",
            ),
            (
                None,
                "eu-west-1",
                "acme.state",
                "https://s3.eu-west-1.amazonaws.com/acme.state",
            ),
            (
                None,
                "cn-north-1",
                "acme",
                "https://acme.s3.cn-north-1.amazonaws.com.cn",
            ),
            (
                Some("http://127.0.0.1:9000/"),
                "eu-west-1",
                "acme",
                "http://127.0.0.1:9000/acme",
            ),
        ] {
            assert_eq!(base(endpoint, region, bucket).as_deref(), Ok(expected));
        }
        let error = base(Some("http://s3.example.org"), "eu-west-1", "acme").expect_err("refused");
        assert!(
            error.contains("plain http is for this machine only"),
            "{error}"
        );
    }
}
