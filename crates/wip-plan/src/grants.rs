//! Who gains and who loses what.
//!
//! Owns the join of the edges that kinds name; plans nothing.

use std::collections::BTreeSet;

use crate::{Address, Doc, DocError, Edge, Grant, KindInfo};

/// What a document of this kind grants: each subject that acts as the resource, joined with
/// each thing that the resource may do.
///
/// # Errors
/// Where the document is none of this kind: what it grants cannot be told, which is not nothing.
pub fn grants(info: &KindInfo, address: &Address, doc: &Doc) -> Result<BTreeSet<Grant>, DocError> {
    let edges = (info.edges)(doc)?;
    let granted = edges
        .iter()
        .filter_map(|edge| match edge {
            Edge::ActsAs { who, at } => Some((who, at)),
            Edge::May { .. } => None,
        })
        .flat_map(|(who, at)| {
            edges.iter().filter_map(move |edge| match edge {
                Edge::ActsAs { .. } => None,
                Edge::May { verb, on } => Some(Grant {
                    who: who.clone(),
                    at: at.clone(),
                    verb: verb.clone(),
                    on: on.clone(),
                    via: address.clone(),
                }),
            })
        })
        .collect();
    Ok(granted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_two_clusters_is_two_subjects() {
        fn edges(doc: &Doc) -> Result<Vec<Edge>, DocError> {
            let Doc::Set(issuers) = doc else {
                return Ok(Vec::new());
            };
            let may = Edge::May {
                verb: "read".to_owned(),
                on: "b".to_owned(),
            };
            let subjects = issuers.iter().map(|issuer| Edge::ActsAs {
                who: "system:serviceaccount:ns:sa".to_owned(),
                at: format!("{issuer:?}"),
            });
            Ok(subjects.chain([may]).collect())
        }
        let info = KindInfo {
            name: "t/role",
            summary: "a role",
            edges,
            ..KindInfo::PLAIN
        };
        let of = |issuers: &[&str]| {
            let issuers = issuers.iter().map(|name| Doc::Text((*name).to_owned()));
            let doc = Doc::Set(issuers.collect());
            grants(&info, &Address::new("t/role", "s", "a"), &doc).unwrap()
        };
        assert_eq!(of(&["one", "two"]).len(), 2);
        assert_eq!(of(&["one", "two"]).difference(&of(&["one"])).count(), 1);
    }
}
