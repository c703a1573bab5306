//! What holds for every policy.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use super::strategies::{document, ours, respaced, sid, statement, statement_json, text};
use crate::{Document, SharedDocument, len_without_white_space};

proptest! {
    // What failed is written as a test of its own; a test run writes nothing into the tree.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_written_document_reads_as_itself(document in document()) {
        let text = document.to_json();
        let read = Document::parse(&text).unwrap();
        prop_assert_eq!(&read, &document);
        prop_assert_eq!(read.to_json(), text);
        prop_assert_eq!(&Document::parse(&document.to_pretty_json()).unwrap(), &document);
        prop_assert_eq!(&document.canonical(), &document);
        prop_assert_eq!(document.canonical().canonical().to_json(), document.canonical().to_json());
    }

    #[test]
    fn a_tree_reads_as_its_document(document in document()) {
        let yaml = serde_yaml::to_string(&document).unwrap();
        let read: Document = serde_yaml::from_str(&yaml).unwrap();
        prop_assert_eq!(&read, &document);
        prop_assert_eq!(read.to_json(), document.to_json());
        prop_assert_eq!(serde_yaml::to_string(&read).unwrap(), yaml);
        let json: Value = serde_json::to_value(&document).unwrap();
        prop_assert_eq!(&serde_json::from_value::<Document>(json).unwrap(), &document);
    }

    #[test]
    fn order_and_repetition_mean_nothing(document in document(), other in statement()) {
        let mut turned = document.clone();
        turned.statements.reverse();
        turned.statements.extend(document.statements.clone());
        turned.unknown.reverse();
        prop_assert_eq!(&turned, &document);
        prop_assert_eq!(turned.to_json(), document.to_json());
        let is_new = !document.statements.contains(&other);
        turned.statements.push(other);
        prop_assert_eq!(turned != document, is_new);
    }

    #[test]
    fn white_space_between_tokens_means_and_counts_nothing(document in document(), spaces in vec(any::<u8>(), 1..20)) {
        let text = document.to_json();
        let respaced = respaced(&text, &spaces);
        prop_assert_eq!(len_without_white_space(&respaced), text.chars().count());
        prop_assert_eq!(Document::parse(&respaced).unwrap(), document);
    }

    #[test]
    fn others_keep_every_byte(
        statements in vec(statement_json(), 0..6),
        spaces in vec(any::<u8>(), 1..20),
        set in ours(),
        remove in vec(sid(), 0..2),
        id in text(),
    ) {
        let id = serde_json::to_string(&id).unwrap();
        let old = respaced(&format!(r#"{{"Id":{id},"Statement":[{}],"More":[1,{{}}]}}"#, statements.join(",")), &spaces);
        let shared = SharedDocument::parse(&old).unwrap();
        let remove: BTreeSet<String> = remove.into_iter().flatten().collect();
        let ours: BTreeSet<String> = set.keys().cloned().chain(remove.clone()).collect();
        let foreign = shared.foreign(&ours);

        let Some(new) = shared.with(&set, &remove) else {
            prop_assert!(set.is_empty() && foreign.is_empty());
            return Ok(());
        };
        let after = SharedDocument::parse(&new).unwrap();
        prop_assert_eq!(after.foreign(&ours), foreign);
        for sid in &ours {
            let wanted = set.get(sid).map(|statement| statement.clone().with_sid(sid));
            prop_assert_eq!(after.statement(sid), wanted.clone());
            prop_assert_eq!(after.sids().iter().filter(|name| *name == sid).count(), usize::from(wanted.is_some()));
        }
        let around = |text: &str| {
            let shared = SharedDocument::parse(text).unwrap();
            let (before, after) = shared.around();
            (before.to_owned(), after.to_owned())
        };
        prop_assert_eq!(around(&new), around(&old));
        prop_assert_eq!(after.with(&set, &remove), Some(new));
    }

    #[test]
    fn nothing_panics(document in document(), cut in any::<prop::sample::Index>(), noise in text(), encoded in "%[0-9A-F%7B]{0,40}") {
        let mut text = document.to_json();
        let mut at = cut.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.insert_str(at, &noise);
        for text in [&text, &text[..at], &noise, &encoded] {
            let _ = (Document::parse(text), SharedDocument::parse(text), len_without_white_space(text));
        }
    }
}
