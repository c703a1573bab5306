//! The one way to Azure: a client per subscription and tenant, and one function that every call to an API goes through.
//!
//! Owns endpoints, tokens, and what of a run is kept: principals of identities and listings of credentials.
//! Knows no kind.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;
use wip_plan::Owner;
use wip_provider::{Class, CloudError, Limits, Login, Mismatch, Patience, Wire};
use wip_rest::{Answer, Call, Client, Pages, Request};
use wip_space::Space;

use crate::credential::{Credential, claims};
use crate::facts::Credential as Federated;
use crate::{errors, graph, marks, places, versions};

/// The APIs that wip calls, as limits name them.
pub const APIS: &[&str] = &["arm", "blob", "graph"];

/// Azure Resource Manager of the public cloud ("Azure Resource Manager REST API", Azure docs).
const ARM: &str = "https://management.azure.com";

/// Microsoft Entra of the public cloud ("National clouds", Entra docs).
const LOGIN_HOST: &str = "https://login.microsoftonline.com";

/// Microsoft Graph of the public cloud ("National cloud deployments", Graph docs).
const GRAPH: &str = "https://graph.microsoft.com";

/// The object id of whoever uses the sandbox.
pub(crate) const OPERATOR: &str = "5a0d4b0e-1f3c-4d27-9a55-0c1b7e9f2d10";

const LOGIN: Login = Login {
    of: "tenant",
    other: "log in to that tenant (az login --tenant TENANT), or correct the file",
    left_behind: "log in to the tenant of that subscription until what is in it is gone; or, if others look after it now, strike it from the state: wip state forget",
    none: "log in (az login --tenant TENANT), or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, of somebody who may read the subscription; --sandbox needs none",
};

/// How to reach Azure, besides what the Space says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The sandbox, in place of every endpoint of Azure; nothing of the environment is read then.
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

/// What Azure makes of a managed identity, or of an application with its service principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) object: String,
    pub(crate) client: String,
    /// Whose mark the identity bears.
    pub(crate) owner: Owner,
}

/// All clients of a run.
pub(crate) struct Clients {
    settings: Settings,
    arm: String,
    graph: String,
    subscriptions: BTreeMap<String, Option<String>>,
    /// The accounts of the tenants that the file's applications are in.
    tenants: BTreeSet<String>,
    /// The tenant of what the file does not name any more and the state still has.
    only_tenant: Option<String>,
    clients: RefCell<BTreeMap<String, Rc<Client>>>,
    credentials: RefCell<BTreeMap<Option<String>, Rc<Credential>>>,
    /// By the identity's resource id in lower case; `None` where it is not there.
    principals: RefCell<BTreeMap<String, Rc<OnceCell<Option<Principal>>>>>,
    /// The same, of credentials as the facts have just listed them.
    listings: RefCell<BTreeMap<String, Vec<Federated>>>,
}

impl Clients {
    pub(crate) fn new(settings: Settings, space: &Space) -> Self {
        let endpoint = |part: &str, name: &str, public: &str| {
            let url = match &settings.endpoint {
                Some(sandbox) => format!("{sandbox}/_azure/{part}"),
                None => (settings.variable)(name)
                    .filter(|url| !url.is_empty())
                    .unwrap_or_else(|| public.to_owned()),
            };
            url.trim_end_matches('/').to_owned()
        };
        Self {
            arm: endpoint("arm", "WIP_AZURE_ARM_ENDPOINT", ARM),
            graph: endpoint("graph", "WIP_AZURE_GRAPH_ENDPOINT", GRAPH),
            settings,
            subscriptions: places::subscriptions(space),
            tenants: places::tenants(space),
            only_tenant: places::only_tenant(space),
            clients: RefCell::default(),
            credentials: RefCell::default(),
            principals: RefCell::default(),
            listings: RefCell::default(),
        }
    }

    fn client(&self, account: &str) -> Rc<Client> {
        let mut clients = self.clients.borrow_mut();
        let client = clients.entry(account.to_owned()).or_insert_with(|| {
            let settings = wip_rest::Settings {
                wire: self.settings.wire.clone(),
                patience: self.settings.patience,
                limits: self.settings.limits.clone(),
                judge: errors::judge,
                published: |_, _| None,
            };
            Rc::new(Client::new(settings, account))
        });
        Rc::clone(client)
    }

