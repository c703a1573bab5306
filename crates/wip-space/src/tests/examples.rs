//! Every example is a valid Space.

use std::path::Path;

use crate::{KeyFiles, Space, key_files, parse_with, render};

/// All `examples/*/space.yaml`, by the folder's name; not every folder has one.
pub(super) fn examples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let file = entry.path().join("space.yaml");
        if !file.exists() {
            continue;
        }
        found.push((
            entry.file_name().into_string().unwrap(),
            std::fs::read(file).unwrap(),
        ));
    }
    found.sort();
    found
}

/// A valid Space, or the rendered problems as a panic; the keys are those of the example of that name.
pub(super) fn valid(name: &str, bytes: &[u8]) -> Space {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(name);
    let read = |file: String| {
        let key = std::fs::read(folder.join(&file)).unwrap();
        (file, Ok(key))
    };
    let keys: KeyFiles = key_files(name, bytes).into_iter().map(read).collect();
    parse_with(name, bytes, &keys.into())
        .unwrap_or_else(|problems| panic!("{}", render(&problems, name, bytes, false)))
}

#[test]
fn all_are_valid() {
    let all = examples();
    assert!(!all.is_empty());
    for (name, bytes) in all {
        let space = valid(&name, &bytes);
        let identities = space.identities.len() + space.entra.len() + space.google.len();
        assert_ne!(identities, 0, "{name}");
    }
}

#[test]
fn an_editor_of_windows_changes_nothing() {
    for (name, bytes) in examples() {
        let text = String::from_utf8(bytes).unwrap();
        let space = valid(&name, text.as_bytes());
        assert_eq!(
            space,
            valid(&name, text.replace('\n', "\r\n").as_bytes()),
            "{name}"
        );
        assert_eq!(
            space,
            valid(&name, format!("\u{feff}{text}").as_bytes()),
            "{name}"
        );
    }
}

#[test]
fn a_space_of_a_thousand_control_planes_is_read() {
    let mut text = "apiVersion: wip/v1alpha1
kind: Space
metadata: { name: big }
spec:
  clusters: [{ name: one, eks: { account: \"111122223333\", region: eu-west-1, cluster: one } }]
  identities:
    backup: { method: irsa, access: [{ s3: { bucket: near, region: eu-west-1 } }] }
  controlPlanes:
"
    .to_owned();
    for index in 0..1000 {
        text.push_str(&format!(
            "    - {{ group: default, name: c{index}, hostNamespace: h{index} }}\n"
        ));
    }
    let space = valid("space.yaml", text.as_bytes());
    assert_eq!(space.identities[0].subjects["one"].len(), 1000);
}
