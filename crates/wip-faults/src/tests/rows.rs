//! What `docs/faults.md` must have tried.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{examples, play, small};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_operation_of_every_story_has_its_row() {
    let page = fs::read_to_string(root().join("docs/faults.md")).expect("the page");
    let mut missing = BTreeSet::new();
    let stories = examples(&root().join("examples")).expect("stories of all examples");
    for story in stories.iter().chain(&small::all()) {
        for stage in play(story).expect("a story that works") {
            let rows = stage
                .calls
                .iter()
                .map(|call| format!("| `{}:{}` |", call.service, call.operation));
            missing.extend(rows.filter(|row| !page.contains(row)));
        }
    }
    assert!(
        missing.is_empty(),
        "no row, run cargo xtask faults: {missing:?}"
    );
    assert!(
        !page.contains("wrong** |"),
        "the page has cells that are wrong"
    );
}
