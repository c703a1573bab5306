//! Who gains and who loses what.
//!
//! Owns the join of the edges that kinds name; plans nothing.

use std::collections::BTreeSet;

use crate::{Address, Doc, Edge, Grant, KindInfo};

/// What a document of this kind grants: each subject that acts as the resource, joined with
/// each thing that the resource may do.
pub fn grants(info: &KindInfo, address: &Address, doc: &Doc) -> BTreeSet<Grant> {
    let edges = (info.edges)(doc);
    edges
        .iter()
        .filter_map(|edge| match edge {
            Edge::ActsAs(who) => Some(who),
            Edge::May { .. } => None,
        })
        .flat_map(|who| {
            edges.iter().filter_map(move |edge| match edge {
                Edge::ActsAs(_) => None,
                Edge::May { verb, on } => Some(Grant {
                    who: who.clone(),
                    verb: verb.clone(),
                    on: on.clone(),
                    via: address.clone(),
                }),
            })
        })
        .collect()
}
