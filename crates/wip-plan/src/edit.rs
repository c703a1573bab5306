//! Edits: the differences between what is live and what is wanted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Doc;

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// Where, as names from the root of the document: `["trust", "webIdentity", …]`.
    pub path: Vec<String>,
    /// What becomes of it.
    #[serde(flatten)]
    pub change: Change,
    /// Who caused it.
    pub why: Why,
}

/// What an edit does at its path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// A value (or a whole subtree) appears, changes or goes away.
    Set {
        /// The live value; `None` where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Doc>,
        /// The wanted value; `None` where there is to be none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Doc>,
    },
    /// A member joins the set at the path.
    Add(Doc),
    /// A member leaves the set at the path.
    Remove(Doc),
}

/// Who caused a difference.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Why {
    /// The file asks for something else than was applied.
    Changed,
    /// The cloud is no longer as it was applied.
    Drifted,
    /// Both.
    ChangedAndDrifted,
}
