//! AWS Secrets Manager, as far as secrets are made and read.
//!
//! Shapes: botocore's model of `secretsmanager`; all its errors that are not the server's have status 400. Words of refusals: answers quoted in public issue threads.
//! Not here: rotation, replicas, deletion, policies of secrets.

mod reading;
mod secret;
#[cfg(test)]
mod tests;
mod writing;

use serde_json::{Map, Value};

use super::access::{self, Asked, Guard};
use super::call::{Call, Refusal};
use super::json::members;
use super::kms::{self, Use};
use crate::http::{Answer, Request};
use secret::Secret;

type Members = Map<String, Value>;

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let members = members(request)?;
    match call.operation.as_str() {
        "CreateSecret" => writing::create(call, &members),
        "PutSecretValue" => writing::put_value(call, &members),
        "GetSecretValue" => reading::get_value(call, &members),
        "BatchGetSecretValue" => reading::get_values(call, &members),
        "DescribeSecret" => reading::describe(call, &members),
        "ListSecretVersionIds" => reading::list_versions(call, &members),
        "ListSecrets" => reading::list(call),
        _ => Err(Refusal::new(400, "UnknownOperationException", "")),
    }
}

fn text<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(400, "InvalidParameterException", message)
}

/// Finds the secret that an id means, and lets the caller do that with it or not.
fn open(
    call: &mut Call<'_>,
    id: &str,
    action: &str,
    stage: Option<&str>,
) -> Result<Secret, Refusal> {
    call.resource = Some(id.to_owned());
    let found = secret::find(call, id);
    let arn = match &found {
        Some(secret) => secret.arn.clone(),
        None => secret::arn_of_nothing(call, id),
    };
    let mut asked = Asked::of(action, &arn).with("secretsmanager:SecretId", [arn.as_str()]);
    if let Some(stage) = stage {
        asked = asked.with("secretsmanager:VersionStage", [stage]);
    }
    for (key, value) in found.iter().flat_map(|secret| &secret.tags) {
        asked = asked
            .with(&format!("aws:ResourceTag/{key}"), [value.as_str()])
            .with(
                &format!("secretsmanager:ResourceTag/{key}"),
                [value.as_str()],
            );
    }
    let owner = arn.split(':').nth(4).unwrap_or_default().to_owned();
    check(call, &asked, &owner)?;
    found.ok_or_else(|| {
        Refusal::new(
            400,
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret.",
        )
    })
}

fn check(call: &Call<'_>, asked: &Asked<'_>, owner: &str) -> Result<(), Refusal> {
    let verdict = access::decide(call, asked, Guard::none(owner));
    if verdict.is_allowed() {
        return Ok(());
    }
    let said = access::words(&call.caller, asked, verdict);
    Err(Refusal::new(400, "AccessDeniedException", said))
}

/// Refuses what the caller may not do with the key of a secret.
///
/// Source: "Secret encryption and decryption in AWS Secrets Manager" (the encryption context; the account's own key `aws/secretsmanager` lets everybody of the account).
fn check_key(call: &Call<'_>, secret: &Secret, version: &str, action: &str) -> Result<(), Refusal> {
    let Some(key) = &secret.kms_key else {
        return Ok(());
    };
    let used = Use {
        key,
        action,
        context: &[("SecretARN", &secret.arn), ("SecretVersionId", version)],
    };
    kms::check_use(call, &used)
        .map_err(|_| Refusal::new(400, "AccessDeniedException", "Access to KMS is not allowed"))
}
