//! Clashes: identities that cannot stand side by side.

use std::collections::BTreeSet;

use super::identity::Found;
use crate::Code;
use crate::model::{Component, Subject};
use crate::problem::Problems;

/// Reports, at the later of two identities, the service account that both admit, the annotation
/// that both would write, and the role name that both would take.
pub(crate) fn check(all: &[Found], problems: &mut Problems) {
    for (index, later) in all.iter().enumerate() {
        let earlier = &all[..index];
        annotation(earlier, later, problems);
        subject(earlier, later, problems);
        role(earlier, later, problems);
    }
}

fn annotation(earlier: &[Found], later: &Found, problems: &mut Problems) {
    let clash = |first: &'_ Found| same_annotation(first, later).map(str::to_owned);
    let found = earlier
        .iter()
        .find_map(|first| Some((first, clash(first)?)));
    let Some((first, cluster)) = found else {
        return;
    };
    problems.add_pair(
        Code::SameAnnotation,
        &later.span,
        format!(
            "`{}` and `{}` are both for one component on cluster `{cluster}`, \
             where the chart has one annotation for all control planes",
            first.identity.name, later.identity.name
        ),
        "a second role for it",
        "keep one identity for the component, or narrow them to different `clusters`",
        &first.span,
        "the first one",
    );
}

/// The cluster on which two identities are for one component.
fn same_annotation<'a>(first: &'a Found, later: &Found) -> Option<&'a str> {
    let (first, later) = (&first.identity, &later.identity);
    if first.component != later.component || first.component == Component::Custom {
        return None;
    }
    let mut clusters = first.subjects.keys();
    clusters
        .find(|cluster| later.subjects.contains_key(*cluster))
        .map(String::as_str)
}

fn subject(earlier: &[Found], later: &Found, problems: &mut Problems) {
    // Two identities of one component share all their subjects: that is said above.
    let others = earlier
        .iter()
        .filter(|first| same_annotation(first, later).is_none());
    let found = others
        .filter_map(|first| Some((first, same_subject(first, later)?)))
        .next();
    let Some((first, (cluster, namespace, service_account))) = found else {
        return;
    };
    problems.add_pair(
        Code::SameSubject,
        &later.span,
        format!(
            "`{}` and `{}` both admit service account `{service_account}` of namespace \
             `{namespace}` on cluster `{cluster}`",
            first.identity.name, later.identity.name
        ),
        "admits it again",
        "narrow one of them by `clusters`, `controlPlanes` or its workloads",
        &first.span,
        "admits it already",
    );
}

/// Cluster, namespace and service account that both admit.
fn same_subject<'a>(first: &'a Found, later: &'a Found) -> Option<(&'a str, &'a str, &'a str)> {
    first
        .identity
        .subjects
        .iter()
        .find_map(|(cluster, subjects)| {
            let others = later.identity.subjects.get(cluster)?;
            let (namespace, service_account) = common_of(subjects, others)?;
            Some((cluster.as_str(), namespace, service_account))
        })
}

/// Namespace and service account that both sets admit.
fn common_of<'a>(
    one: &'a BTreeSet<Subject>,
    other: &'a BTreeSet<Subject>,
) -> Option<(&'a str, &'a str)> {
    if let Some(same) = one.intersection(other).next() {
        return common(same, same);
    }
    let patterns = |set: &'a BTreeSet<Subject>| {
        set.iter()
            .filter(|subject| matches!(subject, Subject::Pattern { .. }))
    };
    let forth = patterns(one).find_map(|a| other.iter().find_map(|b| common(a, b)));
    forth.or_else(|| patterns(other).find_map(|a| one.iter().find_map(|b| common(a, b))))
}

/// Namespace and service account that both subjects admit.
fn common<'a>(one: &'a Subject, other: &'a Subject) -> Option<(&'a str, &'a str)> {
    let (one_pattern, one, account) = parts(one);
    let (other_pattern, other, other_account) = parts(other);
    let meet = match (one_pattern, other_pattern) {
        (false, false) => (one == other).then_some(one),
        (true, false) => matches(one, other).then_some(other),
        (false, true) => matches(other, one).then_some(one),
        // Each pattern is `*` or `mxp-*-system`: two of them always meet, in the narrower one.
        (true, true) => Some(if one == "*" { other } else { one }),
    };
    Some((meet.filter(|_| account == other_account)?, account))
}

/// Whether it is a pattern, namespace, service account.
fn parts(subject: &Subject) -> (bool, &str, &str) {
    match subject {
        Subject::Exact {
            namespace,
            service_account,
        } => (false, namespace, service_account),
        Subject::Pattern {
            namespace,
            service_account,
        } => (true, namespace, service_account),
    }
}

/// Whether a pattern with one `*` matches a name.
fn matches(pattern: &str, name: &str) -> bool {
    pattern.split_once('*').is_some_and(|(start, end)| {
        name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
    })
}

fn role(earlier: &[Found], later: &Found, problems: &mut Problems) {
    let same = |first: &&Found| {
        let (first, later) = (&first.identity, &later.identity);
        first.account == later.account && first.role.name.eq_ignore_ascii_case(&later.role.name)
    };
    let Some(first) = earlier.iter().find(same) else {
        return;
    };
    let (a, b) = (&first.identity, &later.identity);
    problems.add_pair(
        Code::SameRole,
        &later.role_span,
        format!(
            "`{}` and `{}` would both be the role `{}`",
            a.name, b.name, b.role.name
        ),
        "the same role name",
        "give one of them another `role: { name: … }`; case and path make no difference",
        &first.role_span,
        "the first one",
    );
}
