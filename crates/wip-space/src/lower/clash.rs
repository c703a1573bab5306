//! Clashes: identities that cannot stand side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::identity::{Found, Meant};
use crate::Code;
use crate::model::{Component, EntraPrincipal, GooglePrincipal, Subject};
use crate::problem::Problems;

/// Reports, at the later of two identities, the service account that both admit, the annotation
/// that both would write, and the role name that both would take.
pub(crate) fn check(all: &[Found], problems: &mut Problems) {
    let mut earlier = Earlier::default();
    for later in all {
        annotation(&earlier, later, problems);
        subject(&earlier, later, problems);
        role(&earlier, later, problems);
        earlier.add(later);
    }
}

/// The identities before one, by what they can clash over: to compare each with each takes too
/// long where there are thousands.
#[derive(Default)]
struct Earlier<'a> {
    all: Vec<&'a Found>,
    /// The first for a component and an annotation on a cluster.
    components: BTreeMap<(Component, &'static str, &'a str), usize>,
    /// Who admits a subject of a cluster.
    subjects: BTreeMap<(&'a str, &'a Subject), Vec<usize>>,
    /// Who admits anything, and who a pattern, of a service account's name on a cluster.
    accounts: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    patterns: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// The first role of a name, in lower case, in an account; the first managed identity or application by its id.
    roles: BTreeMap<(&'a str, String), usize>,
}

impl<'a> Earlier<'a> {
    fn add(&mut self, found: &'a Found) {
        let (at, identity) = (self.all.len(), &found.identity);
        for (cluster, subject) in subjects(identity) {
            let (is_pattern, _, account) = parts(subject);
            let (subject, account) = ((cluster, subject), (cluster, account));
            self.subjects.entry(subject).or_default().push(at);
            self.accounts.entry(account).or_default().push(at);
            if is_pattern {
                self.patterns.entry(account).or_default().push(at);
            }
        }
        if let Some(annotation) = identity.annotated() {
            for cluster in identity.subjects().keys() {
                let component = (identity.component(), annotation, cluster.as_str());
                self.components.entry(component).or_insert(at);
            }
        }
        self.roles.entry(role_of(identity)).or_insert(at);
        self.all.push(found);
    }

    /// Those that may admit what `later` admits, in the order of the file.
    fn alike(&self, later: &Found) -> impl Iterator<Item = &'a Found> {
        let mut alike = BTreeSet::new();
        for (cluster, subject) in subjects(&later.identity) {
            let (is_pattern, _, account) = parts(subject);
            let meeting = match is_pattern {
                true => &self.accounts,
                false => &self.patterns,
            };
            let same = self.subjects.get(&(cluster, subject));
            let meeting = meeting.get(&(cluster, account));
            alike.extend(same.into_iter().chain(meeting).flatten());
        }
        alike.into_iter().map(|at: usize| self.all[at])
    }
}

/// Whom an identity admits, each with the place where others of its name are the same.
fn subjects(identity: &Meant) -> impl Iterator<Item = (&str, &Subject)> {
    let clusters = identity.subjects().iter();
    clusters.flat_map(|(cluster, subjects)| {
        let place = identity.place(cluster);
        subjects.iter().map(move |subject| (place, subject))
    })
}

/// Account and name of an identity's role, subscription and id of its managed identity; case makes no difference in names.
fn role_of(identity: &Meant) -> (&str, String) {
    match identity {
        Meant::Aws(identity) => (&identity.account, identity.role.name.to_ascii_lowercase()),
        Meant::Entra(identity) => ("", identity.principal.id().to_ascii_lowercase()),
        Meant::Google(identity) => match &identity.principal {
            GooglePrincipal::ServiceAccount(account) => ("", account.email()),
            // There is nothing of which two could be one.
            GooglePrincipal::Direct => ("/", identity.name.clone()),
        },
    }
}

