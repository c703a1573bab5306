//! Discovery: which cluster it reads, and what it adds to the control planes of the file.

use std::collections::BTreeSet;
use std::ops::Range;

use super::control_plane::Planes;
use super::identity::empty;
use super::place::Clusters;
use crate::Code;
use crate::model::{ControlPlane, Discovered, Discovery};
use crate::problem::Problems;
use crate::raw::{DiscoverySpec, Spec};
use crate::read::Spanned;

pub(crate) fn discovery(
    spec: &Spec,
    clusters: &Clusters,
    problems: &mut Problems,
) -> Option<Spanned<Discovery>> {
    let field = spec.discovery.as_ref()?;
    let given = &field.value;
    if let Some(groups) = given.groups.as_ref()
        && groups.value.is_empty()
    {
        empty(&groups.span, "groups", problems);
    }
    let cluster = cluster_of(given, &field.span, clusters, problems)?;
    let groups = given.groups.get().into_iter().flatten();
    Some(Spanned {
        value: Discovery {
            cluster,
            context: given.context.get().map(|name| name.to_string()),
            groups: groups.map(|group| group.value.to_string()).collect(),
        },
        span: field.span.clone(),
    })
}

fn cluster_of(
    given: &DiscoverySpec,
    span: &Range<usize>,
    clusters: &Clusters,
    problems: &mut Problems,
) -> Option<String> {
    if let Some(name) = given.cluster.as_ref() {
        return clusters
            .refer(&name.value, &name.span, problems)
            .then(|| name.value.to_string());
    }
    if clusters.count() > 1 && !given.flawed {
        problems.add(
            Code::WhichCluster,
            span,
            "which cluster are control planes read from?",
            "no cluster",
            format!("add `cluster: …`, one of {}", clusters.list()),
        );
    }
    clusters.only().map(str::to_owned)
}

/// Adds what was found and the file does not list; without it, names that the file does not know
/// may be those of control planes on the cluster.
pub(crate) fn add(
    planes: &mut Planes,
    discovery: &Spanned<Discovery>,
    found: Option<&BTreeSet<Discovered>>,
    problems: &mut Problems,
) {
    let Some(found) = found else {
        planes.all_named = false;
        return;
    };
    let cluster = &discovery.value.cluster;
    for found in found {
        let Discovered {
            group,
            name,
            host_namespace,
        } = found;
        let full = format!("{group}/{name}");
        let on_cluster = |known: &&Spanned<ControlPlane>| known.value.cluster == *cluster;
        let mut here = planes.known.iter().filter(on_cluster);
        let same = |known: &&Spanned<ControlPlane>| {
            (&known.value.group, &known.value.name) == (group, name)
        };
        if let Some(listed) = here.clone().find(same) {
            if listed.value.host_namespace != *host_namespace {
                let message = format!(
                    "the file has `{full}` in namespace `{}`, and the cluster in `{}`: it was made anew",
                    listed.value.host_namespace.name(),
                    host_namespace.name()
                );
                problems.add_pair(
                    Code::Contradiction,
                    &listed.span,
                    message,
                    "another one by now",
                    "`wip discover --write` writes what the cluster has",
                    &discovery.span,
                    "read here",
                );
            }
            continue;
        }
        if let Some(other) = here.find(|known| known.value.host_namespace == *host_namespace) {
            let message = format!(
                "the file has `{}/{}` in namespace `{}`, which on the cluster is `{full}`'s",
                other.value.group,
                other.value.name,
                host_namespace.name()
            );
            problems.add_pair(
                Code::Contradiction,
                &other.span,
                message,
                "another's namespace",
                "`wip discover` shows what the cluster has",
                &discovery.span,
                "read here",
            );
            continue;
        }
        planes.names.insert((group.clone(), name.clone()));
        planes.known.push(Spanned {
            value: ControlPlane {
                group: group.clone(),
                name: name.clone(),
                host_namespace: host_namespace.clone(),
                cluster: cluster.clone(),
                restore_from: Vec::new(),
            },
            span: discovery.span.clone(),
        });
    }
}
