//! The client: one API server, by a context of a kubeconfig, from within the cluster, or in the sandbox.
//!
//! Owns how it is reached, what its errors mean, and that nothing is asked without bounds.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use kube::api::{Api, ListParams, ObjectList};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde::de::DeserializeOwned;
use tracing::Instrument as _;
use wip_provider::{Bound, Class, CloudError, Lane, Patience, Wire, retry};

use crate::KubeError;

/// Requests in flight at once: API servers give each user a fair share, and others are there too.
const IN_FLIGHT: usize = 8;
/// Objects of one page of a list, as kubectl asks for.
const PAGE: u32 = 500;
/// Pages of one list: a cluster with more of what is read here is not a Space's.
const MOST_PAGES: usize = 200;

/// One API server.
pub struct Kube {
    client: Client,
    lane: Lane,
    patience: Patience,
}

/// The contexts of the kubeconfig, by name.
pub fn contexts() -> Vec<String> {
    let config = Kubeconfig::read().unwrap_or_default();
    config
        .contexts
        .into_iter()
        .map(|context| context.name)
        .collect()
}

impl Kube {
    /// Of a context of the kubeconfig; of the current one, or of the cluster around this process, where none is named.
    ///
    /// # Errors
    /// Where there is no such context, or it cannot be used.
    pub async fn of_context(context: Option<&str>) -> Result<Self, KubeError> {
        let config = match context {
            Some(name) => {
                let options = KubeConfigOptions {
                    context: Some(name.to_owned()),
                    ..KubeConfigOptions::default()
                };
                Config::from_kubeconfig(&options).await.map_err(words)?
            }
            None => Config::infer().await.map_err(words)?,
        };
        let url = &config.cluster_url;
        let is_plain = url.scheme_str() != Some("https");
        if is_plain && !url.host().is_some_and(is_loopback) {
            return Err(KubeError::Insecure(url.to_string()));
        }
        Ok(Self::new(Client::try_from(config).map_err(words)?))
    }

    /// Of an API server below a URL on loopback, with a token that is no secret.
    ///
    /// # Errors
    /// Where the URL is none.
    pub fn of_sandbox(url: &str, token: &str) -> Result<Self, KubeError> {
        let mut config = Config::new(url.parse().map_err(words)?);
        config.auth_info.token = Some(token.to_owned().into());
        Ok(Self::new(Client::try_from(config).map_err(words)?))
    }

    /// The same, where something else than the network answers.
    pub fn on_wire(wire: Arc<dyn Wire>, url: &str, token: &str) -> Self {
        let (url, token) = (url.to_owned(), format!("Bearer {token}"));
        let service = tower::service_fn(move |request: http::Request<Body>| {
            let (wire, url, token) = (Arc::clone(&wire), url.clone(), token.clone());
            async move {
                let (mut head, body) = request.into_parts();
                let body = body.collect_bytes().await?;
                head.uri = format!("{url}{}", head.uri).parse()?;
                head.headers
                    .insert(http::header::AUTHORIZATION, token.parse()?);
                let request = http::Request::from_parts(head, body.to_vec());
                let answer = wire.send(request).await?;
                Ok::<_, tower::BoxError>(answer.map(Body::from))
            }
        });
        Self::new(Client::new(service, "default"))
    }