    /// A token for Azure Resource Manager, of the tenant of `subscription`.
    async fn token(&self, subscription: &str) -> Result<String, CloudError> {
        let scope = format!("{}/.default", self.arm);
        self.token_for(subscription, &scope).await
    }

    /// A token of the tenant of `subscription` for `scope`.
    async fn token_for(&self, subscription: &str, scope: &str) -> Result<String, CloudError> {
        let tenant = match self.subscriptions.get(subscription) {
            Some(tenant) => tenant.clone(),
            None => self.only_tenant.clone(),
        };
        self.token_of(tenant, subscription, scope).await
    }

    /// A token of a tenant for `scope`.
    async fn token_of(
        &self,
        tenant: Option<String>,
        account: &str,
        scope: &str,
    ) -> Result<String, CloudError> {
        let credential = {
            let mut credentials = self.credentials.borrow_mut();
            let key = match self.settings.endpoint {
                // A subscription whose tenant nobody names is a tenant of its own there.
                Some(_) => tenant.clone().or_else(|| Some(account.to_owned())),
                None => tenant.clone(),
            };
            let made = || {
                Rc::new(match (&self.settings.endpoint, &key) {
                    (Some(_), Some(tenant)) => {
                        Credential::Fixed(format!("sandbox:{tenant}:{OPERATOR}"))
                    }
                    _ => Credential::chain(tenant, self.settings.variable),
                })
            };
            Rc::clone(credentials.entry(key.clone()).or_insert_with(made))
        };
        credential.token(scope).await
    }

    /// The tenant of a subscription, where the file names it.
    pub(crate) fn tenant_of(&self, subscription: &str) -> Option<String> {
        let known = self.subscriptions.get(subscription);
        known.cloned().unwrap_or_else(|| self.only_tenant.clone())
    }

