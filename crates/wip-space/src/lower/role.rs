//! Roles: names, paths, boundaries and the rest, with their defaults.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::access::check_partition;
use super::forbid;
use super::identity::{Home, Scope};
use super::place::arn;
use crate::Code;
use crate::model::{Existing, Ignore, PolicyForm, Role};
use crate::problem::Problems;
use crate::raw::{
    Boundary, ExistingName, IdentityName, IdentitySpec, IgnoreSpec, PolicyArn, PolicyFormName,
    RoleSpec,
};
use crate::read::{Field, Spanned};

/// The longest name of a role (IAM, CreateRole: `RoleName`).
const MAX_NAME: usize = 64;

pub(crate) fn role(
    name: &Spanned<IdentityName>,
    spec: &IdentitySpec,
    home: Option<&Home>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<Role> {
    let given = spec.role.get();
    let field = |pick: fn(&RoleSpec) -> &Field<u32>| given.and_then(|role| pick(role).as_ref());
    let duration = field(|role| &role.max_session_duration).or(scope
        .role
        .and_then(|role| role.max_session_duration.as_ref()));
    session(duration, problems);
    let path = given
        .and_then(|role| role.path.get())
        .or(scope.role.and_then(|role| role.path.get()));
    let boundary = given
        .and_then(|role| role.permissions_boundary.as_ref())
        .or(scope
            .role
            .and_then(|role| role.permissions_boundary.as_ref()));
    let attach = given
        .and_then(|role| role.attach.get())
        .map(Vec::as_slice)
        .unwrap_or_default();
    for policy in attach {
        forbid::attached(policy, scope.guardrails, problems);
    }
    let home = home?;
    for policy in attach {
        own_policy(&policy.value, &policy.span, home, problems);
    }
    let description = given
        .and_then(|role| role.description.get())
        .map(|text| text.to_string());
    let existing = match given.map(|role| role.existing.or(ExistingName::Manage)) {
        None | Some(ExistingName::Manage) => Existing::Manage,
        Some(ExistingName::TrustOnly) => Existing::TrustOnly,
        Some(ExistingName::Reference) => Existing::Reference,
    };
    Some(Role {
        name: match given.and_then(|role| role.name.get()) {
            Some(name) => name.to_string(),
            None => default_name(scope.space, &name.value),
        },
        path: path.map_or("/".to_owned(), |path| path.to_string()),
        permissions_boundary: boundary.map(|boundary| policy_arn(boundary, home, problems)),
        max_session_duration: duration.map_or(3600, |duration| duration.value),
        description: description.unwrap_or_else(|| {
            format!(
                "Made by wip for {}/{}; change its Space file instead",
                scope.space, &*name.value
            )
        }),
        attach: attach
            .iter()
            .map(|policy| policy.value.to_string())
            .collect(),
        policies: match given.map(|role| role.policies.or(PolicyFormName::Inline)) {
            Some(PolicyFormName::Managed) => PolicyForm::Managed,
            _ => PolicyForm::Inline,
        },
        ignore: given
            .and_then(|role| role.ignore.get())
            .map(ignore)
            .unwrap_or_default(),
        existing,
    })
}

/// `<space>-<identity>`; what is longer than a role's name may be is cut and ends in a hash of
/// the whole, so that it is the same in every run and differs from its neighbours.
fn default_name(space: &str, identity: &str) -> String {
    let name = format!("{space}-{identity}");
    if name.len() <= MAX_NAME {
        return name;
    }
    let hash = Sha256::digest(name.as_bytes());
    let hash: String = hash
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{}-{hash}", &name[..MAX_NAME - hash.len() - 1])
}

/// The bounds of IAM, CreateRole: `MaxSessionDuration`.
fn session(duration: Option<&Spanned<u32>>, problems: &mut Problems) {
    if let Some(duration) = duration
        && !(3600..=43_200).contains(&duration.value)
    {
        problems.add(
            Code::OutOfRange,
            &duration.span,
            format!(
                "a session lasts 3600 to 43200 seconds, not {}",
                duration.value
            ),
            "out of range",
            "write seconds: 3600 is an hour",
        );
    }
}

/// A boundary's ARN; a bare name is a policy of the role's account.
fn policy_arn(boundary: &Spanned<Boundary>, home: &Home, problems: &mut Problems) -> String {
    if !boundary.value.starts_with("arn:") {
        let Home { account, partition } = home;
        return format!("arn:{partition}:iam::{account}:policy/{}", &*boundary.value);
    }
    own_policy(&boundary.value, &boundary.span, home, problems);
    boundary.value.to_string()
}

/// A policy can only be used by roles of its own account, or is one of AWS's.
fn own_policy(text: &str, span: &std::ops::Range<usize>, home: &Home, problems: &mut Problems) {
    check_partition(text, span, &home.partition, problems);
    let account = arn(text).account;
    if account != home.account && account != "aws" {
        problems.add(
            Code::WrongPlace,
            span,
            format!(
                "the policy is in account {account}, and the role in {}",
                home.account
            ),
            format!("in account {account}"),
            "a role takes policies of its own account and of AWS",
        );
    }
}

fn ignore(spec: &IgnoreSpec) -> Ignore {
    let policies = spec.policies.get().into_iter().flatten();
    let attachments = spec.attachments.get().into_iter().flatten();
    let arns = |policy: &Spanned<PolicyArn>| policy.value.to_string();
    Ignore {
        policies: policies.map(|policy| policy.value.to_string()).collect(),
        attachments: attachments.map(arns).collect::<BTreeSet<_>>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_and_stays_its_own() {
        let space = "a".repeat(40);
        let one = default_name(&space, &"b".repeat(40));
        let other = default_name(&space, &format!("{}c", "b".repeat(39)));
        assert_eq!(one.len(), MAX_NAME);
        assert_ne!(one, other);
        assert!(
            one.starts_with(&format!("{space}-bbbbbbbbbbbbbb-")),
            "{one}"
        );
        assert_eq!(default_name("prod-eu", "backup"), "prod-eu-backup");
        assert_eq!(default_name(&space, &"b".repeat(23)).len(), MAX_NAME);
    }
}
