//! Tokens, above all of Kubernetes service accounts: reading and signing them, and the keys of their issuers.
//!
//! Not here: what a token gets its bearer (`sts`, `eks_auth`, `azure`, `gcp`).

pub(crate) mod base64url;
mod issuers;
mod jwt;
mod keys;
mod mint;

#[cfg(test)]
pub(crate) use issuers::share_key;
pub(crate) use issuers::{is_unreadable, keys_of, known_key, played_key, register};
pub(crate) use jwt::Jwt;
pub(crate) use keys::PublicKey;
pub(crate) use mint::{Wish, mint, sign};
