//! Applications and service principals, as Microsoft Graph has them.
//!
//! Owns the calls about them. What an application is to be is `kinds::application`'s; its federated credentials are
//! `credentials`'s.
//! Source: "Get application", "Upsert application", "Create servicePrincipal", "Get servicePrincipal" (Graph reference).

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};
use wip_provider::{Class, CloudError};
use wip_rest::{Call, Request};

use crate::client::{Clients, Principal};
use crate::{marks, places};

/// What stands for itself within a key of OData, besides letters and digits.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// An application.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Live {
    /// The object id.
    pub(crate) id: String,
    /// The client id.
    pub(crate) app_id: String,
    pub(crate) display_name: String,
    /// Absent where nobody chose one.
    pub(crate) unique_name: Option<String>,
    #[serde(default)]
    pub(crate) sign_in_audience: String,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
}

/// A text within single quotes, as it stands in a path or a filter.
pub(crate) fn quoted(text: &str) -> String {
    let text = text.replace('\'', "''");
    format!("'{}'", utf8_percent_encode(&text, PLAIN))
}

/// The path of the application of this key.
pub(crate) fn path(unique_name: &str) -> String {
    format!("/applications(uniqueName={})", quoted(unique_name))
}

/// Tenant and path of the application of an id.
pub(crate) fn place(id: &str) -> Result<(&str, String), CloudError> {
    let (tenant, name) = places::application(id).ok_or_else(|| {
        let words = format!("`{id}` is no id of an application");
        CloudError::local(Class::Final, "graph:Applications_Get", words)
    })?;
    Ok((tenant, path(name)))
}

/// The application of an id; `None` where it is not there.
pub(crate) async fn application(
    clients: &Clients,
    id: &str,
    fresh: bool,
) -> Result<Option<Live>, CloudError> {
    let (tenant, path) = place(id)?;
    let call = Call::read("graph:Applications_Get").of_fresh(fresh);
    get(clients, call, tenant, path).await
}

/// What is there at a path; `None` where nothing is.
pub(crate) async fn get<T: serde::de::DeserializeOwned>(
    clients: &Clients,
    call: Call,
    tenant: &str,
    path: String,
) -> Result<Option<T>, CloudError> {
    match clients
        .graph(call, tenant, Request::new(Method::GET, path))
        .await
    {
        Ok(answer) => answer.json().map(Some),
        Err(error) if error.class == Class::Missing => Ok(None),
        Err(error) => Err(error),
    }
}

/// Changes what is there at a path, or makes it where [`CREATE`] says so.
pub(crate) async fn patch(
    clients: &Clients,
    call: Call,
    tenant: &str,
    path: String,
    body: Value,
    headers: &[(&'static str, &'static str)],
) -> Result<(), CloudError> {
    let request = Request {
        body: Some(body),
        headers: headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        ..Request::new(Method::PATCH, path)
    };
    clients.graph(call, tenant, request).await.map(drop)
}

/// Asks for what is not there to be made ("Upsert application").
pub(crate) const CREATE: &[(&str, &str)] = &[("prefer", "create-if-missing")];

/// Application and service principal of an id; `None` where either is missing.
pub(crate) async fn principal(
    clients: &Clients,
    id: &str,
) -> Result<Option<Principal>, CloudError> {
    let (tenant, _) = place(id)?;
    let Some(live) = application(clients, id, false).await? else {
        return Ok(None);
    };
    principal_of(clients, tenant, &live, false).await
}

/// The service principal of an application; `None` where it has none.
pub(crate) async fn principal_of(
    clients: &Clients,
    tenant: &str,
    application: &Live,
    fresh: bool,
) -> Result<Option<Principal>, CloudError> {
    let call = Call::read("graph:ServicePrincipals_Get").of_fresh(fresh);
    let path = format!("/servicePrincipals(appId={})", quoted(&application.app_id));
    let live: Option<Object> = get(clients, call, tenant, path).await?;
    Ok(live.map(|live| live.principal(application)))
}

#[derive(Deserialize)]
struct Object {
    id: String,
}

impl Object {
    /// What it is as the service principal of an application.
    fn principal(self, application: &Live) -> Principal {
        Principal {
            object: self.id,
            client: application.app_id.clone(),
            owner: marks::owner_by_texts(&application.tags),
        }
    }
}

/// Makes the service principal of an application where it has none.
pub(crate) async fn ensure_principal(
    clients: &Clients,
    tenant: &str,
    application: &Live,
) -> Result<Principal, CloudError> {
    if let Some(there) = principal_of(clients, tenant, application, false).await? {
        return Ok(there);
    }
    let request = Request {
        body: Some(json!({ "appId": application.app_id })),
        ..Request::new(Method::POST, "/servicePrincipals".to_owned())
    };
    let call = Call::write("graph:ServicePrincipals_Create");
    match clients.graph(call, tenant, request).await {
        Ok(answer) => {
            let made: Object = answer.json()?;
            Ok(made.principal(application))
        }
        // An answer was lost, or somebody was faster, and it may not be seen yet.
        Err(error) if error.class == Class::Conflict => {
            let there = principal_of(clients, tenant, application, true).await?;
            there.ok_or(error)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_quotes() {
        assert_eq!(quoted("prod-we_1"), "'prod-we_1'");
        assert_eq!(quoted("a'b) or (c"), "'a%27%27b%29%20or%20%28c'");
    }
}
