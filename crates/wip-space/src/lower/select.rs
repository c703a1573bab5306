//! Which control planes an identity is for.

use std::collections::BTreeSet;

use super::control_plane::{Planes, unknown};
use super::identity::{Scope, empty};
use crate::Code;
use crate::model::{Cluster, ControlPlane};
use crate::problem::Problems;
use crate::raw::{IdentitySpec, Selector};
use crate::words::nearest;

/// The control planes that an identity is for: those on its clusters that it selects.
pub(crate) fn planes<'a>(
    spec: &IdentitySpec,
    clusters: &[&Cluster],
    scope: &Scope<'a>,
    problems: &mut Problems,
) -> Vec<&'a ControlPlane> {
    let on_clusters = scope.planes.known.iter().map(|plane| &plane.value);
    let on_clusters =
        on_clusters.filter(|plane| clusters.iter().any(|cluster| cluster.name == plane.cluster));
    let Some(field) = spec.control_planes.as_ref() else {
        return on_clusters.collect();
    };
    let selector = &field.value;
    let before = problems.count();
    if selector.groups.is_none() && selector.names.is_none() && !selector.flawed {
        empty(&field.span, "controlPlanes", problems);
    }
    check_selector(selector, scope.planes, problems);
    let chosen: Vec<&ControlPlane> = on_clusters
        .filter(|plane| selects(selector, plane))
        .collect();
    let sure = !selector.flawed && scope.planes.all_named && scope.clusters.complete();
    let all_valid = scope.planes.known.len() == scope.planes.names.len();
    if chosen.is_empty() && sure && all_valid && problems.count() == before {
        problems.add(
            Code::UnknownControlPlane,
            &field.span,
            "no control plane matches all of this",
            "selects nothing",
            "groups and names must both match, on one of the identity's clusters",
        );
    }
    chosen
}

fn check_selector(selector: &Selector, planes: &Planes, problems: &mut Problems) {
    let groups: BTreeSet<&str> = planes
        .names
        .iter()
        .map(|(group, _)| group.as_str())
        .collect();
    if let Some(given) = selector.groups.as_ref() {
        if given.value.is_empty() {
            empty(&given.span, "groups", problems);
        }
        for group in &given.value {
            if planes.all_named && !groups.contains(&*group.value) {
                let known: Vec<&str> = groups.iter().copied().collect();
                let help = match nearest(&group.value, groups.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => "the file has no control planes".to_owned(),
                    None => format!("known groups: {}", known.join(", ")),
                };
                let message = format!("no control plane is in group `{}`", &*group.value);
                problems.add(
                    Code::UnknownControlPlane,
                    &group.span,
                    message,
                    "unknown group",
                    help,
                );
            }
        }
    }
    if let Some(given) = selector.names.as_ref() {
        if given.value.is_empty() {
            empty(&given.span, "names", problems);
        }
        for name in &given.value {
            let known = planes
                .names
                .iter()
                .any(|(group, own)| named(&name.value, group, own));
            if planes.all_named && !known {
                unknown(&name.value, &planes.full_names(), &name.span, problems);
            }
        }
    }
}

/// Whether `NAME` or `GROUP/NAME` means this control plane.
fn named(selected: &str, group: &str, name: &str) -> bool {
    match selected.split_once('/') {
        Some((in_group, of_name)) => in_group == group && of_name == name,
        None => selected == name,
    }
}

fn selects(selector: &Selector, plane: &ControlPlane) -> bool {
    let group = selector
        .groups
        .get()
        .is_none_or(|groups| groups.iter().any(|group| *group.value == *plane.group));
    let name = selector.names.get().is_none_or(|names| {
        names
            .iter()
            .any(|name| named(&name.value, &plane.group, &plane.name))
    });
    group && name
}