fn annotation(earlier: &Earlier<'_>, later: &Found, problems: &mut Problems) {
    let component = later.identity.component();
    let Some(annotation) = later.identity.annotated() else {
        return;
    };
    let clusters = later.identity.subjects().keys();
    let firsts = clusters.filter_map(|cluster| {
        let key = (component, annotation, cluster.as_str());
        earlier.components.get(&key)
    });
    let Some(first) = firsts.min().map(|at| earlier.all[*at]) else {
        return;
    };
    let Some(cluster) = same_annotation(first, later) else {
        return;
    };
    problems.add_pair(
        Code::SameAnnotation,
        &later.span,
        format!(
            "`{}` and `{}` are both for one component on cluster `{cluster}`, \
             where the chart has one annotation for all control planes",
            first.identity.name(),
            later.identity.name()
        ),
        format!("a second {annotation} for it"),
        "keep one identity for the component, or narrow them to different `clusters`",
        &first.span,
        "the first one",
    );
}

/// The cluster on which two identities are annotated for one component.
fn same_annotation<'a>(first: &'a Found, later: &Found) -> Option<&'a str> {
    let (first, later) = (&first.identity, &later.identity);
    if first.annotated().is_none() || first.annotated() != later.annotated() {
        return None;
    }
    if first.component() != later.component() || first.component() == Component::Custom {
        return None;
    }
    let mut clusters = first.subjects().keys();
    clusters
        .find(|cluster| later.subjects().contains_key(*cluster))
        .map(String::as_str)
}

fn subject(earlier: &Earlier<'_>, later: &Found, problems: &mut Problems) {
    // Two identities of one component share all their subjects: that is said above.
    let mut others = earlier
        .alike(later)
        .filter(|first| same_annotation(first, later).is_none());
    let found = others.find_map(|first| Some((first, same_subject(first, later)?)));
    let Some((first, (place, namespace, service_account))) = found else {
        return;
    };
    problems.add_pair(
        Code::SameSubject,
        &later.span,
        format!(
            "`{}` and `{}` both admit service account `{service_account}` of namespace \
             `{namespace}` {place}",
            first.identity.name(),
            later.identity.name()
        ),
        "admits it again",
        "narrow one of them by `clusters`, `controlPlanes` or its workloads",
        &first.span,
        "admits it already",
    );
}

/// Where, namespace and service account that both admit.
fn same_subject<'a>(first: &'a Found, later: &'a Found) -> Option<(String, &'a str, &'a str)> {
    first
        .identity
        .subjects()
        .iter()
        .find_map(|(cluster, subjects)| {
            let place = first.identity.place(cluster);
            let mut all = later.identity.subjects().iter();
            all.find_map(|(other, others)| {
                let is_same = later.identity.place(other) == place;
                let (namespace, service_account) =
                    common_of(subjects, others).filter(|_| is_same)?;
                let place = match cluster == other {
                    true => format!("on cluster `{cluster}`"),
                    false => format!(
                        "in project `{place}`, whose clusters `{cluster}` and `{other}` share one pool of identities"
                    ),
                };
                Some((place, namespace, service_account))
            })
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

fn role(earlier: &Earlier<'_>, later: &Found, problems: &mut Problems) {
    let Some(first) = earlier.roles.get(&role_of(&later.identity)) else {
        return;
    };
    let first = earlier.all[*first];
    let (a, b) = (&first.identity, &later.identity);
    let (names, help) = match b {
        Meant::Aws(identity) => (
            ["role", "role name", &identity.role.name],
            "give one of them another `role: { name: … }`; case and path make no difference",
        ),
        Meant::Entra(identity) => match &identity.principal {
            EntraPrincipal::Managed(managed) => (
                ["managed identity", "identity", &managed.name],
                "give one of them another `identity: { name: … }`: identities are never shared, because each has room for 20 credentials",
            ),
            EntraPrincipal::Application(application) => (
                ["application", "application", &application.unique_name],
                "give one of them another `application: { uniqueName: … }`: applications are never shared, because each has room for 20 credentials",
            ),
        },
        Meant::Google(identity) => match &identity.principal {
            GooglePrincipal::ServiceAccount(account) => (
                ["service account", "service account", &account.id],
                "give one of them another `serviceAccount: { id: … }`: what one may reach, the other may as well",
            ),
            GooglePrincipal::Direct => return,
        },
    };
    let [what, same, name] = names.map(|text: &str| text.to_owned());
    problems.add_pair(
        Code::SameRole,
        &later.role_span,
        format!(
            "`{}` and `{}` would both be the {what} `{name}`",
            a.name(),
            b.name()
        ),
        format!("the same {same}"),
        help,
        &first.role_span,
        "the first one",
    );
}
