//! Keys: made, found, described, listed; and who is let through to one.
//!
//! Not here: what hangs on a key (`policies.rs`, `aliases.rs`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::aliases::Alias;
use super::policies::bypasses;
use super::policy_check::check;
use super::{Members, page, text};
use crate::aws::access::{Asked, Grant, Guard, decide, words};
use crate::aws::call::{Call, Refusal, hex_id, now, partition_of};
use crate::aws::json::result;
use crate::aws::resource_policy::Stored;
use crate::aws::resource_policy::principals::{Realm, is_account};
use crate::db::Db;
use crate::http::Answer;
use crate::seed::KeySeed;

/// A key's record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) arn: String,
    description: String,
    pub(super) policy: Stored,
    created_at: String,
}

/// The parts of a key's or alias's ARN, as far as KMS needs them.
pub(super) struct Place {
    pub(super) account: String,
    pub(super) region: String,
    /// `key/…` or `alias/…`.
    pub(super) resource: String,
}

impl Place {
    pub(super) fn of(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "kms", region, account, resource] = parts[..] else {
            return None;
        };
        let valid = partition == partition_of(region)
            && is_account(account)
            && (resource.starts_with("key/") || resource.starts_with("alias/"));
        valid.then(|| Self {
            account: account.to_owned(),
            region: region.to_owned(),
            resource: resource.to_owned(),
        })
    }

    /// The ARN.
    pub(super) fn arn(&self) -> String {
        let Self {
            account,
            region,
            resource,
        } = self;
        format!(
            "arn:{}:kms:{region}:{account}:{resource}",
            partition_of(region)
        )
    }

    /// Where it is kept.
    pub(super) fn key(&self) -> String {
        format!("aws/{}/kms/{}/{}", self.account, self.region, self.resource)
    }
}

/// Where a key is kept.
pub(super) fn place(key: &Key) -> String {
    Place::of(&key.arn)
        .map(|place| place.key())
        .unwrap_or_default()
}

impl Key {
    /// The last part of the ARN.
    pub(super) fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }
}

/// Source: KMS API Reference, "Error responses" of the operations; the messages are as clients of KMS report them.
pub(super) fn not_found(message: String) -> Refusal {
    Refusal::new(400, "NotFoundException", message)
}

/// Finds a key by id, ARN, alias name or alias ARN, and lets the caller through to it or not.
///
/// Source: KMS API Reference, "DescribeKey" (`KeyId`). `aliases`: whether the operation takes aliases. `foreign`: whether it works on keys of other accounts.
pub(super) fn open(
    call: &mut Call<'_>,
    key_id: &str,
    aliases: bool,
    foreign: bool,
) -> Result<Key, Refusal> {
    open_with(call, key_id, (aliases, foreign), Vec::new())
}

/// As [`open`], with condition keys that the request gives.
pub(super) fn open_with(
    call: &mut Call<'_>,
    key_id: &str,
    (aliases, foreign): (bool, bool),
    keys: Vec<(String, Vec<String>)>,
) -> Result<Key, Refusal> {
    call.resource = Some(key_id.to_owned());
    let place = if key_id.starts_with("arn:") {
        Place::of(key_id).ok_or_else(|| {
            Refusal::new(400, "InvalidArnException", format!("Invalid arn {key_id}"))
        })?
    } else {
        let resource = if key_id.starts_with("alias/") {
            key_id.to_owned()
        } else {
            format!("key/{key_id}")
        };
        Place {
            account: call.account().to_owned(),
            region: call.region.clone(),
            resource,
        }
    };
    if place.region != call.region {
        return Err(not_found(format!("Invalid arn {}", place.region)));
    }
    let own = place.account == call.account();
    let mut key_place = place.key();
    if place.resource.starts_with("alias/") {
        if !aliases {
            return Err(not_found(format!("Invalid keyId {key_id}")));
        }
        match call.db.get::<Alias>(&key_place) {
            Some(alias) => {
                key_place = format!(
                    "aws/{}/kms/{}/key/{}",
                    place.account, place.region, alias.key_id
                );
            }
            None if own => {
                return Err(not_found(format!("Alias {} is not found.", place.arn())));
            }
            None => return Err(denied(call)),
        }
    } else if !own && !foreign {
        return Err(denied(call));
    } else if own && !is_key_id(&place.resource[4..]) {
        return Err(not_found(format!("Invalid keyId {key_id}")));
    }
    let Some(key) = call.db.get::<Key>(&key_place) else {
        return Err(if own {
            not_found(format!("Key '{}' does not exist", place.arn()))
        } else {
            denied(call)
        });
    };
    let action = format!("kms:{}", call.operation);
    let policy = key.policy.shown(call.db);
    let asked = Asked {
        keys,
        ..Asked::of(&action, &key.arn)
    };
    let asked = asked.with("kms:CallerAccount", [call.account()]);
    let guard = Guard {
        owner: &place.account,
        policy: Some(&policy),
        grant: Grant::Resource,
    };
    let verdict = decide(call, &asked, guard);
    if verdict.is_allowed() {
        return Ok(key);
    }
    Err(if own {
        let said = words(&call.caller, &asked, verdict);
        Refusal::new(400, "AccessDeniedException", said)
    } else {
        denied(call)
    })
}

