//! Meaning: from the file as written to a valid Space.
//!
//! Owns defaults, references and every rule that is about more than one value.
//! What one value looks like is `raw`'s. Each function says what is wrong and goes on.

mod access;
mod bucket;
mod clash;
mod container;
mod control_plane;
mod discovery;
mod entra;
mod entra_access;
mod forbid;
mod gcs;
mod google;
mod identity;
mod method;
mod place;
mod reach;
mod restore;
mod role;
mod select;
mod self_hosted;
mod storage;
mod subjects;

use std::collections::BTreeMap;

use crate::model::{Guardrails, Space};
use crate::problem::Problems;
use crate::raw::{ApiVersion, GuardrailsSpec, Kind, Metadata, MovedSpec, SpaceFile};
use crate::read::Spanned;
use crate::words::shown;
use crate::{Beside, Code};
use identity::Meant;

/// What the default of `guardrails.forbid` is.
const FORBID: [&str; 7] = [
    "*",
    "iam:*",
    "kms:PutKeyPolicy",
    "Owner",
    "Contributor",
    "roles/owner",
    "roles/editor",
];
/// What IAM takes on a role, less what wip itself writes.
const MAX_LABELS: usize = 40;

/// The Space that the file means. `None`, and also a Space beside problems, is not to be used.
pub(crate) fn lower(file: &SpaceFile, beside: &Beside, problems: &mut Problems) -> Option<Space> {
    let metadata = file.metadata.get();
    let name = metadata
        .and_then(|metadata| metadata.name.get())
        .map(|name| name.to_string());
    let labels = metadata
        .map(|metadata| labels(metadata, problems))
        .unwrap_or_default();
    let spec = file.spec.get()?;

    let guardrails = guardrails(spec.guardrails.get(), problems);
    let accounts = spec
        .aws
        .get()
        .map(|aws| place::accounts(aws, problems))
        .unwrap_or_default();
    let storage = storage::storage(spec, problems);
    let clusters = place::clusters(spec, (&storage, &beside.keys), problems);
    let discovery = discovery::discovery(spec, &clusters, problems);
    let mut planes = control_plane::control_planes(spec, &clusters, problems);
    if let Some(discovery) = &discovery {
        let found = beside.discovered.as_ref();
        discovery::add(&mut planes, discovery, found, problems);
    }
    let scope = identity::Scope {
        space: name.as_deref().unwrap_or_default(),
        clusters: &clusters,
        planes: &planes,
        storage: &storage,
        guardrails: &guardrails,
        role: spec.aws.get().and_then(|aws| aws.role.get()),
        subscriptions: &place::subscriptions(spec),
    };
    let identities = identity::identities(spec, &scope, problems);
    clash::check(&identities, problems);
    let known = identities.iter().filter_map(|found| match &found.identity {
        Meant::Aws(identity) => Some(identity.as_ref()),
        Meant::Entra(_) | Meant::Google(_) => None,
    });
    if spec
        .identities
        .get()
        .is_some_and(|all| all.0.len() == identities.len())
    {
        let clusters = clusters.known.iter().map(|cluster| &cluster.value);
        bucket::check(&storage, clusters, known, problems);
    }
    let moved = moved(spec.moved.get(), name.as_deref(), problems);

    let (mut aws, mut entra, mut google) = (Vec::new(), Vec::new(), Vec::new());
    for found in identities {
        match found.identity {
            Meant::Aws(identity) => aws.push(*identity),
            Meant::Entra(identity) => entra.push(*identity),
            Meant::Google(identity) => google.push(*identity),
        }
    }
    aws.sort_by(|a, b| a.name.cmp(&b.name));
    entra.sort_by(|a, b| a.name.cmp(&b.name));
    google.sort_by(|a, b| a.name.cmp(&b.name));
    if !entra.is_empty() {
        metadata.inspect(|metadata| azure_labels(metadata, problems));
    }
    if storage.gcs.iter().any(|listed| listed.value.create) {
        metadata.inspect(|metadata| google_labels(metadata, problems));
    }
    // One version so far: the place where a second one is told apart.
    let (ApiVersion::V1Alpha1, Kind::Space) = (*file.api_version.get()?, *file.kind.get()?);
    Some(Space {
        name: name?,
        labels,
        aws: accounts,
        clusters: clusters
            .known
            .into_iter()
            .map(|cluster| cluster.value)
            .collect(),
        control_planes: planes.known.into_iter().map(|plane| plane.value).collect(),
        discovery: discovery.map(|discovery| discovery.value),
        buckets: storage
            .buckets
            .into_iter()
            .map(|bucket| bucket.value)
            .collect(),
        containers: storage
            .containers
            .into_iter()
            .map(|container| container.value)
            .collect(),
        gcs_buckets: storage.gcs.into_iter().map(|bucket| bucket.value).collect(),
        kms_keys: storage.keys.into_iter().map(|key| key.value).collect(),
        identities: aws,
        entra,
        google,
        guardrails,
        moved,
    })
}

