//! Aliases of keys.
//!
//! Not here: finding a key by its alias (`keys.rs`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::keys::{Place, open, seconds};
use super::{Members, empty, page, text, validation};
use crate::aws::access::{Asked, Guard, decide, words};
use crate::aws::call::{Call, Refusal};
use crate::http::Answer;

/// An alias's record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Alias {
    arn: String,
    pub(super) key_id: String,
    created_at: String,
}

/// `ListAliases`: pages of 50.
pub(super) fn list(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let folder = format!("aws/{}/kms/{}/alias/", call.account(), call.region);
    let key_id = match members.get("KeyId").and_then(Value::as_str) {
        Some(key_id) => Some(open(call, key_id, false, false)?.id().to_owned()),
        None => None,
    };
    let entries = call
        .db
        .scan::<Alias>(&folder)
        .filter(|(_, alias)| key_id.as_ref().is_none_or(|key_id| alias.key_id == *key_id))
        .map(|(name, alias)| {
            let created = seconds(&alias.created_at);
            let entry = json!({
                "AliasName": format!("alias/{name}"),
                "AliasArn": alias.arn,
                "TargetKeyId": alias.key_id,
                "CreationDate": created,
                "LastUpdatedDate": created,
            });
            (name.to_owned(), entry)
        })
        .collect();
    page(call, members, "Aliases", 50, entries)
}

/// `CreateAlias`.
///
/// Source: KMS API Reference, "CreateAlias" (`AliasName`, `AlreadyExistsException`, `InvalidAliasNameException`).
pub(super) fn create(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let name = text(members, "AliasName")?;
    let target = text(members, "TargetKeyId")?;
    if name.len() > 256
        || !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b":/_-".contains(&b))
    {
        return Err(validation(
            "aliasName",
            "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
        ));
    }
    match name.strip_prefix("alias/") {
        None => {
            return Err(Refusal::new(
                400,
                "ValidationException",
                "Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
            ));
        }
        Some("") => {
            return Err(Refusal::new(
                400,
                "ValidationException",
                "Invalid identifier",
            ));
        }
        // Source: KMS API Reference, "CreateAlias": the prefix is reserved for AWS managed keys.
        Some(rest) if rest.starts_with("aws/") => {
            return Err(Refusal::new(400, "NotAuthorizedException", ""));
        }
        Some(rest) if rest.contains(':') => {
            let message = format!("{name} contains invalid characters for an alias");
            return Err(Refusal::new(400, "InvalidAliasNameException", message));
        }
        Some(_) => {}
    }
    let key = open(call, target, false, false)?;
    // Source: KMS Developer Guide, "Controlling access to aliases": on the key by its policy, and on the alias by the caller's.
    let alias = format!(
        "arn:{}:kms:{}:{}:{name}",
        call.partition,
        call.region,
        call.account()
    );
    let asked = Asked::of("kms:CreateAlias", &alias);
    let verdict = decide(call, &asked, Guard::none(call.account()));
    if !verdict.is_allowed() {
        let said = words(&call.caller, &asked, verdict);
        return Err(Refusal::new(400, "AccessDeniedException", said));
    }
    let place = Place {
        account: call.account().to_owned(),
        region: call.region.clone(),
        resource: name.to_owned(),
    };
    let arn = place.arn();
    call.resource = Some(name.to_owned());
    if call.db.get_at_once::<Alias>(&place.key()).is_some() {
        return Err(Refusal::new(
            400,
            "AlreadyExistsException",
            format!("An alias with the name {arn} already exists"),
        ));
    }
    let alias = Alias {
        arn,
        key_id: key.id().to_owned(),
        created_at: call.now().to_string(),
    };
    call.db.put(&place.key(), &alias);
    Ok(empty(call))
}
