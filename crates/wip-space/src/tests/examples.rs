//! Every example is a valid Space.

use std::path::Path;

use crate::{Space, parse, render};

/// All `examples/*/space.yaml`, by the folder's name.
pub(super) fn examples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let file = entry.path().join("space.yaml");
        found.push((
            entry.file_name().into_string().unwrap(),
            std::fs::read(file).unwrap(),
        ));
    }
    found.sort();
    found
}

/// A valid Space, or the rendered problems as a panic.
pub(super) fn valid(name: &str, bytes: &[u8]) -> Space {
    parse(name, bytes)
        .unwrap_or_else(|problems| panic!("{}", render(&problems, name, bytes, false)))
}

#[test]
fn all_are_valid() {
    let all = examples();
    assert!(!all.is_empty());
    for (name, bytes) in all {
        let space = valid(&name, &bytes);
        assert!(!space.identities.is_empty(), "{name}");
    }
}