fn labels(metadata: &Metadata, problems: &mut Problems) -> BTreeMap<String, String> {
    let Some(labels) = metadata.labels.as_ref() else {
        return BTreeMap::new();
    };
    let entries = &labels.value.0;
    if entries.len() > MAX_LABELS {
        problems.add(
            Code::BadLabel,
            &labels.span,
            format!(
                "there are {} labels, and at most {MAX_LABELS} fit",
                entries.len()
            ),
            "too many",
            "a role has at most 50 tags, and wip writes some itself: remove some",
        );
    }
    let mut seen: BTreeMap<String, &Spanned<_>> = BTreeMap::new();
    for (key, _) in entries {
        if let Some(first) = seen.insert(key.value.to_lowercase(), key)
            && *first.value != *key.value
        {
            problems.add_pair(
                Code::BadLabel,
                &key.span,
                format!(
                    "the labels `{}` and `{}` differ only by case",
                    &*first.value, &*key.value
                ),
                "the same key for IAM",
                "keep one of the two",
                &first.span,
                "first given here",
            );
        }
    }
    entries
        .iter()
        .map(|(key, value)| (key.value.to_string(), value.value.to_string()))
        .collect()
}

/// Names of tags on Azure have no `/` (Azure docs, "Use tags to organize your Azure resources").
fn azure_labels(metadata: &Metadata, problems: &mut Problems) {
    let labels = metadata.labels.get().into_iter();
    for (key, _) in labels.flat_map(|labels| &labels.0) {
        if key.value.contains('/') {
            problems.add(
                Code::BadLabel,
                &key.span,
                format!(
                    "the label `{}` holds a `/`, which no tag of Azure may",
                    &*key.value
                ),
                "not for a tag of Azure",
                "use letters, digits, spaces and `_ . : = + - @`",
            );
        }
    }
}

/// Labels of Cloud Storage: keys and values of at most 63 lower-case letters, digits, `_` and `-`; a key begins with a letter
/// (Cloud Storage docs, "Bucket labels").
fn google_labels(metadata: &Metadata, problems: &mut Problems) {
    let fits = |text: &str| {
        text.len() <= 63
            && text.bytes().all(|it| {
                it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'_' | b'-')
            })
    };
    let labels = metadata.labels.get().into_iter();
    for (key, value) in labels.flat_map(|labels| &labels.0) {
        let is_key = fits(&key.value) && key.value.starts_with(|c: char| c.is_ascii_lowercase());
        if !is_key || !fits(&value.value) {
            problems.add(
                Code::BadLabel,
                &key.span,
                format!("the label `{}` is none for a bucket of Cloud Storage", &*key.value),
                "not a label of Google Cloud",
                "use at most 63 lower-case letters, digits, `_` and `-` in key and value, with a letter first in the key",
            );
        }
    }
}

fn guardrails(spec: Option<&GuardrailsSpec>, problems: &mut Problems) -> Guardrails {
    let forbid = spec.and_then(|spec| spec.forbid.as_ref());
    let quota = spec.and_then(|spec| spec.trust_policy_quota.as_ref());
    if let Some(quota) = quota
        && !(1..=65_536).contains(&quota.value)
    {
        problems.add(
            Code::OutOfRange,
            &quota.span,
            format!("{} is no trust policy quota", quota.value),
            "out of range",
            "the quota is in characters: 2048 by default; remove the line to have it read from Service Quotas",
        );
    }
    Guardrails {
        allow_any_namespace: spec.is_some_and(|spec| spec.allow_any_namespace.or(false)),
        max_revokes: spec.map_or(1, |spec| spec.max_revokes.or(1)),
        allow_destroy: spec.is_some_and(|spec| spec.allow_destroy.or(false)),
        trust_policy_quota: quota.map(|quota| quota.value),
        forbid: match forbid {
            Some(forbid) => forbid
                .value
                .iter()
                .map(|entry| entry.value.to_string())
                .collect(),
            None => FORBID.iter().map(|entry| (*entry).to_owned()).collect(),
        },
    }
}

fn moved(
    moved: Option<&Vec<Spanned<MovedSpec>>>,
    space: Option<&str>,
    problems: &mut Problems,
) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for item in moved.into_iter().flatten() {
        let (Some(from), Some(to)) = (item.value.from.as_ref(), item.value.to.as_ref()) else {
            continue;
        };
        let mut bad = |span, message: String, label: &str, help: &str| {
            problems.add(Code::BadAddress, span, message, label, help);
        };
        let kind = |address: &str| address.split(':').next().map(str::to_owned);
        let to_space = to
            .value
            .split(':')
            .nth(1)
            .and_then(|name| name.split('/').next());
        if kind(&from.value) != kind(&to.value) {
            let message = "a move cannot change the kind of a resource".to_owned();
            bad(
                &to.span,
                message,
                "another kind",
                "keep what stands before the colon",
            );
        } else if space.is_some() && to_space != space {
            let message = format!("`{}` is not in this Space", shown(&to.value));
            bad(
                &to.span,
                message,
                "another Space",
                "a move ends in the Space of the file",
            );
        } else if *from.value == *to.value {
            bad(
                &to.span,
                "a move to the same address".to_owned(),
                "the same",
                "remove it",
            );
        } else if all.iter().any(|(known, _)| *known == *from.value) {
            let message = format!("`{}` is moved twice", shown(&from.value));
            bad(&from.span, message, "moved again", "keep one of the two");
        } else if all.iter().any(|(_, known)| *known == *to.value) {
            let message = format!("two addresses are moved to `{}`", shown(&to.value));
            bad(&to.span, message, "already taken", "keep one of the two");
        }
        all.push((from.value.to_string(), to.value.to_string()));
    }
    all
}
