//! `CreateSecret`, `PutSecretValue`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::secret::{self, Secret, Version};
use super::{Members, check, check_key, invalid, open, text};
use crate::aws::access::Asked;
use crate::aws::call::{Call, Refusal, hex_id};
use crate::aws::json::result;
use crate::http::Answer;

/// The longest value, in bytes (`SecretStringType` in botocore's model).
const LONGEST: usize = 65_536;

pub(super) fn create(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let name = text(members, "Name").unwrap_or_default();
    call.resource = Some(name.to_owned());
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "/_+=.@-".contains(letter);
    if !(1..=512).contains(&name.len()) || !name.chars().all(fits) {
        return Err(Refusal::new(
            400,
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        ));
    }
    let value = value(members)?;
    let tags: BTreeMap<String, String> = members
        .get("Tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|tag| {
            let of = |name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
            Some((of("Key")?, of("Value")?))
        })
        .collect();
    let arn = secret::new_arn(call, name);
    let asked = |action| Asked::of(action, &arn).with("secretsmanager:Name", [name]);
    let account = call.account().to_owned();
    check(call, &asked("secretsmanager:CreateSecret"), &account)?;
    if !tags.is_empty() {
        check(call, &asked("secretsmanager:TagResource"), &account)?;
    }
    let key = secret::key(call, name);
    if call.db.get_at_once::<Secret>(&key).is_some() {
        let message = format!("The operation failed because the secret {name} already exists.");
        return Err(Refusal::new(400, "ResourceExistsException", message));
    }
    let mut secret = Secret {
        name: name.to_owned(),
        kms_key: text(members, "KmsKeyId").map(str::to_owned),
        tags,
        versions: Vec::new(),
        created_at: call.now(),
        arn: arn.clone(),
    };
    let version = add(call, &mut secret, value, members)?;
    call.db.put(&key, &secret);
    let mut body = json!({ "ARN": secret.arn, "Name": name });
    if let Some(version) = version {
        body["VersionId"] = version.into();
    }
    Ok(result(call, &body))
}

pub(super) fn put_value(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let id = text(members, "SecretId").unwrap_or_default();
    let mut secret = open(call, id, "secretsmanager:PutSecretValue", None)?;
    let value = value(members)?
        .ok_or_else(|| invalid("You must provide either SecretString or SecretBinary."))?;
    let version = add(call, &mut secret, Some(value), members)?;
    let key = secret::key(call, &secret.name);
    call.db.put(&key, &secret);
    Ok(result(
        call,
        &json!({
            "ARN": secret.arn,
            "Name": secret.name,
            "VersionId": version,
            "VersionStages": ["AWSCURRENT"],
        }),
    ))
}

fn value(members: &Members) -> Result<Option<&str>, Refusal> {
    let value = text(members, "SecretString");
    if value.is_some_and(|value| value.is_empty() || value.len() > LONGEST) {
        return Err(invalid(
            "Invalid parameter. The SecretString is too long or empty.",
        ));
    }
    Ok(value)
}

/// Adds a version, and encrypts it.
fn add(
    call: &mut Call<'_>,
    secret: &mut Secret,
    value: Option<&str>,
    members: &Members,
) -> Result<Option<String>, Refusal> {
    let Some(value) = value else {
        return Ok(None);
    };
    let id = match text(members, "ClientRequestToken") {
        Some(token) => token.to_owned(),
        None => {
            let hex = hex_id(&[&secret.arn, &secret.versions.len().to_string()], 32);
            let parts = [
                &hex[..8],
                &hex[8..12],
                &hex[12..16],
                &hex[16..20],
                &hex[20..],
            ];
            parts.join("-")
        }
    };
    // Source: "Secret encryption and decryption in AWS Secrets Manager".
    check_key(call, secret, &id, "kms:GenerateDataKey")?;
    check_key(call, secret, &id, "kms:Decrypt")?;
    secret.versions.push(Version {
        id: id.clone(),
        value: value.to_owned(),
        created_at: call.now(),
    });
    Ok(Some(id))
}
