//! The client of one API: one function that every call goes through.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::Instrument as _;
use wip_provider::{Class, CloudError, Direction, Limiter, Limits, Patience, Wire, retry};

use crate::answer::{self, Answer, Judge, MAX_BODY};
use crate::near;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// The most pages of one listing.
const MAX_PAGES: usize = 1_000;

/// What all clients of a cloud share.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What answers requests in the place of the network.
    pub wire: Option<Arc<dyn Wire>>,
    /// How long to try.
    pub patience: Patience,
    /// How much to ask of each API of a place.
    pub limits: Limits,
    /// What the cloud's errors mean.
    pub judge: Judge,
    /// The rates that the cloud publishes, by API and direction.
    pub published: fn(&str, Direction) -> Option<f64>,
}

/// One call, as logs and errors name it.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    name: &'static str,
    direction: Direction,
    age: Age,
}

/// What is known of the thing that a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Settled,
    Fresh,
    Gone,
}

impl Call {
    /// A call that changes nothing: `arm:UserAssignedIdentities_Get`; before the colon stands the API.
    pub fn read(name: &'static str) -> Self {
        Self {
            name,
            direction: Direction::Read,
            age: Age::Settled,
        }
    }

    /// A call that changes something.
    pub fn write(name: &'static str) -> Self {
        Self {
            direction: Direction::Write,
            ..Self::read(name)
        }
    }

    /// The same call about something that was made a moment ago: `Missing` means `NotYet`.
    pub fn of_fresh(self, fresh: bool) -> Self {
        let age = if fresh { Age::Fresh } else { self.age };
        Self { age, ..self }
    }

    /// The same call about something that was deleted a moment ago: any answer means `NotYet`.
    pub fn of_gone(self) -> Self {
        Self {
            age: Age::Gone,
            ..self
        }
    }

    /// What an answer means for something of that age.
    fn judged(self, answer: Result<Answer, CloudError>) -> Result<Answer, CloudError> {
        match (self.age, answer) {
            (Age::Fresh, Err(error)) if error.class == Class::Missing => Err(CloudError {
                class: Class::NotYet,
                ..error
            }),
            (Age::Gone, Ok(_)) => {
                let words = "what was deleted is still to be seen";
                Err(CloudError::local(Class::NotYet, self.name, words))
            }
            (_, answer) => answer,
        }
    }
}

