//! The one way to Google Cloud: a client per project, and one function that every call to an API goes through.
//!
//! Owns endpoints, tokens, and what of a run is kept: the numbers of projects.
//! Knows no kind.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::join_all;
use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wip_provider::{Class, CloudError, Direction, Limits, Login, Mismatch, Patience, Wire};
use wip_rest::{Answer, Call, Client, Pages, Request};
use wip_space::Space;

use crate::credential::{Credential, Token};
use crate::{errors, places};

/// The APIs that wip calls, as limits name them; `gcpiam`, because `iam` is the one of AWS.
pub const APIS: &[&str] = &[
    "cloudresourcemanager",
    "container",
    "gcpiam",
    "secretmanager",
    "storage",
];

/// Who uses the sandbox.
const OPERATOR: &str = "sandbox:operator@sandbox.example.com";

const LOGIN: Login = Login {
    of: "project number",
    other: "correct `projectNumber` in the file, or remove it: wip asks Google then",
    left_behind: "log in as somebody who may read that project until what is in it is gone; or, if others look after it now, strike it from the state: wip state forget",
    none: "log in (gcloud auth application-default login), or name credentials by GOOGLE_APPLICATION_CREDENTIALS, of somebody who may read the project; --sandbox needs none",
};

/// How to reach Google Cloud, besides what the Space says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The sandbox, in place of every endpoint of Google; nothing of the environment is read then.
    pub endpoint: Option<String>,
    /// What answers requests in the place of the network.
    pub wire: Option<Arc<dyn Wire>>,
    /// How long to try.
    pub patience: Patience,
    /// How much to ask of each API of a place.
    pub limits: Limits,
    /// Reads a variable of the environment.
    pub variable: fn(&str) -> Option<String>,
}

/// An API of Google.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Api {
    Projects,
    Container,
    Iam,
    Secrets,
    Storage,
}

const ALL: [Api; 5] = [
    Api::Projects,
    Api::Container,
    Api::Iam,
    Api::Secrets,
    Api::Storage,
];

impl Api {
    /// As limits, and the sandbox's paths, name it.
    fn name(self) -> &'static str {
        APIS[self as usize]
    }

    /// The name of the variable that overrides its endpoint, as gcloud's properties have it, and the endpoint of Google itself
    /// (`rootUrl` of the discovery documents).
    fn endpoint(self) -> (&'static str, &'static str) {
        match self {
            Self::Projects => (
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER",
                "https://cloudresourcemanager.googleapis.com",
            ),
            Self::Container => (
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER",
                "https://container.googleapis.com",
            ),
            Self::Iam => (
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM",
                "https://iam.googleapis.com",
            ),
            Self::Secrets => (
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER",
                "https://secretmanager.googleapis.com",
            ),
            Self::Storage => (
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE",
                "https://storage.googleapis.com",
            ),
        }
    }
}

/// Requests a second that IAM takes of a project ("Quotas and limits" of IAM: 6,000 reads and 600 writes a minute).
fn published(api: &str, direction: Direction) -> Option<f64> {
    match (api, direction) {
        ("gcpiam", Direction::Read) => Some(100.0),
        ("gcpiam", Direction::Write) => Some(10.0),
        _ => None,
    }
}

/// A token of a pool.
#[derive(Deserialize)]
struct Exchanged {
    access_token: String,
}

/// All clients of a run.
pub(crate) struct Clients {
    settings: Settings,
    endpoints: BTreeMap<Api, String>,
    credential: Credential,
    /// With the number that the file says.
    projects: BTreeMap<String, Option<u64>>,
    /// The service accounts that the file only refers to.
    referred: BTreeSet<String>,
    clients: RefCell<BTreeMap<String, Rc<Client>>>,
    /// Of each project that was read.
    numbers: RefCell<BTreeMap<String, u64>>,
}

impl Clients {
    pub(crate) fn new(settings: Settings, space: &Space) -> Self {
        let endpoint = |api: Api| {
            let (name, public) = api.endpoint();
            let url = match &settings.endpoint {
                Some(sandbox) => format!("{sandbox}/_gcp/{}", api.name()),
                None => (settings.variable)(name)
                    .filter(|url| !url.is_empty())
                    .unwrap_or_else(|| public.to_owned()),
            };
            let url = url.trim_end_matches('/');
            // gcloud's own override of this one has the path of the API in it.
            let url = url.strip_suffix("/storage/v1").unwrap_or(url);
            (api, url.to_owned())
        };
        Self {
            endpoints: ALL.map(endpoint).into(),
            credential: match settings.endpoint {
                Some(_) => Credential::Fixed(OPERATOR.to_owned()),
                None => Credential::found(settings.variable),
            },
            settings,
            projects: places::projects(space),
            referred: places::referred(space),
            clients: RefCell::default(),
            numbers: RefCell::default(),
        }
    }

    /// How long to try.
    pub(crate) fn patience(&self) -> Patience {
        self.settings.patience
    }

    /// Whether a service account is somebody else's, by its e-mail.
    pub(crate) fn refers_to(&self, email: &str) -> bool {
        self.referred.contains(email)
    }

    fn client(&self, project: &str) -> Rc<Client> {
        let mut clients = self.clients.borrow_mut();
        let client = clients.entry(project.to_owned()).or_insert_with(|| {
            let settings = wip_rest::Settings {
                wire: self.settings.wire.clone(),
                patience: self.settings.patience,
                limits: self.settings.limits.clone(),
                judge: errors::judge,
                published,
            };
            Rc::new(Client::new(settings, project))
        });
        Rc::clone(client)
    }

