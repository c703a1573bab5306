//! The Space file: parse, defaults, validation, JSON Schema.
//!
//! Owns the turn from a YAML text into a valid [`Space`], with every problem on its source line, and the two documents
//! of an issuer that a cluster hosts itself.
//! Does no I/O and knows no cloud SDK: the files with keys that a Space file names are handed in.
//!
//! In the order of one run: `tree` reads YAML with places, `raw` declares the fields (with
//! `declare`), `read` and `form` read them, `lower` gives them meaning and defaults, `render` shows
//! what is wrong.

mod bucket;
mod code;
mod declare;
mod documents;
mod edit;
mod form;
mod jwk;
mod lower;
mod model;
mod problem;
mod raw;
mod read;
mod render;
mod signing_key;
#[cfg(test)]
mod tests;
mod tree;
mod words;

pub use bucket::{BlockPublicAccess, Bucket, BucketOwn, Encryption, OnDestroy};
pub use code::{CODES, Code, CodeInfo};
pub use documents::{DISCOVERY_DOCUMENT, KEY_SET, discovery_document, key_set};
pub use edit::{EditError, with_control_planes};
pub use jwk::{key_of_jwk, key_of_pem};
pub use model::{
    Access, AccountAccess, Application, Aws, AzureAccess, BlobContainer, Cluster, ClusterAt,
    Component, Container, ControlPlane, Discovered, Discovery, EntraIdentity, EntraPrincipal,
    Existing, GcsBucket, GcsLocation, GoogleAccess, GoogleIdentity, GooglePrincipal,
    GoogleResource, Guardrails, HostNamespace, Identity, Ignore, Isolation, KmsKey,
    ManagedIdentity, Method, Names, PolicyForm, Publish, RestoreSource, Role, S3Location,
    ServiceAccount, Space, Subject, TrustScope, Vault, Verb,
};
pub use problem::{Also, Problem};
pub use render::render;
pub use signing_key::SigningKey;
pub use words::nearest;

use std::collections::{BTreeMap, BTreeSet};

use problem::Problems;
use read::Read as _;

/// The files with keys that a Space file names, by the path that it names them with: their bytes, or why there are none.
pub type KeyFiles = BTreeMap<String, Result<Vec<u8>, String>>;

/// What a Space file takes from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The files with keys that [`key_files`] says it names.
    pub keys: KeyFiles,
    /// The control planes that were found where its `discovery` says; `None` where nobody has looked.
    ///
    /// Without them, names of control planes that are not in the file are taken on trust.
    pub discovered: Option<BTreeSet<Discovered>>,
}

impl From<KeyFiles> for Beside {
    fn from(keys: KeyFiles) -> Self {
        Self {
            keys,
            discovered: None,
        }
    }
}

/// Reads a Space file that names no other file: every default filled in, every reference resolved.
///
/// # Errors
///
/// All problems of the file at once, by their position. A file that is no YAML has one.
pub fn parse(file_name: &str, bytes: &[u8]) -> Result<Space, Vec<Problem>> {
    parse_with(file_name, bytes, &Beside::default())
}

/// Reads a Space file with what it takes from elsewhere.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_with(file_name: &str, bytes: &[u8], beside: &Beside) -> Result<Space, Vec<Problem>> {
    let source = source_of(file_name, bytes)?;
    let mut problems = Problems::new(source);
    let space = tree::read(source, &mut problems)
        .and_then(|node| raw::SpaceFile::read(&node, &mut problems))
        .and_then(|file| lower::lower(&file, beside, &mut problems));
    match space {
        Some(space) if problems.count() == 0 => Ok(space),
        _ => Err(problems.sorted()),
    }
}

/// The paths of the files with keys that a Space file names; none where it cannot be read that far.
pub fn key_files(file_name: &str, bytes: &[u8]) -> BTreeSet<String> {
    let names = |source: &str| {
        // Most files name none, and are not read twice.
        source.contains("signingKeys").then_some(())?;
        let mut problems = Problems::new(source);
        let node = tree::read(source, &mut problems)?;
        let file = raw::SpaceFile::read(&node, &mut problems)?;
        let clusters = file.spec.get()?.clusters.get()?.iter();
        let own =
            clusters.filter_map(|cluster| cluster.value.self_hosted.get()?.signing_keys.get());
        Some(own.flatten().map(|path| path.value.to_string()).collect())
    };
    let source = source_of(file_name, bytes).ok();
    source.and_then(names).unwrap_or_default()
}

/// The JSON Schema of the Space file, draft 2020-12.
///
/// It holds what can be said of each value by itself; what values mean together, and the few
/// rules of names that a pattern cannot say, only [`parse`] checks. What the reader refuses as
/// not supported yet is not in it, so that editors do not offer it.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(raw::SpaceFile).to_value()
}

/// The text of a file that is small enough and UTF-8.
fn source_of<'a>(file_name: &str, bytes: &'a [u8]) -> Result<&'a str, Vec<Problem>> {
    let one = |code, at: usize, message: String, label: &str, help: String| {
        let before = String::from_utf8_lossy(&bytes[..at]);
        let mut problems = Problems::new(&before);
        problems.add(code, &(at..at), message, label, help);
        problems.sorted()
    };
    if bytes.len() > tree::MAX_BYTES {
        return Err(one(
            Code::TooLarge,
            0,
            format!(
                "the file has {} bytes, and at most {} are read",
                bytes.len(),
                tree::MAX_BYTES
            ),
            "too large",
            format!(
                "check that `{file_name}` is a Space file; one that is really so large must be split"
            ),
        ));
    }
    let source = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        one(
            Code::NotUtf8,
            at,
            format!(
                "the file is not UTF-8: byte 0x{:02x} at offset {at}",
                bytes[at]
            ),
            "not UTF-8",
            "save the file as UTF-8".to_owned(),
        )
    })?;
    Ok(source)
}
