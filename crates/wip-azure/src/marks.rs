//! Our mark on what lives in Azure: tags where there are any (of an application, texts `KEY=VALUE`), the metadata of a container, the
//! description of a role assignment, the name of a federated credential.
//!
//! Owns the turn from a mark into these and back.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use wip_plan::{Mark, Owner};

/// The longest name of a federated credential ("Important considerations and restrictions for federated identity
/// credentials", Entra docs).
const LONGEST_NAME: usize = 120;

/// Whether a tag is of a mark.
pub(crate) fn is_of_mark(key: &str) -> bool {
    Mark::NAMES.iter().any(|own| own.eq_ignore_ascii_case(key))
}

/// Whose mark tags bear; case makes no difference in the names of tags.
pub(crate) fn owner(tags: &BTreeMap<String, String>) -> Owner {
    let tag = |key: &str| {
        let mut found = tags
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(key));
        found.next().map(|(_, value)| value.clone())
    };
    Mark::read(tag).map_or(Owner::Unmarked, Owner::Marked)
}

/// The metadata of a container that bears a mark: names are identifiers of C#, which have no hyphen, and case makes no
/// difference in them ("Setting and retrieving properties and metadata for Blob service resources", Azure docs).
pub(crate) fn metadata(mark: &Mark) -> BTreeMap<String, String> {
    let tags = mark.pairs().into_iter();
    tags.map(|(key, value)| (key.replace('-', "_"), value))
        .collect()
}

/// Whether an entry of metadata is of a mark.
pub(crate) fn is_of_metadata(key: &str) -> bool {
    is_of_mark(&key.replace('_', "-"))
}

/// Whose mark metadata bear.
pub(crate) fn owner_by_metadata(metadata: &BTreeMap<String, String>) -> Owner {
    let tags = metadata.iter();
    let tags = tags.map(|(key, value)| (key.replace('_', "-"), value.clone()));
    owner(&tags.collect())
}

/// The texts of an application's tags that a mark is.
pub(crate) fn texts(mark: &Mark) -> BTreeSet<String> {
    mark.pairs()
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect()
}

/// Whether a text of an application's tags is of a mark.
pub(crate) fn is_text_of_mark(text: &str) -> bool {
    text.split_once('=').is_some_and(|(key, _)| is_of_mark(key))
}

/// Whose mark the texts of an application's tags are.
pub(crate) fn owner_by_texts(texts: &[String]) -> Owner {
    let pairs = texts.iter().filter_map(|text| text.split_once('='));
    let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
    owner(&pairs.collect())
}

/// The filter of Microsoft Graph for applications that bear a mark of a Space.
pub(crate) fn filter(space: &str) -> String {
    format!(
        "tags/any(t:t eq '{}={}')",
        Mark::SPACE,
        space.replace('\'', "''")
    )
}

/// The description that bears a mark.
pub(crate) fn description(mark: &Mark) -> String {
    let pairs: Vec<String> = texts(mark).into_iter().collect();
    pairs.join(" ")
}

/// Whose mark a description bears.
pub(crate) fn owner_by_description(text: Option<&str>) -> Owner {
    let texts = text.unwrap_or_default().split(' ');
    owner_by_texts(&texts.map(str::to_owned).collect::<Vec<_>>())
}

/// The name of the federated credential that a mark's resource is: for people the namespace, and for us two digests, of the
/// lineage alone and of lineage and address.
pub(crate) fn credential_name(mark: &Mark, namespace: &str) -> String {
    let own = digest(&[&mark.lineage, &mark.address]);
    let head = format!("{}{namespace}", prefix(&mark.lineage));
    let room = LONGEST_NAME - own.len() - 1;
    let head: String = head.chars().take(room).collect();
    format!("{head}-{own}")
}

/// What the names of all credentials that a lineage makes begin with. It tells, before anything is wanted, which live ones
/// count as others'; whose one of them is, only its whole name tells.
pub(crate) fn prefix(lineage: &str) -> String {
    format!("wip-{}-", &digest(&[lineage])[..8])
}

/// 16 hexadecimal digits.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digits: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    digits[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(address: &str) -> Mark {
        Mark {
            space: "prod-eu".to_owned(),
            lineage: "5f0c7a4e-8f0e-4b51-9c7b-1c8f5d0a2b11".to_owned(),
            address: address.to_owned(),
            adopted: true,
        }
    }

    #[test]
    fn marks_round_trip() {
        let mark = mark("azure/identity:prod-eu/backup");
        assert_eq!(owner(&mark.pairs()), Owner::Marked(mark.clone()));
        assert_eq!(
            owner_by_description(Some(&description(&mark))),
            Owner::Marked(mark.clone())
        );
        assert_eq!(
            owner_by_metadata(&metadata(&mark)),
            Owner::Marked(mark.clone())
        );
        for name in metadata(&mark).keys() {
            assert!(name.chars().all(|it| it.is_ascii_lowercase() || it == '_'));
            assert!(is_of_metadata(&name.to_uppercase()));
        }
        for none in [None, Some(""), Some("by hand"), Some("a=b wip=c")] {
            assert_eq!(owner_by_description(none), Owner::Unmarked);
        }
    }

    #[test]
    fn a_name_is_a_credentials_and_says_whose_it_is() {
        let long = "n".repeat(253);
        for namespace in ["default", &long] {
            let name = credential_name(&mark("a"), namespace);
            assert!((3..=LONGEST_NAME).contains(&name.len()), "{name}");
            assert!(name.starts_with(&prefix(&mark("a").lineage)), "{name}");
            assert_ne!(name, credential_name(&mark("b"), namespace));
        }
    }
}
