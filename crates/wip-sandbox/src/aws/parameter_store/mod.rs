//! AWS Systems Manager Parameter Store, as far as parameters are put and read.
//!
//! Shapes: botocore's model of `ssm`; all its errors that are not the server's have status 400. Words of refusals: answers quoted in public issue threads.
//! Not here: the rest of Systems Manager, policies of parameters, history.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::access::{self, Asked, Guard};
use super::call::{Call, Refusal, hex_id};
use super::json::{members, result};
use super::kms::{self, Use};
use crate::http::{Answer, Request};

type Members = Map<String, Value>;

/// A parameter as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Parameter {
    name: String,
    kind: String,
    value: String,
    version: u64,
    /// ARN of the KMS key of a `SecureString`; absent for the account's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kms_key: Option<String>,
    modified_at: Timestamp,
}

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let members = members(request)?;
    match call.operation.as_str() {
        "PutParameter" => put(call, &members),
        "GetParameter" => get(call, &members),
        "GetParametersByPath" => get_by_path(call, &members),
        "DescribeParameters" => describe(call),
        _ => Err(Refusal::new(400, "UnknownOperationException", "")),
    }
}

fn text<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

fn flag(members: &Members, name: &str) -> bool {
    members.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// The ARN of a parameter: the slash that a name begins with is not there twice.
///
/// Source: "Resource types defined by AWS Systems Manager" in the service authorization reference.
fn arn(call: &Call<'_>, name: &str) -> String {
    let (partition, region, account) = (call.partition, &call.region, call.account());
    let name = name.strip_prefix('/').unwrap_or(name);
    format!("arn:{partition}:ssm:{region}:{account}:parameter/{name}")
}

fn prefix(call: &Call<'_>) -> String {
    format!("aws/{}/ssm/{}/parameter/", call.account(), call.region)
}

fn check(call: &Call<'_>, action: &str, resource: &str) -> Result<(), Refusal> {
    let asked = Asked::of(action, resource);
    let verdict = access::decide(call, &asked, Guard::none(call.account()));
    if verdict.is_allowed() {
        return Ok(());
    }
    let said = access::words(&call.caller, &asked, verdict);
    Err(Refusal::new(400, "AccessDeniedException", said))
}

/// Refuses what the caller may not do with the key of a parameter.
///
/// Source: "AWS KMS encryption for AWS Systems Manager Parameter Store SecureString parameters" (the encryption context; a standard parameter is encrypted with `kms:Encrypt`).
fn check_key(call: &Call<'_>, parameter: &Parameter, action: &str) -> Result<(), Refusal> {
    let Some(key) = &parameter.kms_key else {
        return Ok(());
    };
    let arn = arn(call, &parameter.name);
    let used = Use {
        key,
        action,
        context: &[("PARAMETER_ARN", &arn)],
    };
    kms::check_use(call, &used).map_err(|_| {
        Refusal::new(
            400,
            "AccessDeniedException",
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
        )
    })
}

fn put(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let name = text(members, "Name").unwrap_or_default();
    call.resource = Some(name.to_owned());
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "/_.-".contains(letter);
    // Source: `PutParameter` in botocore's model of `ssm` (`Name`).
    if name.is_empty() || !name.chars().all(fits) || name.contains('/') && !name.starts_with('/') {
        return Err(Refusal::new(
            400,
            "ValidationException",
            "Parameter name must be a fully qualified name.",
        ));
    }
    check(call, "ssm:PutParameter", &arn(call, name))?;
    let key = prefix(call) + name;
    let before: Option<Parameter> = call.db.get_at_once(&key);
    if before.is_some() && !flag(members, "Overwrite") {
        return Err(Refusal::new(
            400,
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
        ));
    }
    let kind = text(members, "Type").or(before.as_ref().map(|before| before.kind.as_str()));
    let kind = kind
        .filter(|kind| ["String", "StringList", "SecureString"].contains(kind))
        .ok_or_else(|| {
            Refusal::new(
                400,
                "ValidationException",
                "A parameter type is required when you create a parameter.",
            )
        })?;
    let parameter = Parameter {
        name: name.to_owned(),
        kind: kind.to_owned(),
        value: text(members, "Value").unwrap_or_default().to_owned(),
        version: before.as_ref().map_or(1, |before| before.version + 1),
        kms_key: text(members, "KeyId")
            .filter(|key| kind == "SecureString" && *key != "alias/aws/ssm")
            .map(str::to_owned),
        modified_at: call.now(),
    };
    check_key(call, &parameter, "kms:Encrypt")?;
    call.db.put(&key, &parameter);
    let body = json!({ "Version": parameter.version, "Tier": "Standard" });
    Ok(result(call, &body))
}

fn get(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let id = text(members, "Name").unwrap_or_default();
    call.resource = Some(id.to_owned());
    let own = arn(call, "");
    let name = match id.strip_prefix(&own) {
        Some(rest) if rest.contains('/') => format!("/{rest}"),
        Some(rest) => rest.to_owned(),
        None => id.to_owned(),
    };
    check(call, "ssm:GetParameter", &arn(call, &name))?;
    let parameter: Parameter = call
        .db
        .get(&(prefix(call) + &name))
        .ok_or_else(|| Refusal::new(400, "ParameterNotFound", ""))?;
    let shown = shown(call, &parameter, flag(members, "WithDecryption"))?;
    Ok(result(call, &json!({ "Parameter": shown })))
}

/// A parameter as the model's shape; what is encrypted and not to be decrypted is not readable.
fn shown(call: &Call<'_>, parameter: &Parameter, decrypt: bool) -> Result<Value, Refusal> {
    let arn = arn(call, &parameter.name);
    let value = if parameter.kind != "SecureString" {
        parameter.value.clone()
    } else if decrypt {
        check_key(call, parameter, "kms:Decrypt")?;
        parameter.value.clone()
    } else {
        hex_id(&["ciphertext", &arn, &parameter.value], 64)
    };
    Ok(json!({
        "Name": parameter.name,
        "Type": parameter.kind,
        "Value": value,
        "Version": parameter.version,
        "LastModifiedDate": parameter.modified_at.as_second(),
        "ARN": arn,
        "DataType": "text",
    }))
}

/// All in one page. The permission is one for the path, and reaches all below it.
///
/// Source: "Restricting access to Parameter Store parameters using IAM policies".
fn get_by_path(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let path = text(members, "Path").unwrap_or_default();
    call.resource = Some(path.to_owned());
    check(call, "ssm:GetParametersByPath", &arn(call, path))?;
    let folder = format!("{}/", path.trim_end_matches('/'));
    let recursive = flag(members, "Recursive");
    let found: Vec<Parameter> = call
        .db
        .scan::<Parameter>(&prefix(call))
        .map(|(_, parameter)| parameter)
        .filter(|parameter| {
            let rest = parameter.name.strip_prefix(&folder);
            rest.is_some_and(|rest| recursive || !rest.contains('/'))
        })
        .collect();
    let decrypt = flag(members, "WithDecryption");
    let found: Result<Vec<Value>, Refusal> = found
        .iter()
        .map(|parameter| shown(call, parameter, decrypt))
        .collect();
    Ok(result(call, &json!({ "Parameters": found? })))
}

/// All in one page.
fn describe(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    check(call, "ssm:DescribeParameters", "*")?;
    let found: Vec<Value> = call
        .db
        .scan::<Parameter>(&prefix(call))
        .map(|(_, parameter)| {
            json!({
                "Name": parameter.name,
                "Type": parameter.kind,
                "Version": parameter.version,
                "LastModifiedDate": parameter.modified_at.as_second(),
            })
        })
        .collect();
    Ok(result(call, &json!({ "Parameters": found })))
}
