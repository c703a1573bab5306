//! The stories of the examples: each Space file as it stands, and a change of it.
//!
//! Owns that every example has one: a new example without a change here fails the tests.

use std::fs;
use std::io;
use std::path::Path;

use wip_sandbox::Seed;

use crate::story::Story;

/// What of an example's Space file changes into what.
type Changes = (&'static str, &'static [(&'static str, &'static str)]);

/// A control plane more.
const ONE_MORE: (&str, &str) = (
    "  controlPlanes:\n",
    "  controlPlanes:\n    - { group: team-b, name: ctp3, hostNamespace: team-b-ctp3 }\n",
);

const CHANGES: &[Changes] = &[
    (
        "aks",
        &[
            ONE_MORE,
            ("team: platform", "team: storage"),
            (
                "container: usage }",
                "container: usage, allow: [read, list] }",
            ),
        ],
    ),
    (
        "aks-application",
        &[
            ONE_MORE,
            ("team: platform", "team: storage"),
            ("displayName: Acme backups", "displayName: Backups of Acme"),
        ],
    ),
    (
        "cross-account-backup",
        &[ONE_MORE, ("prefix: prod-ap/", "prefix: moved/")],
    ),
    (
        "eks-anywhere",
        &[
            ("[sa.pub]", "[sa.pub, next.pub]"),
            ("[read, list]", "[read]"),
        ],
    ),
    (
        "eks-irsa",
        &[
            ONE_MORE,
            ("team: platform", "team: storage"),
            (
                "    sharedSecrets:\n",
                "    reader:\n      component: sharedSecrets\n",
            ),
        ],
    ),
    (
        "eks-irsa-wildcard",
        &[
            (
                "      permissionsBoundary: workload-boundary",
                "      # no boundary",
            ),
            ("maxSessionDuration: 7200", "maxSessionDuration: 3600"),
            ("cost-center: \"4711\"", "unit: \"4711\""),
        ],
    ),
    (
        "eks-pod-identity",
        &[ONE_MORE, ("team: platform", "team: storage")],
    ),
    ("eks-pod-identity-isolated", &[ONE_MORE]),
    (
        "gke-impersonation",
        &[
            ONE_MORE,
            ("team: platform", "team: storage"),
            ("prefix: apps-no/", "prefix: moved/"),
        ],
    ),
    (
        "gke-principal",
        &[
            ONE_MORE,
            ("bucket: acme-billing", "bucket: acme-backups"),
            ("[db, smtp]", "[db]"),
        ],
    ),
    (
        "velero-two-clusters",
        &[
            (
                "    - name: demo-2\n      eks: { account: \"111122223333\", region: us-west-2, cluster: demo-2 }\n",
                "",
            ),
            ("[read, write, list, delete]", "[read, write, list]"),
            (
                "versioning: true, blockPublicAccess: all",
                "versioning: false",
            ),
        ],
    ),
];

/// The stories of all examples below `folder`, sorted.
///
/// # Errors
/// Where an example cannot be read, has no change here, or has none of what changes.
pub fn examples(folder: &Path) -> io::Result<Vec<Story>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().join("space.yaml").exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    names.iter().map(|name| story(folder, name)).collect()
}

fn story(folder: &Path, name: &str) -> io::Result<Story> {
    let text = fs::read_to_string(folder.join(name).join("space.yaml"))?;
    let wrong = |what: String| io::Error::other(format!("examples/{name}: {what}"));
    let replaced = |text: String, (old, new): (&str, &str)| match text.contains(old) {
        true => Ok(text.replace(old, new)),
        false => Err(wrong(format!("`{old}` is not in it"))),
    };
    let destroyable = (
        "\nspec:\n",
        "\nspec:\n  guardrails: { allowDestroy: true }\n",
    );
    let space = replaced(text, destroyable)?;
    // What stays would tell when a run died; a bucket with documents of issuers stays, so it is there from the start.
    let made = match space.contains("publish:") {
        true => ("create: true, ", ""),
        false => ("create: true", "create: true, onDestroy: delete"),
    };
    let space = space.replace(made.0, made.1);
    let (_, changes) = CHANGES
        .iter()
        .find(|(example, _)| *example == name)
        .ok_or_else(|| wrong("no change of it is known".to_owned()))?;
    let changed = changes.iter().copied().try_fold(space.clone(), replaced)?;
    Ok(Story::of(name, Seed::default(), &space, &changed))
}
