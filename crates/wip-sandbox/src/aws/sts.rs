//! AWS STS: who calls, and sessions of roles.
//!
//! Source of the fields, bounds and errors: botocore's model of `sts`; "Common errors" of the STS API reference.
//! Not here: whether a trust policy lets the caller in; nothing evaluates one yet.

use std::time::SystemTime;

use jiff::{Timestamp, ToSpan};

use super::call::{Call, Caller, Refusal, base32_id, hex_id};
use super::iam::roles::{self, Role};
use super::identity::{Session, session_key};
use super::query::{self, Params};
use crate::http::{Answer, Request};

const VERSION: &str = "2011-06-15";

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let params = &Params::of(request);
    query::check_version(params, VERSION)?;
    match call.operation.as_str() {
        "GetCallerIdentity" => Ok(caller_identity(call)),
        "AssumeRole" => assume_role(call, params),
        other => Err(query::unknown_operation(other, VERSION)),
    }
}

fn caller_identity(call: &Call<'_>) -> Answer {
    let Caller {
        account,
        arn,
        user_id,
    } = &call.caller;
    query::result(call, |xml| {
        xml.text("Arn", arn);
        xml.text("UserId", user_id);
        xml.text("Account", account);
    })
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ValidationError", message)
}

fn constraint(member: &str, what: &str) -> Refusal {
    invalid(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: {what}"
    ))
}

fn assume_role(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let null = |member: &str| constraint(member, "Member must not be null");
    let arn = params.text("RoleArn").ok_or_else(|| null("roleArn"))?;
    let session = params
        .text("RoleSessionName")
        .ok_or_else(|| null("roleSessionName"))?;
    check_session_name(session)?;
    let seconds = duration(params)?;
    let name = arn.rsplit('/').next().unwrap_or_default();
    call.resource = Some(name.to_owned());
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, _] = parts[..] else {
        return Err(invalid(format!("{arn} is invalid")));
    };
    let role: Option<Role> = call.db.get(&roles::key_in(account, name));
    let Some(role) = role.filter(|role| role.arn == arn) else {
        let who = &call.caller.arn;
        let message =
            format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn}");
        return Err(Refusal::new(403, "AccessDenied", message));
    };
    if seconds > role.max_session {
        return Err(invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let issued = issue(call, account, &role, session);
    let expires = Timestamp::try_from(SystemTime::now())
        .and_then(|now| now.checked_add(i64::from(seconds).seconds()))
        .map_err(|error| Refusal::new(500, "InternalFailure", error.to_string()))?;
    Ok(query::result(call, |xml| {
        xml.element("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", &issued.session.user_id);
            xml.text("Arn", &issued.session.arn);
        });
        xml.element("Credentials", |xml| {
            xml.text("AccessKeyId", &issued.key_id);
            xml.text("SecretAccessKey", &hex_id(&["secret", &issued.key_id], 40));
            xml.text("SessionToken", &hex_id(&["token", &issued.key_id], 64));
            xml.text("Expiration", &format!("{expires:.0}"));
        });
    }))
}

fn check_session_name(name: &str) -> Result<(), Refusal> {
    let count = name.chars().count();
    let member = "roleSessionName";
    if count < 2 {
        return Err(constraint(
            member,
            "Member must have length greater than or equal to 2",
        ));
    }
    if count > 64 {
        return Err(constraint(
            member,
            "Member must have length less than or equal to 64",
        ));
    }
    if name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter))
    {
        return Ok(());
    }
    Err(constraint(
        member,
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*",
    ))
}

fn duration(params: &Params) -> Result<u32, Refusal> {
    let Some(text) = params.text("DurationSeconds") else {
        return Ok(3600);
    };
    let seconds: u32 = text
        .parse()
        .map_err(|_| Refusal::new(400, "MalformedInput", ""))?;
    match seconds {
        ..900 => Err(constraint(
            "durationSeconds",
            "Member must have value greater than or equal to 900",
        )),
        43_201.. => Err(constraint(
            "durationSeconds",
            "Member must have value less than or equal to 43200",
        )),
        _ => Ok(seconds),
    }
}

struct Issued {
    key_id: String,
    session: Session,
}

/// Keeps a new session, so that its key is known.
fn issue(call: &mut Call<'_>, account: &str, role: &Role, name: &str) -> Issued {
    let count = call.db.get::<u64>("sandbox/sessions").unwrap_or(0) + 1;
    call.db.put("sandbox/sessions", &count);
    let key_id = format!(
        "ASIA{}",
        base32_id(&[account, &role.id, name, &count.to_string()], 16)
    );
    let role_name = role.arn.rsplit('/').next().unwrap_or_default();
    let session = Session {
        account: account.to_owned(),
        arn: format!(
            "arn:{}:sts::{account}:assumed-role/{role_name}/{name}",
            call.partition
        ),
        user_id: format!("{}:{name}", role.id),
    };
    call.db.put(&session_key(&key_id), &session);
    Issued { key_id, session }
}
