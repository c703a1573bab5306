//! Listings in pages: `value` and `nextLink`.
//!
//! Source: "Azure REST API guidelines", "Collections", and `x-ms-pageable` in the REST specifications.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::azure::call::{Call, Refusal, result};
use crate::http::{Answer, Request};

/// The page that a request asks for, of items that are sorted.
pub(super) fn answer(
    call: &Call<'_>,
    request: &Request,
    items: Vec<Value>,
) -> Result<Answer, Refusal> {
    let invalid = |name: &str| {
        let message = format!("The value of the query parameter '{name}' is invalid.");
        Refusal::new(400, "InvalidQueryParameter", message)
    };
    let number = |name: &str| match request.query_value(name) {
        None => Ok(None),
        Some(text) => text.parse::<usize>().map(Some).map_err(|_| invalid(name)),
    };
    let from = number("$skiptoken")?.unwrap_or(0);
    let most = match number("$top")? {
        Some(0) => return Err(invalid("$top")),
        Some(top) => top.min(call.moment.switches.page),
        None => call.moment.switches.page,
    };
    let rest = items.len().saturating_sub(from);
    let page: Vec<Value> = items.into_iter().skip(from).take(most).collect();
    let mut body = json!({ "value": page });
    if rest > most {
        body["nextLink"] = link(call, request, from + most).into();
    }
    Ok(result(call, 200, &body))
}

/// The same request, from another item on.
fn link(call: &Call<'_>, request: &Request, from: usize) -> String {
    let mut query = format!("$skiptoken={from}");
    for (name, value) in request.query_pairs() {
        if name != "$skiptoken" {
            query += &format!("&{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC));
        }
    }
    format!("{}{}?{query}", call.base, request.path)
}
