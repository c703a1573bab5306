//! Tags of associations, by ARN.
//!
//! Source: `TagResource`, `UntagResource` and `ListTagsForResource` in botocore's model of `eks`.
//! Not here: tags of clusters and add-ons, which no call of the sandbox changes.

use serde_json::json;

use super::asked::{MOST_TAGS, body, tags};
use super::association::Association;
use super::associations::key;
use crate::aws::call::{Call, Refusal};
use crate::aws::rest::result;
use crate::http::{Answer, Request};

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "BadRequestException", message)
}

/// The association that an ARN names, and its key.
fn named(call: &mut Call<'_>, arn: &str) -> Result<(String, Association), Refusal> {
    call.resource = Some(arn.to_owned());
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "eks", region, account, resource] = parts[..] else {
        return Err(bad(format!("Invalid ARN: {arn}")));
    };
    let here = region == call.region && account == call.account();
    let found = match resource.split('/').collect::<Vec<_>>()[..] {
        ["podidentityassociation", cluster, id] if here => {
            let key = key(call, cluster, id);
            call.db.get(&key).map(|found| (key, found))
        }
        _ => None,
    };
    found.ok_or_else(|| {
        Refusal::new(
            404,
            "NotFoundException",
            format!("Resource not found: {arn}"),
        )
    })
}

pub(super) fn tag(call: &mut Call<'_>, request: &Request, arn: &str) -> Result<Answer, Refusal> {
    let (key, mut association) = named(call, arn)?;
    let members = body(request)?;
    let new = tags(members.get("tags")).map_err(bad)?;
    if new.is_empty() {
        return Err(bad("tags is required"));
    }
    association.tags.extend(new);
    if association.tags.len() > MOST_TAGS {
        return Err(bad(format!("more than {MOST_TAGS} tags")));
    }
    call.db.put(&key, &association);
    Ok(result(call, &json!({})))
}

pub(super) fn untag(call: &mut Call<'_>, request: &Request, arn: &str) -> Result<Answer, Refusal> {
    let (key, mut association) = named(call, arn)?;
    let pairs = request.query_pairs();
    let keys = pairs.iter().filter(|(name, _)| name == "tagKeys");
    let keys: Vec<&String> = keys.map(|(_, key)| key).collect();
    if keys.is_empty() {
        return Err(bad("tagKeys is required"));
    }
    association.tags.retain(|key, _| !keys.contains(&key));
    call.db.put(&key, &association);
    Ok(result(call, &json!({})))
}

pub(super) fn list_tags(call: &mut Call<'_>, arn: &str) -> Result<Answer, Refusal> {
    let (_, association) = named(call, arn)?;
    Ok(result(call, &json!({ "tags": association.tags })))
}
