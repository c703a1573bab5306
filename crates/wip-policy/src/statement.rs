//! One statement of a policy that the model knows.
//!
//! Not here: statements that it does not know (`document`), equality (`canonical`), words (`summary`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Principals;

/// Operator → context key → values. Operators and keys are all required (AND), values are alternatives (OR).
pub type Condition = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// What a statement does with the requests that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// Grants, unless something else denies.
    Allow,
    /// Forbids, whatever else allows.
    Deny,
}

impl Effect {
    /// The word that a policy has for it; AWS compares it case-sensitively
    /// (IAM User Guide, "IAM JSON policy elements: Effect").
    pub fn name(self) -> &'static str {
        match self {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        }
    }
}

/// One statement. An empty set means that the element is absent: AWS takes lists that are empty, but they mean
/// something else (nothing matches), so a statement that has one is read as [`crate::UnknownStatement`].
///
/// `==` compares meaning, not spelling: see [`Statement::canonical`].
///
/// As a keyed tree: `sid`, `effect`, `principal`, `notPrincipal`, `action`, `notAction`, `resource`, `notResource`,
/// `condition`; what is empty is left out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    /// The name of the statement; an empty one counts as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Whom it is about, in trust and resource policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principals>,
    /// Everybody but these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_principal: Option<Principals>,
    /// Actions such as `s3:GetObject`, with wildcards.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub action: BTreeSet<String>,
    /// All actions but these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_action: BTreeSet<String>,
    /// ARNs with wildcards and variables. Empty in trust policies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub resource: BTreeSet<String>,
    /// All resources but these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_resource: BTreeSet<String>,
    /// What must hold besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: Condition,
}

impl Statement {
    /// A statement that allows these actions on these resources.
    pub fn allow<A: Into<String>, R: Into<String>>(
        action: impl IntoIterator<Item = A>,
        resource: impl IntoIterator<Item = R>,
    ) -> Statement {
        Statement {
            action: action.into_iter().map(Into::into).collect(),
            resource: resource.into_iter().map(Into::into).collect(),
            ..Statement::new(Effect::Allow)
        }
    }

    /// A statement with nothing but its effect, to be filled in.
    pub fn new(effect: Effect) -> Statement {
        Statement {
            sid: None,
            effect,
            principal: None,
            not_principal: None,
            action: BTreeSet::new(),
            not_action: BTreeSet::new(),
            resource: BTreeSet::new(),
            not_resource: BTreeSet::new(),
            condition: BTreeMap::new(),
        }
    }

    /// The same statement with one condition more; values for the same operator and key are joined (OR).
    #[must_use]
    pub fn when<V: Into<String>>(
        mut self,
        operator: &str,
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Statement {
        self.condition
            .entry(operator.to_owned())
            .or_default()
            .entry(key.to_owned())
            .or_default()
            .extend(values.into_iter().map(Into::into));
        self
    }

    /// The same statement with this name.
    #[must_use]
    pub fn with_sid(mut self, sid: impl Into<String>) -> Statement {
        self.sid = Some(sid.into());
        self
    }

    /// The same statement about these principals.
    #[must_use]
    pub fn with_principal(mut self, principal: Principals) -> Statement {
        self.principal = Some(principal);
        self
    }

    /// Whether it forbids.
    pub fn is_deny(&self) -> bool {
        self.effect == Effect::Deny
    }

    /// The AWS JSON of this statement, minified.
    pub fn to_json(&self) -> String {
        crate::json::write(&crate::wire::WireStatement::from(self))
    }
}
