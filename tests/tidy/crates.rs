//! Which crate may know which, and what each has to bring along.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::binary::cargo;
use crate::tree::{file, files, none, top_level};

/// A crate; the crates of ours that it may depend on; those that its tests may besides.
type Arrows = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// The table of `docs/architecture.md`.
const ARROWS: &[Arrows] = &[
    (
        "wip",
        &[
            "wip-aws",
            "wip-azure",
            "wip-engine",
            "wip-gcp",
            "wip-kube",
            "wip-plan",
            "wip-provider",
            "wip-remote",
            "wip-sandbox",
            "wip-space",
            "wip-state",
        ],
        &[],
    ),
    (
        "wip-aws",
        &["wip-plan", "wip-policy", "wip-provider", "wip-space"],
        &["wip-conformance", "wip-engine", "wip-sandbox", "wip-state"],
    ),
    (
        "wip-azure",
        &["wip-plan", "wip-provider", "wip-rest", "wip-space"],
        &["wip-conformance", "wip-engine", "wip-sandbox", "wip-state"],
    ),
    (
        "wip-conformance",
        &["wip-plan", "wip-provider", "wip-sandbox", "wip-space"],
        &[],
    ),
    (
        "wip-engine",
        &["wip-plan", "wip-provider", "wip-space", "wip-state"],
        &[],
    ),
    // The whole command line against the sandbox, in one process.
    ("wip-faults", &["wip", "wip-provider", "wip-sandbox"], &[]),
    (
        "wip-gcp",
        &["wip-plan", "wip-provider", "wip-rest", "wip-space"],
        &["wip-conformance", "wip-engine", "wip-sandbox", "wip-state"],
    ),
    (
        "wip-kube",
        &["wip-provider", "wip-space"],
        &["wip-conformance", "wip-sandbox"],
    ),
    ("wip-plan", &[], &[]),
    ("wip-policy", &[], &[]),
    ("wip-provider", &["wip-plan", "wip-space"], &[]),
    ("wip-remote", &["wip-plan", "wip-state"], &[]),
    ("wip-rest", &["wip-provider"], &[]),
    // Its refusals are its own: what it shared with the clients, it could not test. It only evaluates with wip-policy.
    ("wip-sandbox", &["wip-policy"], &[]),
    ("wip-space", &[], &[]),
    ("wip-state", &["wip-plan"], &[]),
    ("wip-tests", &[], &[]),
    ("xtask", &[], &[]),
];

/// Crates that get everything as values.
const PURE: [&str; 3] = ["wip-plan", "wip-policy", "wip-space"];

/// The folders and files that the root may hold, beside those that begin with a dot.
const TOP_LEVEL: [&str; 13] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "crates/",
    "deny.toml",
    "docs/",
    "examples/",
    "state/",
    "tests/",
];

fn packages() -> Vec<Value> {
    let text = cargo(&[
        "metadata",
        "--format-version=1",
        "--no-deps",
        "--locked",
        "--offline",
    ]);
    let metadata: Value = serde_json::from_str(&text).expect("cargo prints JSON");
    metadata["packages"]
        .as_array()
        .expect("a list of packages")
        .clone()
}

fn name(value: &Value) -> &str {
    value["name"]
        .as_str()
        .expect("packages and dependencies have names")
}

#[test]
fn crates_know_only_whom_they_may() {
    let packages = packages();
    let ours: BTreeSet<&str> = packages.iter().map(name).collect();
    let listed: BTreeSet<&str> = ARROWS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(ours, listed, "a crate that is not in the table, or no more");

    let arrows: BTreeMap<&str, (&[&str], &[&str])> = ARROWS
        .iter()
        .map(|(name, normal, tests)| (*name, (*normal, *tests)))
        .collect();
    let wrong = packages.iter().flat_map(|package| {
        let (normal, tests) = arrows[name(package)];
        let known = package["dependencies"]
            .as_array()
            .expect("a list of dependencies");
        known
            .iter()
            .filter(|known| ours.contains(name(known)))
            .filter_map(move |known| {
                let for_tests = known["kind"] == "dev";
                let may =
                    normal.contains(&name(known)) || for_tests && tests.contains(&name(known));
                let how = if for_tests { " (for its tests)" } else { "" };
                (!may).then(|| format!("{} -> {}{how}", name(package), name(known)))
            })
    });
    none("these crates must not know each other", wrong);
}

#[test]
fn a_package_has_one_test_binary() {
    let packages = packages();
    let many = packages.iter().filter_map(|package| {
        let targets = package["targets"].as_array().expect("a list of targets");
        let tests = targets.iter().filter(|target| target["kind"][0] == "test");
        let count = tests.count();
        (count > 1).then(|| format!("{}: {count} test binaries", name(package)))
    });
    none("each test binary is linked anew", many);
}

#[test]
fn pure_crates_forbid_the_outside_world() {
    for name in PURE {
        let rules = &file(&format!("crates/{name}/clippy.toml")).text;
        let open = ["std::fs::", "std::env::", "std::net::", "std::time::"]
            .into_iter()
            .filter(|word| !rules.contains(word))
            .map(str::to_owned);
        none(
            &format!("crates/{name}/clippy.toml forbids these too"),
            open,
        );
    }
}

#[test]
fn every_kind_is_in_its_registry_and_in_the_documents() {
    let documented = &file("docs/kinds.md").text;
    let mut count = 0;
    let mut missing = Vec::new();
    for kind in files() {
        let Some((of, module)) = kind.path.split_once("/src/kinds/") else {
            continue;
        };
        let Some(module) = module.strip_suffix(".rs").filter(|it| !it.contains('/')) else {
            continue;
        };
        count += 1;
        // crates/wip-aws, iam_role -> aws/iam-role and IamRole
        let cloud = of.rsplit_once("wip-").map_or(of, |(_, cloud)| cloud);
        let address = format!("`{cloud}/{}`", module.replace('_', "-"));
        let registered = format!("erase::<kinds::{module}::{}>", type_name(module));
        let registry = files()
            .iter()
            .filter(|file| file.path.starts_with(&format!("{of}/src/")) && file.path != kind.path);
        if !registry
            .into_iter()
            .any(|file| file.text.contains(&registered))
        {
            missing.push(format!("{}: nothing names {registered}", kind.path));
        }
        if !documented.contains(&address) {
            missing.push(format!("{}: docs/kinds.md has no {address}", kind.path));
        }
    }
    assert!(count > 0, "no kinds found: the layout changed");
    none("a kind is one file and one line in its registry", missing);
}

/// `iam_role` → `IamRole`.
fn type_name(module: &str) -> String {
    module
        .split('_')
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        })
        .collect()
}

#[test]
fn the_root_holds_nothing_else() {
    let other = top_level()
        .into_iter()
        .filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()));
    none("not for the root", other);
    let names = top_level();
    let missing = TOP_LEVEL
        .iter()
        .filter(|name| !names.iter().any(|it| it == *name))
        .map(|name| (*name).to_owned());
    none("missing in the root", missing);
}
