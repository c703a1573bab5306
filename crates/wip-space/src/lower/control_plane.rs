//! Control planes: where each runs, and what it restores from.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::place::{Clusters, duplicate, exactly_one};
use crate::Code;
use crate::model::{ControlPlane, HostNamespace, RestoreSource};
use crate::problem::Problems;
use crate::raw::{ControlPlaneSpec, RestoreSpec, Spec};
use crate::read::Spanned;
use crate::words::{nearest, shown};

/// The control planes that are valid, and the names of all.
pub(crate) struct Planes {
    pub(crate) known: Vec<Spanned<ControlPlane>>,
    /// Group and name, also of those that are wrong elsewhere.
    pub(crate) names: BTreeSet<(String, String)>,
    /// Whether every control plane's group and name could be read.
    pub(crate) all_named: bool,
}

pub(crate) fn control_planes(spec: &Spec, clusters: &Clusters, problems: &mut Problems) -> Planes {
    let items = spec.control_planes.get();
    let mut planes = Planes {
        known: Vec::new(),
        names: BTreeSet::new(),
        // A list that could not be read has no names to check against.
        all_named: items.is_some() || !spec.flawed,
    };
    for item in items.into_iter().flatten() {
        match (item.value.group.get(), item.value.name.get()) {
            (Some(group), Some(name)) => {
                planes.names.insert((group.to_string(), name.to_string()));
            }
            _ => planes.all_named = false,
        }
    }
    let mut places: BTreeMap<(String, String), Range<usize>> = BTreeMap::new();
    let mut namespaces: BTreeMap<(String, String), Range<usize>> = BTreeMap::new();
    for item in items.into_iter().flatten() {
        let host = host_namespace(item, problems);
        let cluster = cluster_of(item, clusters, problems);
        let restore_from = restore_from(&item.value, &planes, problems);
        let (Some(group), Some(name)) = (item.value.group.get(), item.value.name.as_ref()) else {
            continue;
        };
        let Some(cluster) = cluster else { continue };
        let full = format!("{}/{}", &**group, &*name.value);
        if let Some(first) = places.insert((cluster.clone(), full.clone()), name.span.clone()) {
            duplicate(
                &name.span,
                Some(&first),
                &format!("the control plane `{full}`"),
                problems,
            );
            continue;
        }
        let Some(host) = host else { continue };
        let key = (cluster.clone(), host.value.name());
        if let Some(first) = namespaces.insert(key, host.span.clone()) {
            let what = format!("the host namespace `{}`", host.value.name());
            duplicate(&host.span, Some(&first), &what, problems);
        }
        let plane = ControlPlane {
            group: group.to_string(),
            name: name.value.to_string(),
            host_namespace: host.value,
            cluster,
            restore_from,
        };
        planes.known.push(Spanned {
            value: plane,
            span: name.span.clone(),
        });
    }
    planes
}

fn host_namespace(
    item: &Spanned<ControlPlaneSpec>,
    problems: &mut Problems,
) -> Option<Spanned<HostNamespace>> {
    match (item.value.id.as_ref(), item.value.host_namespace.as_ref()) {
        (Some(id), None) => Some(Spanned {
            value: HostNamespace::OfId(id.value.to_string()),
            span: id.span.clone(),
        }),
        (None, Some(name)) => {
            let value = HostNamespace::Named(name.value.to_string());
            Some(Spanned {
                value,
                span: name.span.clone(),
            })
        }
        (Some(_), Some(name)) => {
            exactly_one(&name.span, "`id` and `hostNamespace`", true, problems);
            None
        }
        (None, None) => {
            if !item.value.flawed {
                exactly_one(&item.span, "`id` and `hostNamespace`", false, problems);
            }
            None
        }
    }
}

fn cluster_of(
    item: &Spanned<ControlPlaneSpec>,
    clusters: &Clusters,
    problems: &mut Problems,
) -> Option<String> {
    if let Some(name) = item.value.cluster.as_ref() {
        return clusters
            .refer(&name.value, &name.span, problems)
            .then(|| name.value.to_string());
    }
    if clusters.count() > 1 && !item.value.flawed {
        problems.add(
            Code::WhichCluster,
            &item.span,
            "which cluster does this control plane run on?",
            "no cluster",
            format!("add `cluster: …`, one of {}", clusters.list()),
        );
    }
    clusters.only().map(str::to_owned)
}

fn restore_from(
    spec: &ControlPlaneSpec,
    planes: &Planes,
    problems: &mut Problems,
) -> Vec<RestoreSource> {
    let mut sources = Vec::new();
    for source in spec.restore_from.get().into_iter().flatten() {
        match &source.value {
            RestoreSpec::ControlPlane(reference) => {
                let (group, name) = reference.split_once('/').unwrap_or_default();
                planes.refer(group, name, &source.span, problems);
                sources.push(RestoreSource::ControlPlane(
                    group.to_owned(),
                    name.to_owned(),
                ));
            }
            RestoreSpec::S3(place) => {
                let place = place.s3.get().and_then(super::storage::restore_location);
                sources.extend(place.map(RestoreSource::S3));
            }
        }
    }
    sources
}

impl Planes {
    /// Checks a reference to one control plane.
    fn refer(&self, group: &str, name: &str, span: &Range<usize>, problems: &mut Problems) {
        if self.all_named && !self.names.contains(&(group.to_owned(), name.to_owned())) {
            let full = format!("{group}/{name}");
            unknown(&full, &self.full_names(), span, problems);
        }
    }

    pub(crate) fn full_names(&self) -> Vec<String> {
        self.names
            .iter()
            .map(|(group, name)| format!("{group}/{name}"))
            .collect()
    }
}

/// Reports a control plane that is not in the file.
pub(crate) fn unknown(name: &str, known: &[String], span: &Range<usize>, problems: &mut Problems) {
    let help = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "the file has no control planes".to_owned(),
        None => format!("known control planes: {}", known.join(", ")),
    };
    let message = format!(
        "there is no control plane `{}` under `spec.controlPlanes`",
        shown(name)
    );
    problems.add(
        Code::UnknownControlPlane,
        span,
        message,
        "unknown control plane",
        help,
    );
}
