//! The HTTP client below `object_store`: it hears what servers say before that is put into words.
//!
//! Owns the connection's settings, the rule for plain http, and what is remembered of a refusal.
//! `object_store` does not say of a failure whether it was a lost answer or a refusal; who
//! writes on a condition has to know.

use std::cell::RefCell;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::{ClientOptions, HeaderMap};

use crate::answers::Refusal;
use crate::near;
use crate::objects::{Class, Fault};

/// How long to wait for a connection.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);
/// Of a refusal's body no more is read.
pub(crate) const LONGEST_REFUSAL: usize = 64 * 1024;

tokio::task_local! {
    static HEARD: RefCell<Option<Fault>>;
}

/// Makes a call; its failure is what the server said last, where it said anything.
pub(crate) async fn hear<T>(
    call: impl Future<Output = object_store::Result<T>>,
) -> Result<T, (object_store::Error, Option<Fault>)> {
    let listening = async {
        let answer = call.await;
        let heard = HEARD.with(RefCell::take);
        answer.map_err(|error| (error, heard))
    };
    HEARD.scope(RefCell::default(), listening).await
}

/// Remembers what went wrong, for [`hear`].
pub(crate) fn heard(fault: Fault) {
    // Outside of a call nobody listens.
    let _ = HEARD.try_with(|heard| heard.replace(Some(fault)));
}

/// A client for the service at `authority`; whoever else is asked is asked for credentials.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    authority: String,
    client: reqwest::Client,
}

impl Watch {
    pub(crate) fn new(authority: &str) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            // Whoever is redirected takes what was asked, and its tokens, to somebody else.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("wip/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| words(&error))?;
        Ok(Self {
            authority: authority.to_owned(),
            client,
        })
    }
}

impl HttpConnector for Watch {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Watch {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let uri = request.uri();
        let is_ours = uri
            .authority()
            .is_some_and(|it| it.as_str() == self.authority);
        if let Err(why) = near::endpoint("the endpoint", &uri.to_string()) {
            heard(Fault::new(Class::Other, why.clone()));
            return Err(HttpError::new(
                HttpErrorKind::Unknown,
                std::io::Error::other(why),
            ));
        }
        let response = match self.client.call(request).await {
            Ok(response) if response.status().is_success() => {
                // Is heard only where what follows fails: the rest of the body, or reading it.
                let broken = "the answer broke off, or is not understood";
                heard(of_whom(is_ours, Fault::new(Class::Lost, broken)));
                return Ok(response);
            }
            Ok(response) => response,
            Err(error) => {
                let class = match error.kind() {
                    HttpErrorKind::Connect => Class::Unreached,
                    _ => Class::Lost,
                };
                heard(of_whom(is_ours, Fault::new(class, words(&error))));
                return Err(error);
            }
        };
        let (parts, body) = response.into_parts();
        let mut bytes = Vec::new();
        let mut stream = body.bytes_stream();
        while let Some(Ok(chunk)) = stream.next().await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LONGEST_REFUSAL {
                break;
            }
        }
        let mut refusal = Refusal::of_xml(parts.status, &String::from_utf8_lossy(&bytes));
        if refusal.code.is_empty() {
            refusal.code = header(&parts.headers, "x-ms-error-code").unwrap_or_default();
        }
        refusal.request_id = header(&parts.headers, "x-amz-request-id")
            .or_else(|| header(&parts.headers, "x-ms-request-id"));
        if matches!(parts.status.as_u16(), 301 | 307 | 400) {
            refusal.region = header(&parts.headers, "x-amz-bucket-region");
        }
        heard(of_whom(is_ours, refusal.fault()));
        Ok(HttpResponse::from_parts(parts, bytes.into()))
    }
}

/// Who was to give credentials, and failed, left none.
fn of_whom(is_ours: bool, fault: Fault) -> Fault {
    match is_ours {
        true => fault,
        false => Fault::new(Class::Credentials, fault.said),
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// An error with its causes.
pub(crate) fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        if !words.ends_with(&text) {
            words = format!("{words}: {text}");
        }
        cause = next.source();
    }
    words
}
