//! Places: where a resource lives.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a resource lives; there is one client per place.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Place {
    /// `aws`, `azure` or `gcp`.
    pub cloud: String,
    /// Account, subscription or project.
    pub account: String,
    /// The region; empty for what is global.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.cloud, self.account)?;
        if !self.region.is_empty() {
            write!(f, " {}", self.region)?;
        }
        Ok(())
    }
}