    /// Signs in at a tenant; the token that comes of it is nobody's.
    pub(crate) async fn sign_in(
        &self,
        account: &str,
        tenant: Option<String>,
        form: Vec<(&'static str, String)>,
    ) -> Result<(), CloudError> {
        let call = Call::read("login:Token");
        let host = match &self.settings.endpoint {
            Some(sandbox) => format!("{sandbox}/_azure/login"),
            None => (self.settings.variable)("AZURE_AUTHORITY_HOST")
                .filter(|url| !url.is_empty())
                .unwrap_or_else(|| LOGIN_HOST.to_owned()),
        };
        let tenant = tenant.ok_or_else(|| {
            let why = format!("the file does not say which tenant {account} is in");
            CloudError::local(Class::Final, "login:Token", why)
        })?;
        let url = format!("{}/{tenant}/oauth2/v2.0/token", host.trim_end_matches('/'));
        let request = Request {
            form,
            headers: vec![(
                "content-type",
                "application/x-www-form-urlencoded".to_owned(),
            )],
            ..Request::new(Method::POST, url)
        };
        self.client(account)
            .call(call, &request, "")
            .await
            .map(drop)
    }

    /// Calls Microsoft Graph in a tenant; `path` begins with `/`, and is encoded already.
    pub(crate) async fn graph(
        &self,
        call: Call,
        tenant: &str,
        request: Request,
    ) -> Result<Answer, CloudError> {
        let token = self.graph_token(tenant).await?;
        let request = Request {
            url: self.graph_url(&request.url),
            ..request
        };
        self.client(tenant).call(call, &request, &token).await
    }

    /// All members of a collection of Microsoft Graph.
    pub(crate) async fn graph_list<T: DeserializeOwned>(
        &self,
        call: Call,
        tenant: &str,
        path: &str,
    ) -> Result<Vec<T>, CloudError> {
        let token = self.graph_token(tenant).await?;
        let request = Request::new(Method::GET, self.graph_url(path));
        let (client, pages) = (self.client(tenant), Pages::Links("@odata.nextLink"));
        client.pages(call, request, &token, pages).await
    }

    async fn graph_token(&self, tenant: &str) -> Result<String, CloudError> {
        let scope = format!("{}/.default", self.graph);
        self.token_of(Some(tenant.to_owned()), tenant, &scope).await
    }

    fn graph_url(&self, path: &str) -> String {
        format!("{}/{}{path}", self.graph, versions::GRAPH)
    }

    /// Calls Azure Resource Manager about the resource of this id.
    pub(crate) async fn call(
        &self,
        call: Call,
        method: Method,
        id: &str,
        version: &str,
        body: Option<Value>,
    ) -> Result<Answer, CloudError> {
        let subscription = places::subscription_of(id).to_lowercase();
        let token = self.token(&subscription).await?;
        let request = Request {
            body,
            ..Request::new(method, format!("{}{id}?api-version={version}", self.arm))
        };
        self.client(&subscription)
            .call(call, &request, &token)
            .await
    }

    /// Reads the resource of this id; `None` where it is not there.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        call: Call,
        id: &str,
        version: &str,
    ) -> Result<Option<T>, CloudError> {
        match self.call(call, Method::GET, id, version, None).await {
            Ok(answer) => answer.json().map(Some),
            Err(error) if error.class == Class::Missing => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes the resource of this id.
    ///
    /// # Errors
    /// `Missing` where it is not there, which Azure Resource Manager says by the status 204; and what the call says.
    pub(crate) async fn delete(
        &self,
        name: &'static str,
        id: &str,
        version: &str,
    ) -> Result<(), CloudError> {
        let answer = self.call(Call::write(name), Method::DELETE, id, version, None);
        match answer.await?.status {
            StatusCode::NO_CONTENT => {
                Err(CloudError::local(Class::Missing, name, "it is not there"))
            }
            _ => Ok(()),
        }
    }

    /// All members of the collection of this id; `filter` is encoded already.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        call: Call,
        id: &str,
        version: &str,
        filter: &str,
    ) -> Result<Vec<T>, CloudError> {
        let subscription = places::subscription_of(id).to_lowercase();
        let token = self.token(&subscription).await?;
        let url = format!("{}{id}?api-version={version}{filter}", self.arm);
        let client = self.client(&subscription);
        let request = Request::new(Method::GET, url);
        let pages = Pages::Links("nextLink");
        client.pages(call, request, &token, pages).await
    }

    /// Asks a service of data, for which a token of `scope` is good.
    pub(crate) async fn data(
        &self,
        call: Call,
        subscription: &str,
        scope: &str,
        request: &Request,
    ) -> Result<Answer, CloudError> {
        let subscription = subscription.to_lowercase();
        let token = self.token_for(&subscription, scope).await?;
        self.client(&subscription).call(call, request, &token).await
    }

    /// What Azure made of the identity or the application of this id, read once in a run; `None` where it is not there.
    pub(crate) async fn principal(&self, id: &str) -> Result<Option<Principal>, CloudError> {
        let cell = {
            let mut principals = self.principals.borrow_mut();
            Rc::clone(principals.entry(id.to_lowercase()).or_default())
        };
        let read = || async {
            if places::application(id).is_some() {
                return graph::principal(self, id).await;
            }
            let call = Call::read("arm:UserAssignedIdentities_Get");
            let live: Option<LivePrincipal> = self.get(call, id, versions::IDENTITIES).await?;
            Ok::<_, CloudError>(live.map(|live| Principal {
                object: live.properties.principal_id,
                client: live.properties.client_id,
                owner: marks::owner(&live.tags),
            }))
        };
        cell.get_or_try_init(read).await.cloned()
    }

    /// Keeps what a call has just said of an identity.
    pub(crate) fn keep_principal(&self, id: &str, principal: Option<Principal>) {
        let cell = Rc::new(OnceCell::new_with(Some(principal)));
        self.principals.borrow_mut().insert(id.to_lowercase(), cell);
    }

    /// Keeps the credentials of an identity for the look that follows the facts, so that they are listed once.
    pub(crate) fn keep_listing(&self, identity: &str, listing: Vec<Federated>) {
        self.listings
            .borrow_mut()
            .insert(identity.to_lowercase(), listing);
    }

    /// What was kept of an identity, which is old after this one look, and after any change.
    pub(crate) fn take_listing(&self, identity: &str) -> Option<Vec<Federated>> {
        self.listings.borrow_mut().remove(&identity.to_lowercase())
    }

    /// Asks, before anything else, whose the credentials are: the tenant of each token and of each subscription.
    ///
    /// Those of `owned` that the file does not name have only to be within reach.
    pub(crate) async fn check(&self, owned: &BTreeSet<String>) -> Result<(), Mismatch> {
        let named = self.subscriptions.iter();
        let named = named.map(|(id, tenant)| (id, tenant.as_deref()));
        let is_other =
            |id: &&String| places::tenant_of(id).is_none() && !self.subscriptions.contains_key(*id);
        let others = owned.iter().filter(is_other).map(|id| (id, None));
        let checks = named
            .chain(others)
            .map(|(id, tenant)| self.check_subscription(id, tenant));
        let of_state = owned.iter().filter(|id| places::tenant_of(id).is_some());
        let tenants: BTreeSet<&String> = self.tenants.iter().chain(of_state).collect();
        let tenants = tenants
            .into_iter()
            .map(|account| self.check_tenant(account));
        let (subscriptions, tenants) = futures_util::join!(join_all(checks), join_all(tenants));
        subscriptions.into_iter().chain(tenants).collect()
    }

    /// Whether the token for Microsoft Graph is of the tenant of an account.
    async fn check_tenant(&self, account: &str) -> Result<(), Mismatch> {
        let tenant = places::tenant_of(account).unwrap_or(account);
        let place = format!("azure {account}");
        let token = self.graph_token(tenant).await;
        let token = token.map_err(|error| Mismatch::Unusable {
            place: place.clone(),
            error,
            login: &LOGIN,
        })?;
        match claims(&token) {
            Some((of_token, who)) if !of_token.eq_ignore_ascii_case(tenant) => {
                Err(Mismatch::Other {
                    place,
                    expected: tenant.to_owned(),
                    found: of_token,
                    who,
                    login: &LOGIN,
                })
            }
            _ => Ok(()),
        }
    }

    async fn check_subscription(&self, id: &str, tenant: Option<&str>) -> Result<(), Mismatch> {
        let place = format!("azure {id}");
        let unusable = |error: CloudError| Mismatch::Unusable {
            place: place.clone(),
            error,
            login: &LOGIN,
        };
        let expected = || tenant.unwrap_or_default().to_owned();
        let elsewhere = |found: &str| Mismatch::Elsewhere {
            place: place.clone(),
            expected: expected(),
            found: found.to_owned(),
            it: "the subscription is in",
            way: "correct the tenant of the clusters in the file, or their subscription",
            login: &LOGIN,
        };
        let token = self.token(id).await.map_err(unusable)?;
        let (of_token, who) = claims(&token).unwrap_or_default();
        let differs =
            |found: &str| tenant.is_some_and(|tenant| !tenant.eq_ignore_ascii_case(found));
        if !of_token.is_empty() && differs(&of_token) {
            return Err(Mismatch::Other {
                place,
                expected: expected(),
                found: of_token,
                who,
                login: &LOGIN,
            });
        }
        let call = Call::read("arm:Subscriptions_Get");
        let path = format!("/subscriptions/{id}");
        let answer = self
            .call(call, Method::GET, &path, versions::SUBSCRIPTIONS, None)
            .await;
        let live: Subscription = match answer.and_then(|it| it.json()) {
            Ok(live) => live,
            Err(error) => {
                return Err(match errors::tenant_of_subscription(&error) {
                    Some(found) if differs(found) => elsewhere(found),
                    _ => unusable(error),
                });
            }
        };
        match differs(&live.tenant_id) {
            true => Err(elsewhere(&live.tenant_id)),
            false => Ok(()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    #[serde(default)]
    tenant_id: String,
}

#[derive(Deserialize)]
struct LivePrincipal {
    #[serde(default)]
    tags: BTreeMap<String, String>,
    properties: PrincipalProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrincipalProperties {
    principal_id: String,
    client_id: String,
}
