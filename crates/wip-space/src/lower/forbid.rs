//! The guardrail `forbid`, and the shape of raw statements.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::place::arn;
use crate::Code;
use crate::model::Guardrails;
use crate::problem::Problems;
use crate::raw::{Action, AzureRoleName, Effect, GoogleRole, OneOrMany, PolicyArn, StatementSpec};
use crate::read::{Field, Spanned};

/// What policies of AWS amount to, where a guardrail asks.
const AMOUNTS_TO: [(&str, &str); 2] = [("AdministratorAccess", "*"), ("IAMFullAccess", "iam:*")];

/// A raw statement as JSON, if it has the shape of one and is not forbidden.
pub(crate) fn statement(
    statement: &Spanned<StatementSpec>,
    guardrails: &Guardrails,
    problems: &mut Problems,
) -> Option<Value> {
    let given = &statement.value;
    let before = problems.count();
    let effect = given.effect.get().copied();
    for (one, other, names) in [
        (
            given.action.is_some(),
            given.not_action.is_some(),
            "`Action` and `NotAction`",
        ),
        (
            given.resource.is_some(),
            given.not_resource.is_some(),
            "`Resource` and `NotResource`",
        ),
    ] {
        if one == other && !given.flawed {
            super::place::exactly_one(&statement.span, names, one, problems);
        }
    }
    let negations = [
        given
            .not_action
            .as_ref()
            .map(|field| ("NotAction", &field.span)),
        given
            .not_resource
            .as_ref()
            .map(|field| ("NotResource", &field.span)),
    ];
    for (name, span) in negations.into_iter().flatten() {
        if effect == Some(Effect::Allow) {
            problems.add(
                Code::BadStatement,
                span,
                format!("`{name}` with `Effect: Allow` gives everything that is not named"),
                "gives all the rest",
                "name what is given; `Not…` is taken with `Effect: Deny` only",
            );
        }
    }
    for list in [given.action.as_ref(), given.not_action.as_ref()]
        .into_iter()
        .flatten()
    {
        if list.value.0.is_empty() && !given.flawed {
            problems.add(
                Code::EmptyList,
                &list.span,
                "no action is named",
                "empty",
                "name at least one",
            );
        }
    }
    for list in [given.resource.as_ref(), given.not_resource.as_ref()]
        .into_iter()
        .flatten()
    {
        if list.value.0.is_empty() && !given.flawed {
            problems.add(
                Code::EmptyList,
                &list.span,
                "no resource is named",
                "empty",
                "name at least one, or `*`",
            );
        }
    }
    if effect == Some(Effect::Allow) {
        for action in given
            .action
            .get()
            .into_iter()
            .flat_map(|actions| &actions.0)
        {
            forbidden_action(action, guardrails, problems);
        }
    }
    (problems.count() == before).then(|| json_of(given))
}