/// What strangers hear of a key, whether it exists or not.
fn denied(call: &Call<'_>) -> Refusal {
    Refusal::new(
        400,
        "AccessDeniedException",
        format!(
            "User: {} is not authorized to perform: kms:{} on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
            call.caller.arn, call.operation
        ),
    )
}

/// Source: KMS Developer Guide, "Key identifiers": a UUID, or `mrk-` and 32 hex digits.
fn is_key_id(text: &str) -> bool {
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit())
    };
    match text.strip_prefix("mrk-") {
        Some(rest) => hex(rest, 32),
        None => {
            let parts: Vec<&str> = text.split('-').collect();
            parts.len() == 5
                && parts
                    .iter()
                    .zip([8, 4, 4, 4, 12])
                    .all(|(part, length)| hex(part, length))
        }
    }
}

/// A key as the model's shape `KeyMetadata`.
fn metadata(key: &Key) -> Value {
    json!({
        "AWSAccountId": key.arn.split(':').nth(4).unwrap_or_default(),
        "KeyId": key.id(),
        "Arn": key.arn,
        "CreationDate": seconds(&key.created_at),
        "Enabled": true,
        "Description": key.description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": key.id().starts_with("mrk-"),
    })
}

/// A record's time as KMS shows times.
pub(super) fn seconds(text: &str) -> i64 {
    text.parse::<Timestamp>()
        .map(Timestamp::as_second)
        .unwrap_or_default()
}

/// Source: KMS Developer Guide, "Default key policy" of keys made with the API.
fn default_policy(partition: &str, account: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:{partition}:iam::{account}:root") },
            "Action": "kms:*",
            "Resource": "*",
        }],
    })
    .to_string()
}

/// `CreateKey`, of symmetric keys for encryption only.
pub(super) fn create(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    for (name, only) in [
        ("KeyUsage", "ENCRYPT_DECRYPT"),
        ("KeySpec", "SYMMETRIC_DEFAULT"),
        ("Origin", "AWS_KMS"),
    ] {
        if members
            .get(name)
            .and_then(Value::as_str)
            .is_some_and(|value| value != only)
        {
            return Err(Refusal::new(
                400,
                "UnsupportedOperationException",
                format!("the sandbox makes only keys with {name} {only}"),
            ));
        }
    }
    let account = call.account().to_owned();
    let region = call.region.clone();
    let folder = format!("aws/{account}/kms/{region}/key/");
    let count = call.db.count(&folder).to_string();
    let hex = hex_id(&["kms", &account, &region, &count], 32);
    let id = format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    );
    let arn = format!("arn:{}:kms:{region}:{account}:key/{id}", call.partition);
    call.resource = Some(arn.clone());
    let given = members.get("Policy").and_then(Value::as_str);
    let policy = given.map_or_else(|| default_policy(call.partition, &account), str::to_owned);
    let realm = Realm {
        db: call.db,
        partition: call.partition,
        account: &account,
    };
    check(realm, &call.caller, &arn, &policy, bypasses(members))?;
    let policy = Stored::new(realm, &policy);
    let description = members
        .get("Description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let key = Key {
        arn,
        description,
        policy,
        created_at: call.now().to_string(),
    };
    call.db.put(&(folder + &id), &key);
    Ok(result(call, &json!({ "KeyMetadata": metadata(&key) })))
}

/// `DescribeKey`.
pub(super) fn describe(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let key = open(call, text(members, "KeyId")?, true, true)?;
    Ok(result(call, &json!({ "KeyMetadata": metadata(&key) })))
}

/// `ListKeys`: pages of 100.
pub(super) fn list(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let folder = format!("aws/{}/kms/{}/key/", call.account(), call.region);
    let entries = call
        .db
        .scan::<Key>(&folder)
        .map(|(id, key)| (id.to_owned(), json!({ "KeyId": id, "KeyArn": key.arn })))
        .collect();
    page(call, members, "Keys", 100, entries)
}

/// Adds a key where there is none of its ARN; an ARN that is none of a key adds nothing.
pub(super) fn plant(db: &mut Db, seed: &KeySeed) {
    let Some(place) = Place::of(&seed.arn).filter(|place| place.resource.starts_with("key/"))
    else {
        return;
    };
    if db.get_at_once::<Key>(&place.key()).is_some() {
        return;
    }
    let partition = partition_of(&place.region);
    let text = seed.policy.as_ref().map_or_else(
        || default_policy(partition, &place.account),
        Value::to_string,
    );
    let policy = Stored::new(
        Realm {
            db,
            partition,
            account: &place.account,
        },
        &text,
    );
    let key = Key {
        arn: seed.arn.clone(),
        description: String::new(),
        policy,
        created_at: now(db).to_string(),
    };
    db.put(&place.key(), &key);
}
