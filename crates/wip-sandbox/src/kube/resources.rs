//! Which resources the API servers have, and how they say so.
//!
//! Sources: "Kubernetes API Concepts" (discovery); the CRDs of Spaces 1.17 for its resources.

use serde_json::{Value, json};

use super::call::Refusal;

/// One resource.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) group: &'static str,
    /// The versions that are served; what is asked by one is answered in it.
    versions: &'static [&'static str],
    pub(crate) plural: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) namespaced: bool,
}

const SPACES: &str = "spaces.upbound.io";

/// All there are.
pub(crate) const ALL: &[Resource] = &[
    core("namespaces", "Namespace", false),
    core("serviceaccounts", "ServiceAccount", true),
    core("pods", "Pod", true),
    core("configmaps", "ConfigMap", true),
    core("secrets", "Secret", true),
    apps("deployments", "Deployment"),
    apps("statefulsets", "StatefulSet"),
    custom(SPACES, &["v1beta1"], "controlplanes", "ControlPlane", true),
    custom(
        SPACES,
        &["v1alpha1", "v1beta1"],
        "sharedbackupconfigs",
        "SharedBackupConfig",
        true,
    ),
    custom(
        SPACES,
        &["v1alpha1"],
        "sharedsecretstores",
        "SharedSecretStore",
        true,
    ),
    custom(
        "admin.spaces.upbound.io",
        &["v1alpha1"],
        "spacebackupconfigs",
        "SpaceBackupConfig",
        false,
    ),
];

const fn core(plural: &'static str, kind: &'static str, namespaced: bool) -> Resource {
    custom("", &["v1"], plural, kind, namespaced)
}

const fn apps(plural: &'static str, kind: &'static str) -> Resource {
    custom("apps", &["v1"], plural, kind, true)
}

const fn custom(
    group: &'static str,
    versions: &'static [&'static str],
    plural: &'static str,
    kind: &'static str,
    namespaced: bool,
) -> Resource {
    Resource {
        group,
        versions,
        plural,
        kind,
        namespaced,
    }
}

impl Resource {
    pub(crate) fn versions(&self) -> &'static [&'static str] {
        self.versions
    }

    /// `controlplanes.spaces.upbound.io`, or `pods`.
    pub(crate) fn full(&self) -> String {
        match self.group {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// `ControlPlane.spaces.upbound.io`, or `Pod`.
    pub(crate) fn full_kind(&self) -> String {
        match self.group {
            "" => self.kind.to_owned(),
            group => format!("{}.{group}", self.kind),
        }
    }

    /// `spaces.upbound.io/v1beta1`, or `v1`.
    pub(crate) fn api_version(&self, version: &str) -> String {
        match self.group {
            "" => version.to_owned(),
            group => format!("{group}/{version}"),
        }
    }
}

/// The resource of a group and version by its plural.
pub(crate) fn find(group: &str, version: &str, plural: &str) -> Option<&'static Resource> {
    ALL.iter()
        .find(|it| it.group == group && it.versions.contains(&version) && it.plural == plural)
}

/// The resource by its plural alone; panics where there is none, so only for those that are written here.
pub(crate) fn known(plural: &str) -> &'static Resource {
    ALL.iter()
        .find(|it| it.plural == plural)
        .expect("a resource of the table")
}

/// `/version`.
pub(crate) fn version() -> Value {
    json!({
        "major": "1",
        "minor": "33",
        "gitVersion": "v1.33.0",
        "gitTreeState": "clean",
        "platform": "linux/amd64",
    })
}

/// `/api`, `/apis` and what lies below them.
pub(crate) fn document(path: &str) -> Result<Value, Refusal> {
    let segments: Vec<&str> = path.split('/').collect();
    match &segments[..] {
        ["api"] => Ok(json!({ "kind": "APIVersions", "versions": ["v1"] })),
        ["apis"] => {
            let mut groups: Vec<&str> = ALL.iter().map(|it| it.group).collect();
            groups.sort_unstable();
            groups.dedup();
            let groups = groups.into_iter().filter(|group| !group.is_empty());
            let groups: Vec<Value> = groups.map(group).collect();
            Ok(json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups }))
        }
        ["apis", name] => match ALL.iter().any(|it| it.group == *name) {
            true => Ok(group(name)),
            false => Err(Refusal::no_route()),
        },
        ["api", version] => list("", version),
        ["apis", group, version] => list(group, version),
        _ => Err(Refusal::no_route()),
    }
}

fn group(name: &str) -> Value {
    let all = ALL.iter().filter(|it| it.group == name);
    let mut versions: Vec<&str> = all.flat_map(|it| it.versions).copied().collect();
    // The most stable first.
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.dedup();
    let entry =
        |version: &&str| json!({ "groupVersion": format!("{name}/{version}"), "version": version });
    let versions: Vec<Value> = versions.iter().map(entry).collect();
    json!({
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": name,
        "versions": versions,
        "preferredVersion": versions[0],
    })
}

fn list(group: &str, version: &str) -> Result<Value, Refusal> {
    let of_version = ALL
        .iter()
        .filter(|it| it.group == group && it.versions.contains(&version));
    let mut resources: Vec<Value> = of_version
        .map(|it| {
            json!({
                "name": it.plural,
                "singularName": it.kind.to_lowercase(),
                "namespaced": it.namespaced,
                "kind": it.kind,
                "verbs": ["create", "delete", "get", "list", "patch", "update"],
            })
        })
        .collect();
    if resources.is_empty() {
        return Err(Refusal::no_route());
    }
    if group.is_empty() {
        resources.push(json!({
            "name": "serviceaccounts/token",
            "singularName": "",
            "namespaced": true,
            "group": "authentication.k8s.io",
            "version": "v1",
            "kind": "TokenRequest",
            "verbs": ["create"],
        }));
    }
    let version = match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    };
    Ok(json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": version,
        "resources": resources,
    }))
}