    /// A request of an API; `path` begins with `/`, and is encoded already.
    fn request(&self, api: Api, token: &Token, method: Method, path: &str) -> Request {
        let endpoint = self.endpoints.get(&api).map_or("", String::as_str);
        let quota = token.quota_project.clone();
        Request {
            headers: quota
                .map(|project| ("x-goog-user-project", project))
                .into_iter()
                .collect(),
            ..Request::new(method, format!("{endpoint}{path}"))
        }
    }

    /// Calls an API about something of a project.
    pub(crate) async fn call(
        &self,
        call: Call,
        (api, project): (Api, &str),
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer, CloudError> {
        let token = self.credential.token().await?;
        let request = Request {
            body,
            ..self.request(api, &token, method, path)
        };
        let client = self.client(project);
        client.call(call, &request, &token.bearer).await
    }

    /// Reads what is at a path; `None` where nothing is.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        call: Call,
        at: (Api, &str),
        path: &str,
    ) -> Result<Option<T>, CloudError> {
        match self.call(call, at, Method::GET, path, None).await {
            Ok(answer) => answer.json().map(Some),
            Err(error) if error.class == Class::Missing => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All members of a listing, which stand under `members`.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        call: Call,
        (api, project): (Api, &str),
        path: &str,
        members: &'static str,
    ) -> Result<Vec<T>, CloudError> {
        let token = self.credential.token().await?;
        let request = self.request(api, &token, Method::GET, path);
        let (client, pages) = (self.client(project), Pages::Tokens(members));
        client.pages(call, request, &token.bearer, pages).await
    }

    /// A token of a pool for a token of a cluster.
    pub(crate) async fn exchanged(&self, project: &str, wish: Value) -> Result<String, CloudError> {
        let url = self.of_tokens("gcpsts", "https://sts.googleapis.com", "/v1/token");
        let request = Request {
            body: Some(wish),
            ..Request::new(Method::POST, url)
        };
        let client = self.client(project);
        let answer = client
            .call(Call::read("gcpsts:token"), &request, "")
            .await?;
        let given: Exchanged = answer.json()?;
        Ok(given.access_token)
    }

    /// Acts as a service account with the token of a principal; the token that comes of it is nobody's.
    pub(crate) async fn impersonated(
        &self,
        project: &str,
        email: &str,
        token: &str,
    ) -> Result<(), CloudError> {
        let path = format!("/v1/projects/-/serviceAccounts/{email}:generateAccessToken");
        let url = self.of_tokens(
            "iamcredentials",
            "https://iamcredentials.googleapis.com",
            &path,
        );
        let request = Request {
            body: Some(json!({ "scope": ["https://www.googleapis.com/auth/cloud-platform"] })),
            ..Request::new(Method::POST, url)
        };
        let call = Call::read("iamcredentials:generateAccessToken");
        self.client(project)
            .call(call, &request, token)
            .await
            .map(drop)
    }

    /// The URL of what gives tokens.
    fn of_tokens(&self, name: &str, public: &str, path: &str) -> String {
        match &self.settings.endpoint {
            Some(sandbox) => format!("{sandbox}/_gcp/{name}{path}"),
            None => format!("{public}{path}"),
        }
    }

    /// The number of a project, which is read once in a run.
    pub(crate) async fn number(&self, project: &str) -> Result<u64, CloudError> {
        if let Some(number) = self.numbers.borrow().get(project) {
            return Ok(*number);
        }
        let call = Call::read(PROJECT);
        let path = format!("/v3/projects/{project}");
        let answer = self.call(call, (Api::Projects, project), Method::GET, &path, None);
        let live: Project = answer.await?.json()?;
        let number = live
            .name
            .strip_prefix("projects/")
            .and_then(|it| it.parse().ok());
        let number = number.ok_or_else(|| {
            let words = format!("the answer names no number of the project: `{}`", live.name);
            CloudError::local(Class::Broken, PROJECT, words)
        })?;
        self.numbers.borrow_mut().insert(project.to_owned(), number);
        Ok(number)
    }

    /// Asks, before anything else, whether the credentials may read the projects, and whether these have the numbers that the file
    /// says.
    ///
    /// Those of `owned` that the file does not name have only to be within reach.
    pub(crate) async fn check(&self, owned: &BTreeSet<String>) -> Result<(), Mismatch> {
        let named = self.projects.iter().map(|(id, number)| (id, *number));
        let others = owned.iter().filter(|id| !self.projects.contains_key(*id));
        let checks = named
            .chain(others.map(|id| (id, None)))
            .map(|(id, number)| self.check_project(id, number));
        join_all(checks).await.into_iter().collect()
    }

    async fn check_project(&self, id: &str, expected: Option<u64>) -> Result<(), Mismatch> {
        let place = format!("gcp {id}");
        match (self.number(id).await, expected) {
            (Err(error), _) => Err(Mismatch::Unusable {
                place,
                error,
                login: &LOGIN,
            }),
            (Ok(found), Some(expected)) if found != expected => Err(Mismatch::Elsewhere {
                place,
                expected: expected.to_string(),
                found: found.to_string(),
                it: "the project has",
                way: LOGIN.other,
                login: &LOGIN,
            }),
            (Ok(_), _) => Ok(()),
        }
    }
}

/// The call that says who a project is.
pub(crate) const PROJECT: &str = "cloudresourcemanager:projects.get";

#[derive(Deserialize)]
struct Project {
    name: String,
}
