//! IAM policy documents as values: reading what AWS returns, comparing by meaning, writing what AWS takes,
//! counting as AWS counts, editing one's own statements inside a document that others write too, and deciding what a
//! request may do under them ([`evaluate`]).
//!
//! Three forms of one document, each for one use:
//! - the AWS JSON text ([`Document::parse`], [`Document::to_json`]): what goes over the wire;
//! - the keyed tree (`Serialize`, `Deserialize` of [`Document`]): what is diffed and reviewed;
//! - the canonical form ([`Document::canonical`]): what `==` compares.
//!
//! Not here: deciding which statements somebody wants, any I/O.

mod canonical;
mod decode;
mod document;
mod error;
mod evaluate;
mod json;
mod keys;
mod limits;
mod principals;
mod shared;
mod size;
mod statement;
mod summary;
mod tree;
mod wildcard;
mod wire;

pub use decode::decode;
pub use document::{Document, UnknownStatement, Version};
pub use error::PolicyError;
pub use evaluate::{
    Context, Grant, Policies, PolicyKind, Principal, Request, Verdict, evaluate, evaluate_all,
};
pub use json::{MAX_BYTES, MAX_DEPTH};
pub use limits::{
    INLINE_AGGREGATE_CHARS, KEY_POLICY_BYTES, MANAGED_POLICY_CHARS, S3_BUCKET_POLICY_BYTES,
    SESSION_POLICY_CHARS, TRUST_POLICY_CHARS, TRUST_POLICY_QUOTA_CODE,
};
pub use principals::{PrincipalType, Principals};
pub use shared::{OrphanPrincipal, SharedDocument};
pub use size::len_without_white_space;
pub use statement::{Condition, Effect, Statement};
pub use wildcard::is_literal;

#[cfg(test)]
mod tests;
