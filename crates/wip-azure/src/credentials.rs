//! Federated credentials as Azure has them: of managed identities in Azure Resource Manager, of applications in Microsoft Graph.
//!
//! Owns the calls about them. Which ones are wanted is `kinds::federated_credential`'s.
//! Source: `FederatedIdentityCredentials_*` (Microsoft.ManagedIdentity); "Upsert federatedIdentityCredential" (Graph reference).

use http::Method;
use serde::Deserialize;
use serde_json::json;
use wip_provider::{Class, CloudError};
use wip_rest::{Call, Request};

use crate::client::Clients;
use crate::facts::Credential;
use crate::{graph, places, versions};

/// The calls, at Azure Resource Manager and at Microsoft Graph.
pub(crate) const LIST: [&str; 2] = [
    "arm:FederatedIdentityCredentials_List",
    "graph:FederatedIdentityCredentials_List",
];
pub(crate) const GET: [&str; 2] = [
    "arm:FederatedIdentityCredentials_Get",
    "graph:FederatedIdentityCredentials_Get",
];
pub(crate) const WRITE: [&str; 2] = [
    "arm:FederatedIdentityCredentials_CreateOrUpdate",
    "graph:FederatedIdentityCredentials_Update",
];
pub(crate) const DELETE: [&str; 2] = [
    "arm:FederatedIdentityCredentials_Delete",
    "graph:FederatedIdentityCredentials_Delete",
];

/// A credential as Azure Resource Manager has it.
#[derive(Deserialize)]
struct Resource {
    name: String,
    properties: Properties,
}

/// What both have of one.
#[derive(Deserialize)]
struct Properties {
    issuer: String,
    subject: String,
    #[serde(default)]
    audiences: Vec<String>,
}

/// A credential as Microsoft Graph has it.
#[derive(Deserialize)]
struct Object {
    name: String,
    #[serde(flatten)]
    properties: Properties,
}

impl From<Resource> for Credential {
    fn from(live: Resource) -> Self {
        credential(live.name, live.properties)
    }
}

impl From<Object> for Credential {
    fn from(live: Object) -> Self {
        credential(live.name, live.properties)
    }
}

fn credential(name: String, properties: Properties) -> Credential {
    let mut audiences = properties.audiences;
    audiences.sort();
    Credential {
        name,
        issuer: properties.issuer,
        subject: properties.subject,
        audiences,
    }
}

fn resource(identity: &str, name: &str) -> String {
    format!("{identity}/federatedIdentityCredentials/{name}")
}

fn object(application: &str, name: &str) -> String {
    let path = graph::path(application);
    format!(
        "{path}/federatedIdentityCredentials(name={})",
        graph::quoted(name)
    )
}

/// The credentials of an identity or an application, sorted by name; `None` where that is not there.
pub(crate) async fn list(
    clients: &Clients,
    identity: &str,
) -> Result<Option<Vec<Credential>>, CloudError> {
    let [arm, graph] = LIST.map(Call::read);
    let listed = match places::application(identity) {
        Some((tenant, name)) => {
            let path = format!("{}/federatedIdentityCredentials", graph::path(name));
            let listed: Result<Vec<Object>, _> = clients.graph_list(graph, tenant, &path).await;
            listed.map(|all| all.into_iter().map(Credential::from).collect())
        }
        None => {
            let id = format!("{identity}/federatedIdentityCredentials");
            let listed: Result<Vec<Resource>, _> =
                clients.list(arm, &id, versions::IDENTITIES, "").await;
            listed.map(|all| all.into_iter().map(Credential::from).collect())
        }
    };
    let mut all: Vec<Credential> = match listed {
        Err(error) if error.class == Class::Missing => return Ok(None),
        listed => listed?,
    };
    all.sort();
    Ok(Some(all))
}

/// The credential of this name; `None` where it is not there. A fresh one is waited for.
pub(crate) async fn read(
    clients: &Clients,
    identity: &str,
    name: &str,
    fresh: bool,
) -> Result<Option<Credential>, CloudError> {
    let [arm, graph] = GET.map(|name| Call::read(name).of_fresh(fresh));
    match places::application(identity) {
        Some((tenant, key)) => {
            let live: Option<Object> =
                graph::get(clients, graph, tenant, object(key, name)).await?;
            Ok(live.map(Credential::from))
        }
        None => {
            let id = resource(identity, name);
            let live: Option<Resource> = clients.get(arm, &id, versions::IDENTITIES).await?;
            Ok(live.map(Credential::from))
        }
    }
}

/// Makes a credential, or turns the one of its name into it.
pub(crate) async fn write(
    clients: &Clients,
    identity: &str,
    credential: &Credential,
) -> Result<(), CloudError> {
    let Credential {
        name,
        issuer,
        subject,
        audiences,
    } = credential;
    let body = json!({ "issuer": issuer, "subject": subject, "audiences": audiences });
    // What the facts have listed is not so any more.
    clients.take_listing(identity);
    // An identity of a moment ago may not be there for its credentials yet.
    let [arm, graph] = WRITE.map(|name| Call::write(name).of_fresh(true));
    match places::application(identity) {
        Some((tenant, key)) => {
            let path = object(key, name);
            graph::patch(clients, graph, tenant, path, body, graph::CREATE).await
        }
        None => {
            let id = resource(identity, name);
            let body = Some(json!({ "properties": body }));
            let put = clients.call(arm, Method::PUT, &id, versions::IDENTITIES, body);
            put.await.map(drop)
        }
    }
}

/// Deletes the credential of this name.
pub(crate) async fn delete(
    clients: &Clients,
    identity: &str,
    name: &str,
) -> Result<(), CloudError> {
    let [arm, graph] = DELETE;
    clients.take_listing(identity);
    match places::application(identity) {
        Some((tenant, key)) => {
            let request = Request::new(Method::DELETE, object(key, name));
            let call = Call::write(graph);
            clients.graph(call, tenant, request).await.map(drop)
        }
        None => {
            let id = resource(identity, name);
            clients.delete(arm, &id, versions::IDENTITIES).await
        }
    }
}
