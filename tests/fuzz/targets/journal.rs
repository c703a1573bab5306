//! A journal without a state: refused, or folded into the same state twice.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wip_plan::Cloud;
use wip_state::{Found, Whose};

fuzz_target!(|bytes: &[u8]| {
    let found = Found {
        journal: Some(bytes.to_vec()),
        journal_path: "journal.jsonl".into(),
        ..Found::default()
    };
    let whose = Whose {
        space: "prod".to_owned(),
        cloud: Cloud::Sandbox,
        new_lineage: "5f0c7a4e-8f0e-4b51-9c7b-1c8f5d0a2b11".to_owned(),
    };
    if let Ok(loaded) = found.load(&whose) {
        assert_eq!(found.load(&whose).expect("as before"), loaded);
    }
});
