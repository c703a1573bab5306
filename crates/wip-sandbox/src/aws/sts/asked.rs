//! What a request for a session asks for, checked.
//!
//! Source of the bounds: botocore's model of `sts`; "IAM and AWS STS quotas" in the IAM user guide.
//! Not here: whether it is granted.

use crate::aws::call::{Call, Refusal};
use crate::aws::iam::permissions;
use crate::aws::iam::roles::Role;
use crate::aws::query::Params;

/// What the text of session policies, inline and managed, may have in all.
const POLICY_CHARS: usize = 2_048;
const POLICY_ARNS: usize = 10;
const TAGS: usize = 50;

/// A request for a session of a role.
pub(super) struct Asked<'p> {
    pub(super) role: &'p str,
    /// The session's name.
    pub(super) name: &'p str,
    pub(super) seconds: u32,
    /// Session policies; `None` where none are passed.
    pub(super) policies: Option<Vec<String>>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) transitive: Vec<String>,
    pub(super) external_id: Option<&'p str>,
}

impl<'p> Asked<'p> {
    /// Reads what all requests for sessions have in common.
    pub(super) fn read(call: &mut Call<'_>, params: &'p Params) -> Result<Self, Refusal> {
        let role = params.text("RoleArn").ok_or_else(|| null("roleArn"))?;
        let name = params
            .text("RoleSessionName")
            .ok_or_else(|| null("roleSessionName"))?;
        check_session_name(name)?;
        let seconds = duration(params)?;
        call.resource = role.rsplit('/').next().map(str::to_owned);
        let (tags, transitive) = tags(params)?;
        Ok(Self {
            role,
            name,
            seconds,
            policies: policies(call, params)?,
            tags,
            transitive,
            external_id: external_id(params)?,
        })
    }

    /// The account of the role's ARN, and the role if there is one.
    pub(super) fn role(&self, call: &Call<'_>) -> Result<(&'p str, Option<Role>), Refusal> {
        let parts: Vec<&str> = self.role.splitn(6, ':').collect();
        let ["arn", _, "iam", "", account, _] = parts[..] else {
            return Err(invalid(format!("{} is invalid", self.role)));
        };
        Ok((account, permissions::role_of(call.db, self.role)))
    }

    /// Refuses more time than the role gives.
    pub(super) fn check_time(&self, role: &Role) -> Result<(), Refusal> {
        if self.seconds > role.max_session {
            return Err(invalid(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            ));
        }
        Ok(())
    }
}

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ValidationError", message)
}

pub(super) fn null(member: &str) -> Refusal {
    constraint(member, "Member must not be null")
}

pub(super) fn constraint(member: &str, what: &str) -> Refusal {
    invalid(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: {what}"
    ))
}

fn check_session_name(name: &str) -> Result<(), Refusal> {
    let member = "roleSessionName";
    check_length(member, name, 2, 64)?;
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

pub(super) fn check_length(
    member: &str,
    text: &str,
    least: usize,
    most: usize,
) -> Result<(), Refusal> {
    let count = text.chars().count();
    if count < least {
        let what = format!("Member must have length greater than or equal to {least}");
        return Err(constraint(member, &what));
    }
    if count > most {
        let what = format!("Member must have length less than or equal to {most}");
        return Err(constraint(member, &what));
    }
    Ok(())
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

fn external_id(params: &Params) -> Result<Option<&str>, Refusal> {
    let Some(id) = params.text("ExternalId") else {
        return Ok(None);
    };
    check_length("externalId", id, 2, 1224)?;
    Ok(Some(id))
}

/// `Policy` and `PolicyArns`, as documents.
fn policies(call: &Call<'_>, params: &Params) -> Result<Option<Vec<String>>, Refusal> {
    let mut documents = Vec::new();
    if let Some(document) = params.text("Policy") {
        permissions::check_for_session(document, call.partition)?;
        documents.push(document.to_owned());
    }
    let arns = params.structures("PolicyArns");
    if arns.len() > POLICY_ARNS {
        let what = format!("Member must have length less than or equal to {POLICY_ARNS}");
        return Err(constraint("policyArns", &what));
    }
    for entry in arns {
        let arn = entry.text("arn").unwrap_or_default();
        let document = permissions::managed(call.db, arn).ok_or_else(|| {
            // The message names the ARN; its exact words are not documented.
            Refusal::new(
                400,
                "ValidationError",
                format!("Policy {arn} does not exist"),
            )
        })?;
        documents.push(document);
    }
    let total: usize = documents.iter().map(|text| text.chars().count()).sum();
    if total > POLICY_CHARS {
        return Err(Refusal::new(
            400,
            "PackedPolicyTooLarge",
            format!(
                "Packed size of session tags consumes {}% of allotted space.",
                total * 100 / POLICY_CHARS
            ),
        ));
    }
    Ok((!documents.is_empty()).then_some(documents))
}

type Tags = (Vec<(String, String)>, Vec<String>);

/// `Tags` and `TransitiveTagKeys`.
///
/// Source: `tagKeyType`, `tagValueType` and `tagListType` in botocore's model of `sts`; "Passing session tags in AWS STS" (keys are not case-sensitive).
fn tags(params: &Params) -> Result<Tags, Refusal> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for (index, entry) in params.structures("Tags").iter().enumerate() {
        let member = |part: &str| format!("tags.{}.member.{part}", index + 1);
        let text = |name: &str, part: &str| entry.text(name).ok_or_else(|| null(&member(part)));
        let (key, value) = (text("Key", "key")?, text("Value", "value")?);
        check_length(&member("key"), key, 1, 128)?;
        check_length(&member("value"), value, 0, 256)?;
        if tags
            .iter()
            .any(|(other, _)| other.eq_ignore_ascii_case(key))
        {
            return Err(Refusal::new(
                400,
                "InvalidParameterValue",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        tags.push((key.to_owned(), value.to_owned()));
    }
    let transitive = params.list("TransitiveTagKeys");
    for (member, count) in [
        ("tags", tags.len()),
        ("transitiveTagKeys", transitive.len()),
    ] {
        if count > TAGS {
            let what = format!("Member must have length less than or equal to {TAGS}");
            return Err(constraint(member, &what));
        }
    }
    Ok((tags, transitive))
}
