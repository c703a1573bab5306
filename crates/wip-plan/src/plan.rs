//! Plans: the whole of what apply will do.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Address, Cloud, Doc, Edit, Grant, Place, Relation};

/// Everything that apply will do, and what it was computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// `wip-plan/1`.
    #[schemars(extend("const" = "wip-plan/1"))]
    pub format: String,
    /// The Space's name.
    pub space: String,
    /// The clouds it is for.
    pub cloud: Cloud,
    /// The lineage of the state that it builds on.
    pub lineage: String,
    /// The serial of the state that it builds on.
    pub serial: u64,
    /// What to do, in an order that respects `needs`.
    pub steps: Vec<Step>,
    /// What is as it should be.
    pub unchanged: Vec<Address>,
    /// What cannot be done, and why.
    pub blocked: Vec<Blocked>,
    /// What the reader should know besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Who gains what.
    pub grants: Vec<Grant>,
    /// Who loses what.
    pub revokes: Vec<Grant>,
}

/// One thing that apply does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Of what.
    pub address: Address,
    /// Where.
    pub place: Place,
    /// What is done.
    pub action: Action,
    /// The address that the state still stores it under, where `moved` renamed it: whatever
    /// the outcome, the state holds nothing under this one afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<Address>,
    /// In which way it is ours afterwards (before, for a delete or forget).
    pub relation: Relation,
    /// Half of a replacement: the delete or the create of one address.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replace: bool,
    /// The mark has to be written too (an adoption, a rename, or a mark that was taken off);
    /// of a forget: ours has to be taken off, or the next run would find a stray.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mark: bool,
    /// The cloud's id of the live resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What else the cloud made of the live resource and others need: `clientId`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, String>,
    /// What is live now; `None` where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Doc>,
    /// What is wanted; `None` for a delete or a forget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Doc>,
    /// How the two differ, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
    /// Indices of the steps that must be done first.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<usize>,
    /// The addresses that this one is kept in order with, as the state stores them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub depends_on: BTreeSet<Address>,
    /// Why this is done, where the edits do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a step does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Make it.
    Create,
    /// Change it in place.
    Update,
    /// Delete it; of something shared, take our addition back.
    Delete,
    /// Write into the state that it is ours (or shared), with its edits if there are any.
    Adopt,
    /// Strike it from the state and leave it alone.
    Forget,
}

/// An address of which nothing is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Blocked {
    /// Of what.
    pub address: Address,
    /// Why, and what to do.
    pub reason: String,
    /// What a guardrail holds back, and would be done if it were let; they need nothing and nothing needs them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Step>,
}

/// Something that the reader should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// A stable code, `WIP03xx`.
    pub code: String,
    /// What it is about, where it is about one resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// In words.
    pub text: String,
    /// Only worth saying when something is done about the address.
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    pub of_change: bool,
}

/// How many addresses a plan does what to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Made.
    pub create: usize,
    /// Changed in place.
    pub update: usize,
    /// Deleted and made anew.
    pub replace: usize,
    /// Deleted, or our addition taken back.
    pub delete: usize,
    /// Written into the state.
    pub adopt: usize,
    /// Struck from the state.
    pub forget: usize,
    /// As they should be.
    pub unchanged: usize,
    /// Blocked.
    pub blocked: usize,
}

/// The JSON Schema of a plan, draft 2020-12.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Plan).to_value()
}

impl Plan {
    /// Whether there is nothing to do; something may be blocked all the same.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// How many addresses it does what to; the two steps of a replacement count once.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            unchanged: self.unchanged.len(),
            blocked: self.blocked.len(),
            ..Counts::default()
        };
        for step in &self.steps {
            match (step.action, step.replace) {
                (Action::Create, true) => counts.replace += 1,
                (Action::Delete, true) => {}
                (Action::Create, false) => counts.create += 1,
                (Action::Update, _) => counts.update += 1,
                (Action::Delete, false) => counts.delete += 1,
                (Action::Adopt, _) => counts.adopt += 1,
                (Action::Forget, _) => counts.forget += 1,
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::schema;

    #[test]
    fn the_schema_names_what_is_printed() {
        let schema = schema();
        let names = |pointer: &str| -> Vec<String> {
            let properties = schema.pointer(pointer).and_then(Value::as_object);
            let mut names: Vec<_> = properties.expect(pointer).keys().cloned().collect();
            names.sort();
            names
        };
        let plan = names("/properties");
        for name in [
            "format",
            "space",
            "serial",
            "steps",
            "unchanged",
            "blocked",
            "grants",
        ] {
            assert!(plan.contains(&name.to_owned()), "{name} in {plan:?}");
        }
        let step = names("/$defs/Step/properties");
        for name in [
            "address",
            "action",
            "edits",
            "needs",
            "dependsOn",
            "movedFrom",
        ] {
            assert!(step.contains(&name.to_owned()), "{name} in {step:?}");
        }
        assert_eq!(
            names("/$defs/Grant/properties"),
            ["at", "on", "verb", "via", "who"]
        );
    }
}