    fn new(client: Client) -> Self {
        Self {
            client,
            lane: Lane::new(Bound {
                in_flight: IN_FLIGHT,
                rate: None,
            }),
            patience: Patience::default(),
        }
    }

    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Makes a call, as often as its failures and patience let it.
    pub(crate) async fn call<T, F>(
        &self,
        name: &str,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, kube::Error>>,
    {
        let name = format!("kube:{name}");
        retry(&name, &self.patience, &self.lane, || {
            let span = tracing::info_span!("call", call = name);
            let sent = attempt();
            let name = &name;
            async move {
                let answer = sent.await.map_err(|error| error_of(name, error));
                if let Err(error) = &answer {
                    tracing::debug!(code = error.code, class = ?error.class, "failed");
                }
                answer
            }
            .instrument(span)
        })
        .await
    }

    /// Every object of a list, page by page; from the beginning where the list has changed too much meanwhile.
    pub(crate) async fn list<K>(
        &self,
        name: &str,
        api: &Api<K>,
        labels: Option<&str>,
    ) -> Result<Vec<K>, CloudError>
    where
        K: Clone + DeserializeOwned + Debug,
    {
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        let mut again = true;
        for _ in 0..MOST_PAGES {
            let mut params = ListParams::default().limit(PAGE);
            params.label_selector = labels.map(str::to_owned);
            params.continue_token.clone_from(&token);
            let page: Result<ObjectList<K>, _> = self.call(name, || api.list(&params)).await;
            let page = match page {
                Err(error) if again && error.code.as_deref() == Some("Expired") => {
                    (found, token, again) = (Vec::new(), None, false);
                    continue;
                }
                page => page?,
            };
            found.extend(page.items);
            token = page.metadata.continue_.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
        let message = format!("the list goes on after {} objects", found.len());
        Err(CloudError::local(Class::Final, name, message))
    }

    /// A document at a path that is no resource.
    pub(crate) async fn document<T: DeserializeOwned>(&self, path: &str) -> Result<T, CloudError> {
        self.call(&format!("get {path}"), || async {
            let request = http::Request::get(path).body(Vec::new());
            let request = request.map_err(kube::Error::HttpError)?;
            self.client.request(request).await
        })
        .await
    }
}

fn words(error: impl std::error::Error) -> KubeError {
    KubeError::Config(chain(&error))
}

/// An error with its causes, each said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        next = cause.source();
    }
    without_output(&text)
}

/// Without what a plugin has printed on standard output, which is where tokens are.
///
/// kube shows the whole output of a plugin that failed (`AuthExecRun`).
fn without_output(text: &str) -> String {
    let Some((before, output)) = text.split_once(": Output {") else {
        return text.to_owned();
    };
    let command = before.split_once("auth exec command '");
    let status = before.rsplit_once("failed with");
    let said = output.split_once("stderr: \"");
    let said = said.and_then(|(_, said)| said.rsplit_once('"'));
    let said = said.map_or("", |(said, _)| said).replace("\\n", " ");
    match (command, status) {
        (Some(_), Some((_, status))) => {
            format!(
                "the plugin for credentials ended with{status}: {}",
                said.trim()
            )
        }
        _ => before.to_owned(),
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// Source of reasons and codes: k8s.io/apimachinery `pkg/api/errors`.
fn error_of(call: &str, error: kube::Error) -> CloudError {
    match error {
        kube::Error::Api(status) => {
            let class = match status.code {
                401 | 403 => Class::Denied,
                404 => Class::Missing,
                409 => Class::Conflict,
                429 => Class::Throttled,
                500..=599 => Class::Unavailable,
                _ => Class::Final,
            };
            CloudError {
                class,
                call: call.to_owned(),
                code: Some(status.reason.clone()).filter(|reason| !reason.is_empty()),
                message: status.message.clone(),
                request_id: None,
                retry_after: status
                    .details
                    .as_ref()
                    .map(|details| u64::from(details.retry_after_seconds))
                    .filter(|seconds| *seconds > 0)
                    .map(std::time::Duration::from_secs),
            }
        }
        kube::Error::HyperError(_) | kube::Error::Service(_) | kube::Error::ReadEvents(_) => {
            CloudError::local(Class::Broken, call, chain(&error))
        }
        error => CloudError::local(Class::Final, call, chain(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_prints_is_not_passed_on() {
        let text = "auth error: auth exec command '\"sh\"' failed with status exit status: 1: Output { status: ExitStatus(unix_wait_status(256)), stdout: \"TOKEN\", stderr: \"you must log in\\n\" }";
        let words = "the plugin for credentials ended with status exit status: 1: you must log in";
        assert_eq!(without_output(text), words);
        assert_eq!(without_output("Connection refused"), "Connection refused");
    }

    #[test]
    fn loopback_is_told_from_the_rest() {
        for host in ["localhost", "127.0.0.1", "[::1]", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["192.0.2.1", "localhost.example.com", "0.0.0.0", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