/// A request: where, and with what.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL, query and all.
    pub url: String,
    /// The body, as JSON.
    pub body: Option<Value>,
    /// The body as a form, where it is one: names and values, not encoded yet.
    pub form: Vec<(&'static str, String)>,
    /// Headers besides the usual ones, or in their place.
    pub headers: Vec<(&'static str, String)>,
}

/// How a listing is cut into pages.
#[derive(Clone, Copy, Debug)]
pub enum Pages {
    /// Members stand under `value`, and this field is the URL of the next page.
    Links(&'static str),
    /// Members stand under this field, which a page without any leaves out; `nextPageToken` goes into `pageToken`.
    Tokens(&'static str),
}

impl Request {
    /// A request without a body.
    pub fn new(method: Method, url: String) -> Self {
        Self {
            method,
            url,
            body: None,
            form: Vec::new(),
            headers: Vec::new(),
        }
    }
}

/// The client of one place.
pub struct Client {
    settings: Settings,
    /// `None` where a wire answers, and where no client for https can be made.
    network: Option<reqwest::Client>,
    limiter: Limiter,
    /// Named in the log: a subscription, a project.
    account: String,
}

impl Client {
    /// A client for `account`; nothing is asked before the first call.
    pub fn new(settings: Settings, account: &str) -> Self {
        let network = match &settings.wire {
            Some(_) => None,
            None => reqwest::Client::builder()
                .connect_timeout(CONNECT)
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .ok(),
        };
        Self {
            limiter: Limiter::new(settings.limits.clone(), settings.published),
            network,
            account: account.to_owned(),
            settings,
        }
    }

    /// Makes a call, again and again where its errors say that this helps.
    ///
    /// # Errors
    /// The last error.
    pub async fn call(
        &self,
        call: Call,
        request: &Request,
        bearer: &str,
    ) -> Result<Answer, CloudError> {
        let lane = self.limiter.lane(call.name, call.direction);
        retry(call.name, &self.settings.patience, &lane, || {
            let span = tracing::info_span!(
                "call",
                call = call.name,
                account = self.account,
                request_id = tracing::field::Empty,
            );
            async move {
                let answer = call.judged(self.attempt(call, request, bearer).await);
                if let Err(error) = &answer {
                    tracing::debug!(code = error.code, class = ?error.class, "failed");
                }
                answer
            }
            .instrument(span)
        })
        .await
    }

    /// All members of a listing, page after page, as long as the next one is on the same server.
    ///
    /// # Errors
    /// The first error, and a listing that leads elsewhere or never ends.
    pub async fn pages<T: DeserializeOwned>(
        &self,
        call: Call,
        request: Request,
        bearer: &str,
        pages: Pages,
    ) -> Result<Vec<T>, CloudError> {
        let broken = |words: &str| CloudError::local(Class::Final, call.name, words);
        let first = parse(call.name, &request.url)?;
        let (base, mut request) = (request.url.clone(), request);
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let page: Value = self.call(call, &request, bearer).await?.json()?;
            let members = match pages {
                Pages::Links(_) => page
                    .get("value")
                    .ok_or_else(|| broken("a page of the listing has no `value`"))?,
                Pages::Tokens(name) => page.get(name).unwrap_or(&Value::Null),
            };
            let is_list = members.is_array() || members.is_null();
            if !is_list {
                return Err(broken("a page of the listing is not as documented"));
            }
            for member in members.as_array().into_iter().flatten() {
                let member = T::deserialize(member).map_err(|error| {
                    broken(&format!(
                        "a member of the listing is not as documented: {error}"
                    ))
                })?;
                all.push(member);
            }
            let text = |name: &str| {
                let text = page.get(name).and_then(Value::as_str);
                text.filter(|text| !text.is_empty())
            };
            let next = match pages {
                Pages::Links(name) => text(name).map(str::to_owned),
                Pages::Tokens(_) => text("nextPageToken").map(|token| after(&base, token)),
            };
            match next {
                None => return Ok(all),
                Some(url) if near::same_server(&first, &parse(call.name, &url)?) => {
                    request.url = url;
                }
                Some(_) => return Err(broken("the next page of the listing is on another server")),
            }
        }
        Err(broken("the listing does not end"))
    }

    async fn attempt(
        &self,
        call: Call,
        request: &Request,
        bearer: &str,
    ) -> Result<Answer, CloudError> {
        parse(call.name, &request.url)?;
        let headers = headers(call.name, request, bearer)?;
        let body = match (&request.body, request.form.as_slice()) {
            (Some(body), _) => body.to_string(),
            (None, pairs) => form(pairs),
        };
        let (status, headers, body) = match &self.settings.wire {
            Some(wire) => over_wire(call.name, wire.as_ref(), request, headers, body).await?,
            None => self.over_network(call.name, request, headers, body).await?,
        };
        if let Some(id) = answer::request_id(&headers) {
            tracing::Span::current().record("request_id", id);
        }
        if status.is_success() {
            return Answer::of(call.name, status, &headers, body);
        }
        let judge = self.settings.judge;
        Err(answer::error_of(call.name, status, &headers, &body, judge))
    }

    async fn over_network(
        &self,
        call: &'static str,
        request: &Request,
        headers: HeaderMap,
        body: String,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>), CloudError> {
        let network = self.network.as_ref().ok_or_else(|| {
            CloudError::local(Class::Final, call, "no client for https can be made here")
        })?;
        let sent = network.request(request.method.clone(), &request.url);
        let mut answer = sent
            .headers(headers)
            .body(body)
            .send()
            .await
            .map_err(|error| broken(call, &error))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| broken(call, &error))? {
            if bytes.len() + chunk.len() > MAX_BODY {
                return Err(too_large(call));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((status, headers, bytes))
    }
}

/// A form as it is sent (`application/x-www-form-urlencoded`).
fn form(pairs: &[(&'static str, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    pairs.join("&")
}

/// The page of a listing that a token names.
fn after(url: &str, token: &str) -> String {
    let sign = if url.contains('?') { '&' } else { '?' };
    let token = utf8_percent_encode(token, NON_ALPHANUMERIC);
    format!("{url}{sign}pageToken={token}")
}

async fn over_wire(
    call: &'static str,
    wire: &dyn Wire,
    request: &Request,
    headers: HeaderMap,
    body: String,
) -> Result<(StatusCode, HeaderMap, Vec<u8>), CloudError> {
    let mut asked = http::Request::new(body.into_bytes());
    *asked.method_mut() = request.method.clone();
    *asked.uri_mut() = parse(call, &request.url)?;
    *asked.headers_mut() = headers;
    let answer = wire
        .send(asked)
        .await
        .map_err(|error| CloudError::local(Class::Broken, call, error.to_string()))?;
    let (head, body) = answer.into_parts();
    match body.len() > MAX_BODY {
        true => Err(too_large(call)),
        false => Ok((head.status, head.headers, body)),
    }
}

fn parse(call: &str, url: &str) -> Result<Uri, CloudError> {
    let refused = |why: String| CloudError::local(Class::Final, call, why);
    let url: Uri = url
        .parse()
        .map_err(|error| refused(format!("`{url}` is no URL: {error}")))?;
    near::allowed(&url).map_err(refused)?;
    Ok(url)
}

fn headers(call: &str, request: &Request, bearer: &str) -> Result<HeaderMap, CloudError> {
    let mut token = HeaderValue::from_str(&format!("Bearer {bearer}")).map_err(|_| {
        CloudError::local(
            Class::Final,
            call,
            "the access token cannot stand in a header",
        )
    })?;
    token.set_sensitive(true);
    let mut headers = HeaderMap::new();
    // Who asks for a token has none yet.
    if !bearer.is_empty() {
        headers.insert(AUTHORIZATION, token);
    }
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if request.body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in &request.headers {
        let value = HeaderValue::from_str(value).map_err(|_| {
            let words = format!("the value of {name} cannot stand in a header");
            CloudError::local(Class::Final, call, words)
        })?;
        headers.insert(*name, value);
    }
    Ok(headers)
}

/// A connection that broke, without the URL: a query may hold what belongs in no log.
fn broken(call: &str, error: &reqwest::Error) -> CloudError {
    let mut words = String::from("no answer");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    CloudError::local(Class::Broken, call, words)
}

fn too_large(call: &str) -> CloudError {
    let words = format!("the answer is larger than {MAX_BODY} bytes");
    CloudError::local(Class::Final, call, words)
}
