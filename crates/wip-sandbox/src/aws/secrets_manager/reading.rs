//! `GetSecretValue`, `BatchGetSecretValue`, `DescribeSecret`, `ListSecretVersionIds`, `ListSecrets`.

use serde_json::{Value, json};

use super::secret::{self, Secret, Version};
use super::{Members, check, check_key, invalid, open, text};
use crate::aws::access::Asked;
use crate::aws::call::{Call, Refusal};
use crate::aws::json::result;
use crate::http::Answer;

const GET: &str = "secretsmanager:GetSecretValue";
/// The most ids of a batch (`SecretIdListType` in botocore's model).
const BATCH: usize = 20;

pub(super) fn get_value(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let id = text(members, "SecretId").unwrap_or_default();
    let stage = text(members, "VersionStage");
    let version = text(members, "VersionId");
    let body = value(call, id, stage, version)?;
    Ok(result(call, &body))
}

fn value(
    call: &mut Call<'_>,
    id: &str,
    stage: Option<&str>,
    version: Option<&str>,
) -> Result<Value, Refusal> {
    let stage = stage.or((version.is_none()).then_some("AWSCURRENT"));
    let secret = open(call, id, GET, stage)?;
    let (found, named) = secret
        .staged()
        .find(|(found, named)| {
            stage.is_none_or(|stage| stage == *named) && version.is_none_or(|id| id == found.id)
        })
        .ok_or_else(|| no_version(stage.or(version).unwrap_or_default()))?;
    check_key(call, &secret, &found.id, "kms:Decrypt")?;
    Ok(shown(&secret, found, named))
}

fn no_version(stage: &str) -> Refusal {
    let message =
        format!("Secrets Manager can't find the specified secret value for staging label: {stage}");
    Refusal::new(400, "ResourceNotFoundException", message)
}

fn shown(secret: &Secret, version: &Version, stage: &str) -> Value {
    json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version.id,
        "SecretString": version.value,
        "VersionStages": [stage],
        "CreatedDate": version.created_at.as_second(),
    })
}

/// By ids only; each secret needs its own permission, and one that may not be read is an error of its own.
///
/// Source: "BatchGetSecretValue" of the Secrets Manager API reference.
pub(super) fn get_values(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let account = call.account().to_owned();
    check(
        call,
        &Asked::of("secretsmanager:BatchGetSecretValue", "*"),
        &account,
    )?;
    let ids = members.get("SecretIdList").and_then(Value::as_array);
    let ids = ids
        .filter(|ids| (1..=BATCH).contains(&ids.len()))
        .ok_or_else(|| invalid("You must provide a SecretIdList of 1 to 20 secrets."))?;
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for id in ids.iter().filter_map(Value::as_str) {
        match value(call, id, None, None) {
            Ok(value) => values.push(value),
            Err(refusal) => errors.push(json!({
                "SecretId": id,
                "ErrorCode": refusal.code,
                "Message": refusal.message,
            })),
        }
    }
    let body = json!({ "SecretValues": values, "Errors": errors });
    Ok(result(call, &body))
}

pub(super) fn describe(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let id = text(members, "SecretId").unwrap_or_default();
    let secret = open(call, id, "secretsmanager:DescribeSecret", None)?;
    Ok(result(call, &described(&secret)))
}

fn described(secret: &Secret) -> Value {
    let tags: Vec<Value> = secret
        .tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    let mut body = json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "CreatedDate": secret.created_at.as_second(),
        "Tags": tags,
    });
    for (version, stage) in secret.staged() {
        body["VersionIdsToStages"][&version.id] = json!([stage]);
    }
    if let Some(key) = &secret.kms_key {
        body["KmsKeyId"] = key.as_str().into();
    }
    body
}

pub(super) fn list_versions(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let id = text(members, "SecretId").unwrap_or_default();
    let secret = open(call, id, "secretsmanager:ListSecretVersionIds", None)?;
    let versions: Vec<Value> = secret
        .staged()
        .map(|(version, stage)| {
            json!({
                "VersionId": version.id,
                "VersionStages": [stage],
                "CreatedDate": version.created_at.as_second(),
            })
        })
        .collect();
    let body = json!({ "ARN": secret.arn, "Name": secret.name, "Versions": versions });
    Ok(result(call, &body))
}

/// All in one page.
pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let account = call.account().to_owned();
    check(
        call,
        &Asked::of("secretsmanager:ListSecrets", "*"),
        &account,
    )?;
    let prefix = secret::prefix(call);
    let secrets: Vec<Value> = call
        .db
        .scan::<Secret>(&prefix)
        .map(|(_, secret)| {
            let mut entry = described(&secret);
            if let Some(members) = entry.as_object_mut()
                && let Some(versions) = members.remove("VersionIdsToStages")
            {
                members.insert("SecretVersionsToStages".to_owned(), versions);
            }
            entry
        })
        .collect();
    Ok(result(call, &json!({ "SecretList": secrets })))
}
