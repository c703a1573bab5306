//! The HTTP client that all SDK clients share, and which URLs it may ask.
//!
//! Owns the rules that plain http stays on this machine, and that no answer fills its memory.
//! Knows no service.

use std::net::IpAddr;

use aws_config::SdkConfig;
use aws_sdk_iam::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, ConnectorBuilder, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_types::service_config::ServiceConfigKey;
use http_body_util::Limited;

/// The largest body of an answer, in bytes.
///
/// The largest that wip asks for is a page of `GetAccountAuthorizationDetails`, of at most 1,000 roles (`MaxItems`, IAM API reference), of which
/// each has inline policies of 10,240 characters at most ("IAM and AWS STS quotas"), percent-encoded.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// One client for every service and place, so that they share their connections.
///
/// With `plain`, https is not set up at all: reading the system's certificates takes longer than a whole plan.
pub(super) fn client(plain: bool) -> SharedHttpClient {
    let inner = match plain {
        true => Builder::new().build_http(),
        false => Builder::new().build_with_connector_fn(|settings, components| {
            let mut connector = ConnectorBuilder::default().tls_provider(tls::Provider::Rustls(
                tls::rustls_provider::CryptoMode::AwsLc,
            ));
            connector.set_connector_settings(settings.cloned());
            connector.set_proxy_config(Some(ProxyConfig::from_env()));
            if let Some(components) = components {
                connector.set_sleep_impl(components.sleep_impl());
            }
            connector.build()
        }),
    };
    SharedHttpClient::new(Guarded(inner))
}

/// Whether the environment or a profile sends S3 elsewhere: an emulator has no host name per bucket.
pub(super) fn s3_is_overridden(config: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let of_service = || config.service_config()?.load_config(key.ok()?);
    config.endpoint_url().is_some() || of_service().is_some()
}

/// Why `url` may not be asked, if so: plain http leaves this machine.
///
/// Link-local addresses are where a machine's own credentials come from (IMDS, ECS and EKS agents).
pub(super) fn allowed(url: &str) -> Result<(), String> {
    let Some(rest) = url.strip_prefix("http://") else {
        return Ok(());
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_near = match host.parse() {
        Ok(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_link_local(),
        Ok(IpAddr::V6(v6)) => v6.is_loopback() || v6.segments()[..2] == [0xfd00, 0x0ec2],
        Err(_) => host == "localhost",
    };
    match is_near {
        true => Ok(()),
        false => Err(format!(
            "plain http is for this machine only, not for {host}; use https"
        )),
    }
}

#[derive(Debug)]
struct Guarded<T>(T);

impl HttpClient for Guarded<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Guarded(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Guarded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match allowed(request.uri()) {
            Ok(()) => {
                let answer = self.0.call(request);
                HttpConnectorFuture::new(async move {
                    let bounded = |body| SdkBody::from_body_1_x(Limited::new(body, MAX_BODY));
                    Ok(answer.await?.map(bounded))
                })
            }
            Err(why) => HttpConnectorFuture::ready(Err(ConnectorError::user(why.into()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use http_body_util::BodyExt as _;

    use super::*;

    #[derive(Debug)]
    struct Answers(usize);

    impl HttpConnector for Answers {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let body = SdkBody::from(vec![b' '; self.0]);
            let status = 200.try_into().expect("a status");
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body)))
        }
    }

    #[tokio::test]
    async fn an_answer_ends_where_it_would_fill_the_memory() {
        for (size, fits) in [(MAX_BODY, true), (MAX_BODY + 1, false)] {
            let connector = Guarded(SharedHttpConnector::new(Answers(size)));
            let mut request = HttpRequest::empty();
            request
                .set_uri("https://iam.amazonaws.com/")
                .expect("a URL");
            let mut answer = connector.call(request).await.expect("an answer");
            let body = answer.take_body().collect().await;
            assert_eq!(body.is_ok(), fits, "{size}");
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for near in [
            "https://iam.amazonaws.com/",
            "http://127.0.0.1:4566/",
            "http://localhost:4566",
            "http://[::1]:4566/x",
            "http://169.254.169.254/latest/meta-data",
            "http://[fd00:ec2::23]/v1/credentials",
        ] {
            assert_eq!(allowed(near), Ok(()), "{near}");
        }
        for far in [
            "http://iam.amazonaws.com/",
            "http://127.0.0.1.example.org/",
            "http://127.0.0.1@example.org/",
            "http://10.0.0.1:4566",
            "http://localhost.example.org",
        ] {
            assert!(allowed(far).is_err(), "{far}");
        }
    }
}
