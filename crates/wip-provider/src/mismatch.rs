//! Credentials that are not those that the file names.

use crate::CloudError;

/// How one logs in to a cloud, for people whose credentials do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login {
    /// What credentials are of: an account, a tenant.
    pub of: &'static str,
    /// What to do where they are of another one.
    pub other: &'static str,
    /// What to do where the state has something in one that the file does not name.
    pub left_behind: &'static str,
    /// What to do where there are none, or they are refused.
    pub none: &'static str,
}

/// The credentials are not those that the file names, or cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// They belong to another account.
    #[error("{place}: the file names {} {expected}, the credentials are of {found} ({who})", .login.of)]
    Other {
        /// Where.
        place: String,
        /// What the file says.
        expected: String,
        /// What the cloud says.
        found: String,
        /// Who the caller is.
        who: String,
        /// What to do.
        login: &'static Login,
    },
    /// What they are for is somewhere else than the file says.
    #[error("{place}: the file names {} {expected}, and {it} {found}", .login.of)]
    Elsewhere {
        /// Where.
        place: String,
        /// What the file says.
        expected: String,
        /// What the cloud says.
        found: String,
        /// What that is said of: "the subscription is in".
        it: &'static str,
        /// What to do.
        way: &'static str,
        /// How one logs in.
        login: &'static Login,
    },
    /// The state has something in an account that the file does not name, and the credentials are of another.
    #[error(
        "{place}: the state has resources there, the file does not name it, and the credentials are of {found} ({who})"
    )]
    LeftBehind {
        /// Where.
        place: String,
        /// What the cloud says.
        found: String,
        /// Who the caller is.
        who: String,
        /// What to do.
        login: &'static Login,
    },
    /// There are none, or the cloud refuses them.
    #[error("{place}: {error}")]
    Unusable {
        /// Where.
        place: String,
        /// Why.
        error: CloudError,
        /// What to do.
        login: &'static Login,
    },
}
