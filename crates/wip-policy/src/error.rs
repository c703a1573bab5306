//! What can be wrong with a text that should be a policy document.
//!
//! Not here: what a cloud says about a policy that parses.

/// Why a text is not a policy document that this crate can keep without losing something.
///
/// A *statement* that is not understood is no error: see [`crate::UnknownStatement`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The text is longer than any policy can be; nothing of it was read.
    #[error(
        "the policy document has {bytes} bytes, more than the {} that are read",
        crate::MAX_BYTES
    )]
    TooLarge {
        /// Length of the text in bytes.
        bytes: usize,
    },
    /// The percent-encoded text does not decode to UTF-8.
    #[error("the percent-encoded policy document is not UTF-8")]
    NotUtf8(#[source] std::str::Utf8Error),
    /// Not JSON, nested too deeply, or an object has the same key twice. The source says where.
    #[error("the policy document is not valid JSON")]
    Json(#[source] serde_json::Error),
    /// The document is JSON, but not an object.
    #[error("the policy document is not a JSON object")]
    NotAnObject,
    /// `Statement` is missing, or neither an object nor a list.
    #[error("the policy document has no `Statement` object or list")]
    NoStatement,
    /// A member at the top level that the policy language does not have.
    #[error("the policy document has an unknown member `{0}`")]
    UnknownMember(String),
    /// `Version` is not one of the two versions of the policy language.
    #[error("the policy document has the unknown version `{0}`")]
    UnknownVersion(String),
    /// `Id` is not a string.
    #[error("the `Id` of the policy document is not a string")]
    IdNotAString,
}
