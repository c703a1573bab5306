//! Microsoft Graph: applications, their federated credentials, and service principals.
//!
//! Sources: the pages "Create application", "Upsert application", "Create federatedIdentityCredential", "Create servicePrincipal" and their like in the Graph reference (paths, permissions, statuses); "Microsoft Graph error responses and resource types".
//! Not here: what a service principal may do (`azure/access.rs`).

mod applications;
mod asked;
mod credentials;
mod deleted;
mod service_principals;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::call::{Call, JSON, Refusal};
use super::conditions::Subject;
use super::rights;
use crate::http::{Answer, Request};
pub(super) use applications::{has as has_application, is_object as is_application};
use asked::Asked;

/// The operation that a request names.
pub(super) fn operation(method: &str, path: &[String]) -> String {
    let Some(asked) = Asked::read(path) else {
        return String::new();
    };
    let set = match (asked.set, asked.is_about_credentials) {
        (asked::Set::Applications, false) => "Applications",
        (asked::Set::Applications, true) => "FederatedIdentityCredentials",
        (asked::Set::ServicePrincipals, _) => "ServicePrincipals",
        (asked::Set::DeletedItems, _) => "DeletedItems",
    };
    let verb = match (method, asked.is_collection()) {
        ("GET", true) => "List",
        ("GET", false) => "Get",
        ("POST", true) => "Create",
        ("PATCH", false) => "Update",
        ("DELETE", false) => "Delete",
        _ => return String::new(),
    };
    format!("{set}_{verb}")
}

/// Does what is asked.
pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[String],
) -> Result<Answer, Refusal> {
    let operation = operation(&request.method, path);
    let asked = Asked::read(path)
        .filter(|_| !operation.is_empty())
        .ok_or_else(|| {
            bad(&format!(
                "Resource not found for the segment '{}'.",
                path.last().map_or("", String::as_str)
            ))
        })?;
    check(call, request.method == "GET")?;
    call.resource = asked.name();
    match operation.as_str() {
        "Applications_List" => applications::list(call, request),
        "Applications_Create" => applications::create(call, request),
        "Applications_Get" => applications::get(call, &asked),
        "Applications_Update" => applications::update(call, request, &asked),
        "Applications_Delete" => applications::delete(call, &asked),
        "FederatedIdentityCredentials_List" => credentials::list(call, request, &asked),
        "FederatedIdentityCredentials_Create" => credentials::create(call, request, &asked),
        "FederatedIdentityCredentials_Get" => credentials::get(call, &asked),
        "FederatedIdentityCredentials_Update" => credentials::update(call, request, &asked),
        "FederatedIdentityCredentials_Delete" => credentials::delete(call, &asked),
        "DeletedItems_List" => deleted::list(call, request),
        "DeletedItems_Get" => deleted::get(call, &asked),
        "DeletedItems_Delete" => deleted::delete(call, &asked),
        "ServicePrincipals_List" => service_principals::list(call, request),
        "ServicePrincipals_Create" => service_principals::create(call, request),
        "ServicePrincipals_Get" => service_principals::get(call, &asked),
        "ServicePrincipals_Delete" => service_principals::delete(call, &asked),
        _ => Err(bad("The operation is not served by the sandbox.")),
    }
}

/// Refuses a caller without the permissions: an operator has all of them unless rights are set, a workload none.
fn check(call: &Call<'_>, is_read: bool) -> Result<(), Refusal> {
    let caller = &call.caller;
    let mut enough = vec!["Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"];
    if is_read {
        enough.push("Application.Read.All");
    }
    let none = Subject::default();
    let may = |permission: &&str| rights::allows(call.db, &caller.tenant, permission, "", &none);
    if caller.is_operator && enough.iter().any(may) {
        Ok(())
    } else {
        Err(denied())
    }
}

/// Source: "Resolve Microsoft Graph authorization errors".
pub(super) fn denied() -> Refusal {
    Refusal::new(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )
}

fn bad(message: &str) -> Refusal {
    Refusal::new(400, "Request_BadRequest", message)
}

fn not_found(what: &str) -> Refusal {
    let message = format!(
        "Resource '{what}' does not exist or one of its queried reference-property objects are not present."
    );
    Refusal::new(404, "Request_ResourceNotFound", message)
}

/// The members of a JSON body.
fn body(request: &Request) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(&request.body)
        .map_err(|_| bad("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."))
}

/// An answer with one object.
fn one(call: &Call<'_>, status: u16, set: &str, mut object: Value) -> Answer {
    object["@odata.context"] =
        format!("https://graph.microsoft.com/v1.0/$metadata#{set}/$entity").into();
    with(call, status).with_body(JSON, object.to_string())
}

fn with(call: &Call<'_>, status: u16) -> Answer {
    Answer::new(status).with_header("request-id", call.request_id.as_str())
}

/// Name and value of `name eq 'value'`, and of `name/any(x:x eq 'value')`.
///
/// Source: "Use the $filter query parameter", "OData filter operators" (lambda operator `any`).
fn clause(filter: &str) -> Option<(&str, String)> {
    let quoted = |text: &str| {
        let text = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
        Some(text.replace("''", "'"))
    };
    if let Some((name, rest)) = filter.split_once("/any(") {
        let (variable, rest) = rest.strip_suffix(')')?.split_once(':')?;
        let (operand, value) = rest.split_once(" eq ")?;
        return (operand.trim() == variable.trim()).then_some((name.trim(), quoted(value)?));
    }
    let (name, value) = filter.split_once(" eq ")?;
    Some((name.trim(), quoted(value)?))
}

/// A page of those objects that the filter lets through; only `name eq 'value'` and `name/any(x:x eq 'value')` are served.
///
/// Source: "Paging Microsoft Graph data in your app" (`$top`, `@odata.nextLink`), "Use the $filter query parameter".
fn page(
    call: &Call<'_>,
    request: &Request,
    set: &str,
    mut all: Vec<Value>,
) -> Result<Answer, Refusal> {
    if let Some(filter) = request.query_value("$filter") {
        let (name, value) = clause(&filter).ok_or_else(|| bad("Invalid filter clause"))?;
        let fits = |own: &Value| {
            own.as_str()
                .is_some_and(|own| own.eq_ignore_ascii_case(&value))
        };
        all.retain(|object| match &object[name] {
            Value::Array(members) => members.iter().any(fits),
            own => fits(own),
        });
    }
    let number = |name: &str| match request.query_value(name).map(|text| text.parse::<usize>()) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(bad(&format!("Invalid value specified for '{name}'."))),
    };
    let from = number("$skiptoken")?.unwrap_or(0);
    let most = match number("$top")? {
        Some(0) => {
            return Err(bad(
                "Invalid page size specified: '0'. Must be between 1 and 999 inclusive.",
            ));
        }
        top => top.unwrap_or(usize::MAX).min(call.moment.switches.page),
    };
    let left = all.len().saturating_sub(from);
    let items: Vec<Value> = all.into_iter().skip(from).take(most).collect();
    let mut body = json!({ "@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#{set}"), "value": items });
    if left > most {
        let mut query = format!("$skiptoken={}", from + most);
        for (name, value) in request
            .query_pairs()
            .into_iter()
            .filter(|(name, _)| name != "$skiptoken")
        {
            query += &format!("&{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC));
        }
        body["@odata.nextLink"] = format!("{}{}?{query}", call.base, request.path).into();
    }
    Ok(with(call, 200).with_body(JSON, body.to_string()))
}
