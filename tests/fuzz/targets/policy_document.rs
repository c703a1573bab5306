//! A policy document, as IAM answers it (percent-encoded or not) and as a bucket has it.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use libfuzzer_sys::fuzz_target;
use wip_policy::{Document, SharedDocument};

fuzz_target!(|text: &str| {
    if let Ok(decoded) = wip_policy::decode(text)
        && let Ok(document) = Document::parse(&decoded)
    {
        let again = Document::parse(&document.to_json()).expect("what was written can be read");
        assert_eq!(again, document, "a document that does not read back");
        document.len_without_white_space();
        document.to_pretty_json();
        for statement in &document.statements {
            statement.summary();
        }
    }
    if let Ok(shared) = SharedDocument::parse(text) {
        shared.orphan_principals();
        let foreign = shared.foreign(&BTreeSet::new()).len();
        let with = shared.with(&BTreeMap::new(), &BTreeSet::new());
        if let Some(with) = with {
            let again = SharedDocument::parse(&with).expect("what was written can be read");
            assert_eq!(again.foreign(&BTreeSet::new()).len(), foreign);
        }
    }
});
