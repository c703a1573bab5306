//! `AssumeRole`: somebody of an account becomes a session of a role.
//!
//! Sources: `AssumeRole` in botocore's model of `sts`; "Passing session tags in AWS STS", "Methods to assume a role" (role chaining) in the IAM user guide.

use super::asked::{Asked, invalid};
use super::sessions::issue;
use crate::aws::access::{self, Grant, Guard};
use crate::aws::call::{Call, Refusal, Who};
use crate::aws::iam::permissions;
use crate::aws::iam::roles::Role;
use crate::aws::identity::Session;
use crate::aws::query::{self, Params};
use crate::http::Answer;

/// The longest session of one that is a session itself, in seconds.
const CHAINED: u32 = 3600;

pub(super) fn assume(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let mut asked = Asked::read(call, params)?;
    let (account, role) = asked.role(call)?;
    let denied = |call: &Call<'_>, action: &str| {
        let who = &call.caller.arn;
        let message = format!(
            "User: {who} is not authorized to perform: {action} on resource: {}",
            asked.role
        );
        Refusal::new(403, "AccessDenied", message)
    };
    let Some(role) = role else {
        return Err(denied(call, "sts:AssumeRole"));
    };
    let inherited = inherited(call, &asked)?;
    if let Some(action) = refused(call, &asked, &role, account, &inherited) {
        return Err(denied(call, action));
    }
    asked.check_time(&role)?;
    if matches!(call.caller.who, Who::Session(_)) && asked.seconds > CHAINED {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    let mut tags = inherited;
    let mut transitive: Vec<String> = tags.iter().map(|(key, _)| key.clone()).collect();
    tags.append(&mut asked.tags);
    transitive.append(&mut asked.transitive);
    let session = Session {
        tags,
        transitive,
        ..Session::default()
    };
    let issued = issue(call, &role, asked, session);
    let expiration = issued.expiration()?;
    Ok(query::result(call, |xml| issued.write(xml, &expiration)))
}

/// The tags that a session hands on, which nothing may overwrite.
fn inherited(call: &Call<'_>, asked: &Asked<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let Who::Session(session) = &call.caller.who else {
        return Ok(Vec::new());
    };
    let hands_on = |key: &String| session.transitive.iter().any(|other| other == key);
    let tags: Vec<_> = session
        .tags
        .iter()
        .filter(|(key, _)| hands_on(key))
        .cloned()
        .collect();
    let overwrites = asked.tags.iter().any(|(key, _)| {
        tags.iter()
            .any(|(other, _)| other.eq_ignore_ascii_case(key))
    });
    if overwrites {
        // That it fails is documented, code and words are not.
        return Err(Refusal::new(
            400,
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
        ));
    }
    Ok(tags)
}

/// The first action that caller and role do not both allow.
fn refused(
    call: &Call<'_>,
    asked: &Asked<'_>,
    role: &Role,
    account: &str,
    inherited: &[(String, String)],
) -> Option<&'static str> {
    let tags = || asked.tags.iter().chain(inherited);
    let mut actions = vec!["sts:AssumeRole"];
    if tags().next().is_some() {
        actions.push("sts:TagSession");
    }
    let trust = permissions::trust(call, role);
    let guard = Guard {
        owner: account,
        policy: Some(&trust),
        grant: Grant::Resource,
    };
    actions.into_iter().find(|action| {
        let mut ask = access::Asked::of(action, asked.role)
            .with("sts:RoleSessionName", [asked.name])
            .with("sts:DurationSeconds", [asked.seconds.to_string()])
            .with("aws:TagKeys", tags().map(|(key, _)| key.as_str()))
            .with("sts:TransitiveTagKeys", asked.transitive.clone());
        if let Some(id) = asked.external_id {
            ask = ask.with("sts:ExternalId", [id]);
        }
        for (key, value) in tags() {
            ask = ask.with(&format!("aws:RequestTag/{key}"), [value.as_str()]);
        }
        !access::decide(call, &ask, guard).is_allowed()
    })
}