fn json_of(given: &StatementSpec) -> Value {
    fn texts<T: std::ops::Deref<Target = str>>(field: &Field<OneOrMany<T>>) -> Option<Value> {
        let texts: Vec<&str> = field.get()?.0.iter().map(|text| &*text.value).collect();
        Some(json!(texts))
    }
    let effect = given.effect.get().map(|effect| match effect {
        Effect::Allow => json!("Allow"),
        Effect::Deny => json!("Deny"),
    });
    let fields = [
        ("Sid", given.sid.get().map(|sid| json!(**sid))),
        ("Effect", effect),
        ("Action", texts(&given.action)),
        ("NotAction", texts(&given.not_action)),
        ("Resource", texts(&given.resource)),
        ("NotResource", texts(&given.not_resource)),
        (
            "Condition",
            given.condition.get().map(|condition| condition.0.clone()),
        ),
    ];
    let fields = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn forbidden_action(action: &Spanned<Action>, guardrails: &Guardrails, problems: &mut Problems) {
    if let Some(entry) = forbids(&guardrails.forbid, &action.value) {
        problems.add(
            Code::ForbiddenAccess,
            &action.span,
            format!("the action `{}` is forbidden by `guardrails.forbid`: `{entry}`", &*action.value),
            "forbidden",
            "name the actions that are needed; or list in `guardrails.forbid` what shall stay forbidden",
        );
    }
}

/// Checks a policy that a role attaches.
pub(crate) fn attached(
    policy: &Spanned<PolicyArn>,
    guardrails: &Guardrails,
    problems: &mut Problems,
) {
    let name = arn(&policy.value)
        .resource
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let listed = [name, &*policy.value]
        .into_iter()
        .find(|text| guardrails.forbid.contains(*text));
    let amounts = AMOUNTS_TO.iter().filter(|(known, _)| *known == name);
    let amounts = amounts
        .filter_map(|(_, action)| forbids(&guardrails.forbid, action))
        .next();
    if let Some(entry) = listed.or(amounts) {
        problems.add(
            Code::ForbiddenAccess,
            &policy.span,
            format!("the policy `{name}` is forbidden by `guardrails.forbid`: `{entry}`"),
            "forbidden",
            "say under `access` what is needed; or list in `guardrails.forbid` what shall stay forbidden",
        );
    }
}

/// Roles of Azure by the GUIDs of their definitions (Azure docs, "Azure built-in roles"), so that a guardrail that names one also
/// stops its GUID.
const AZURE_ROLES: [(&str, &str); 4] = [
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner"),
    ("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor"),
    (
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
    ),
    (
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "Role Based Access Control Administrator",
    ),
];

/// Checks a role of Azure; case makes no difference in its name.
pub(crate) fn azure_role(
    role: &Spanned<AzureRoleName>,
    guardrails: &Guardrails,
    problems: &mut Problems,
) {
    let given = role.value.to_ascii_lowercase();
    let known = AZURE_ROLES.iter().find(|(guid, _)| *guid == given);
    let names = [known.map(|(_, name)| *name), Some(&*role.value)];
    let forbids = |entry: &&String| {
        let mut names = names.iter().flatten();
        names.any(|name| name.eq_ignore_ascii_case(entry))
    };
    if let Some(entry) = guardrails.forbid.iter().find(forbids) {
        problems.add(
            Code::ForbiddenAccess,
            &role.span,
            format!("the role `{}` is forbidden by `guardrails.forbid`: `{entry}`", &*role.value),
            "forbidden",
            "name a role that gives what is needed; or list in `guardrails.forbid` what shall stay forbidden",
        );
    }
}

/// Checks a role of Google Cloud.
pub(crate) fn google_role(
    role: &Spanned<GoogleRole>,
    guardrails: &Guardrails,
    problems: &mut Problems,
) {
    if let Some(entry) = guardrails.forbid.get(&*role.value) {
        problems.add(
            Code::ForbiddenAccess,
            &role.span,
            format!("the role `{entry}` is forbidden by `guardrails.forbid`: `{entry}`"),
            "forbidden",
            "name a role that gives what is needed; or list in `guardrails.forbid` what shall stay forbidden",
        );
    }
}

/// The entry that forbids an action. `*` forbids the action `*` (and `*:*`) only; any other
/// entry is a pattern, and forbids each action that has a match in common with it.
fn forbids<'f>(forbid: &'f BTreeSet<String>, action: &str) -> Option<&'f str> {
    let action = action.to_lowercase();
    let all = action.chars().all(|c| matches!(c, '*' | ':'));
    let hit = |entry: &&String| match entry.as_str() {
        "*" => all,
        entry if entry.contains(':') => {
            all || overlap(entry.to_lowercase().as_bytes(), action.as_bytes())
        }
        _ => false,
    };
    forbid.iter().find(hit).map(String::as_str)
}

/// Whether two patterns with `*` and `?` have a match in common.
fn overlap(a: &[u8], b: &[u8]) -> bool {
    // One row of a table: whether the patterns have a match in common up to here.
    let mut row = vec![true];
    row.extend(b.iter().scan(true, |stars, y| {
        *stars = *stars && *y == b'*';
        Some(*stars)
    }));
    for &x in a {
        let mut next = vec![row[0] && x == b'*'];
        for (j, &y) in b.iter().enumerate() {
            next.push(if x == b'*' || y == b'*' {
                row[j + 1] || next[j]
            } else {
                row[j] && (x == y || x == b'?' || y == b'?')
            });
        }
        row = next;
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_overlap_where_a_text_matches_both() {
        for (a, b, expected) in [
            ("iam:*", "iam:passrole", true),
            ("iam:pass*", "iam:*role", true),
            ("kms:put*", "kms:putkeypolicy", true),
            ("kms:?utkeypolicy", "kms:putkeypolic?", true),
            ("s3:*", "iam:*", false),
            ("iam:get*", "iam:put*", false),
            ("*:putkeypolicy", "kms:*", true),
            ("iam:*", "iam:", true),
            ("iam:?", "iam:", false),
        ] {
            assert_eq!(overlap(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
            assert_eq!(overlap(b.as_bytes(), a.as_bytes()), expected, "{b} {a}");
        }
    }

    #[test]
    fn a_star_forbids_the_star_alone() {
        let only = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect();
        let star: BTreeSet<String> = only(&["*"]);
        assert_eq!(forbids(&star, "*"), Some("*"));
        assert_eq!(forbids(&star, "s3:*"), None);
        let own: BTreeSet<String> = only(&["s3:Delete*", "Owner"]);
        assert_eq!(forbids(&own, "S3:deleteobject"), Some("s3:Delete*"));
        assert_eq!(forbids(&own, "*"), Some("s3:Delete*"));
        assert_eq!(forbids(&own, "s3:GetObject"), None);
    }
}
