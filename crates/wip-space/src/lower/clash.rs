//! Clashes: identities that cannot stand side by side.

use super::identity::Found;
use crate::Code;
use crate::model::{Component, Subject};
use crate::problem::Problems;

/// Reports each pair once, at the later one: the service account they share, the annotation
/// they would both write, and the role name they would both take.
pub(crate) fn check(all: &[Found], problems: &mut Problems) {
    for (index, later) in all.iter().enumerate() {
        for earlier in &all[..index] {
            if !same_annotation(earlier, later, problems) {
                same_subject(earlier, later, problems);
            }
            same_role(earlier, later, problems);
        }
    }
}

fn same_annotation(earlier: &Found, later: &Found, problems: &mut Problems) -> bool {
    let (a, b) = (&earlier.identity, &later.identity);
    if a.component != b.component || a.component == Component::Custom {
        return false;
    }
    let Some(cluster) = a
        .subjects
        .keys()
        .find(|cluster| b.subjects.contains_key(*cluster))
    else {
        return false;
    };
    problems.add_pair(
        Code::SameAnnotation,
        &later.span,
        format!(
            "`{}` and `{}` are both for one component on cluster `{cluster}`, where the chart has one annotation for all control planes",
            a.name, b.name
        ),
        "a second role for it",
        "keep one identity for the component, or narrow them to different `clusters`",
        &earlier.span,
        "the first one",
    );
    true
}

fn same_subject(earlier: &Found, later: &Found, problems: &mut Problems) {
    let (a, b) = (&earlier.identity, &later.identity);
    let shared = a.subjects.iter().find_map(|(cluster, subjects)| {
        let others = b.subjects.get(cluster)?;
        let mut pairs = subjects
            .iter()
            .flat_map(|one| others.iter().map(move |other| (one, other)));
        pairs.find_map(|(one, other)| Some((cluster, common(one, other)?)))
    });
    if let Some((cluster, (namespace, service_account))) = shared {
        problems.add_pair(
            Code::SameSubject,
            &later.span,
            format!(
                "`{}` and `{}` both admit service account `{service_account}` of namespace `{namespace}` on cluster `{cluster}`",
                a.name, b.name
            ),
            "admits it again",
            "narrow one of them by `clusters`, `controlPlanes` or its workloads",
            &earlier.span,
            "admits it already",
        );
    }
}

/// Namespace and service account that both admit.
fn common<'a>(one: &'a Subject, other: &'a Subject) -> Option<(&'a str, &'a str)> {
    let parts = |subject: &'a Subject| match subject {
        Subject::Exact {
            namespace,
            service_account,
        } => (false, namespace.as_str(), service_account.as_str()),
        Subject::Pattern {
            namespace,
            service_account,
        } => (true, namespace.as_str(), service_account.as_str()),
    };
    let ((one_pattern, one, account), (other_pattern, other, other_account)) =
        (parts(one), parts(other));
    let meet = match (one_pattern, other_pattern) {
        (false, false) => (one == other).then_some(one),
        (true, false) => matches(one, other).then_some(other),
        (false, true) => matches(other, one).then_some(one),
        // Each pattern is `*` or `mxp-*-system`: two of them always meet, in the narrower one.
        (true, true) => Some(if one == "*" { other } else { one }),
    };
    Some((meet.filter(|_| account == other_account)?, account))
}

/// Whether a pattern with one `*` matches a name.
fn matches(pattern: &str, name: &str) -> bool {
    pattern.split_once('*').is_some_and(|(start, end)| {
        name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
    })
}

fn same_role(earlier: &Found, later: &Found, problems: &mut Problems) {
    let (a, b) = (&earlier.identity, &later.identity);
    if a.account == b.account && a.role.name.eq_ignore_ascii_case(&b.role.name) {
        problems.add_pair(
            Code::SameRole,
            &later.role_span,
            format!(
                "`{}` and `{}` would both be the role `{}`",
                a.name, b.name, b.role.name
            ),
            "the same role name",
            "give one of them another `role: { name: … }`; case and path make no difference",
            &earlier.role_span,
            "the first one",
        );
    }
}
