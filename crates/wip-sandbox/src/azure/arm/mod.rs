//! Azure Resource Manager: which operation a request is, and what is checked of every one.
//!
//! Sources: Microsoft's REST specifications (azure-rest-api-specs), from which the Python SDKs are generated: methods, paths, bodies and names of the operations; "Resolve common Azure deployment errors" (the codes). No page says what a path that is no resource id gets, nor a method that a type does not take: those codes and words are ours.
//! Not here: the operations (a module for each resource type), and who may do what (`rights.rs`).

pub(crate) mod assignments;
mod clusters;
pub(crate) mod credentials;
mod filter;
mod groups;
pub(crate) mod identities;
mod pages;
mod path;
mod regions;
pub(crate) mod roles;
mod rows;
pub(crate) mod storage;
mod subscriptions;
mod tags;
mod target;
pub(crate) mod vaults;
mod versions;

use super::call::{Call, Refusal, is_uuid};
use super::rights;
use crate::http::{Answer, Request};
pub(crate) use clusters::{issuer_of, plant as plant_cluster};
pub(crate) use groups::plant as plant_group;
use path::Target;
pub(crate) use subscriptions::{is_tenant, plant as plant_subscription, tenant_of};

/// The operation that a request names; empty where it names none.
pub(super) fn operation(method: &str, path: &[String]) -> String {
    Target::read(path)
        .and_then(|target| rows::find(method, &target))
        .map(|row| row.operation.to_owned())
        .unwrap_or_default()
}

/// The action that a request needs, and on what; nothing where it names no operation.
pub(super) fn needs(method: &str, path: &[String]) -> Option<(&'static str, String)> {
    let target = Target::read(path)?;
    let row = rows::find(method, &target)?;
    Some((row.action, target.id()))
}

/// Does what is asked.
pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[String],
) -> Result<Answer, Refusal> {
    let no_place = || {
        let message = format!(
            "The resource identification information '/{}' is invalid.",
            path.join("/")
        );
        Refusal::new(404, "InvalidResourceIdentity", message)
    };
    let target = Target::read(path).ok_or_else(no_place)?;
    call.resource = target
        .names
        .iter()
        .rev()
        .find(|name| !name.is_empty())
        .cloned();
    let version = request.query_value("api-version").ok_or_else(|| {
        Refusal::new(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    })?;
    versions::check(&target, &version, request)?;
    if let Some(id) = target.subscription() {
        of_tenant(call, id)?;
    }
    let row = rows::find(&request.method, &target).ok_or_else(|| {
        let message = format!(
            "The requested resource does not support http method '{}'.",
            request.method
        );
        Refusal::new(405, "MethodNotAllowed", message)
    })?;
    rights::check(call, request, row.action, &target.id())?;
    if let Some(name) = target.group() {
        groups::find(call.db, target.subscription().unwrap_or_default(), name)?;
    }
    (row.handle)(call, request, &target)
}

/// Refuses a subscription that is not there, or is another tenant's than the token.
///
/// Sources: recorded answers in the tests of Azure's SDKs (`SubscriptionNotFound`, `InvalidSubscriptionId`, `InvalidAuthenticationTokenTenant`).
fn of_tenant(call: &Call<'_>, id: &str) -> Result<(), Refusal> {
    if !is_uuid(id) {
        let message =
            format!("The provided subscription identifier '{id}' is malformed or invalid.");
        return Err(Refusal::new(400, "InvalidSubscriptionId", message));
    }
    let subscription = subscriptions::find(call.db, id)?;
    let (had, wants) = (&call.caller.tenant, &subscription.tenant);
    if had.eq_ignore_ascii_case(wants) {
        return Ok(());
    }
    let message = format!(
        "The access token is from the wrong issuer 'https://sts.windows.net/{had}/'. It must match the tenant 'https://sts.windows.net/{wants}/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/{wants}' to get the token. Note, if the subscription is transferred to another tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). If you just transferred your subscription and see this error message, please try back later."
    );
    let challenge = format!(
        r#"Bearer authorization_uri="https://login.windows.net/{wants}", error="invalid_token", error_description="The access token is from the wrong issuer.""#
    );
    Err(
        Refusal::new(401, "InvalidAuthenticationTokenTenant", message)
            .with("www-authenticate", challenge),
    )
}

/// Nothing is there under an id.
///
/// Source: "Resolve resource not found errors" (`ResourceNotFound`).
fn not_found(target: &Target) -> Refusal {
    let name = target.names.join("/");
    let kind = target.kind_as_asked();
    let group = target.group().unwrap_or_default();
    let message = format!(
        "The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
    Refusal::new(404, "ResourceNotFound", message)
}

/// A request that the resource provider cannot use.
fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "BadRequest", message)
}
