//! The planner: wanted, live and owned in, everything that apply will do out.
//!
//! Owns the order of the work; the parts decide.
//! Does no I/O and knows no kind but through [`crate::KindInfo`].

mod inputs;
mod moved;

pub use inputs::{AdoptWhat, Guardrails, Inputs, Mode};
pub use moved::{Renamed, rename};

use crate::Plan;

/// The plan that makes the live clouds what the file asks for.
///
/// Deterministic: equal inputs give equal plans.
pub fn plan(inputs: Inputs<'_>) -> Plan {
    Plan {
        format: "wip-plan/1".to_owned(),
        space: inputs.space.to_owned(),
        cloud: inputs.cloud,
        lineage: inputs.state.lineage.clone(),
        serial: inputs.state.serial,
        steps: Vec::new(),
        unchanged: Vec::new(),
        blocked: Vec::new(),
        notes: inputs.notes,
        grants: Vec::new(),
        revokes: Vec::new(),
    }
}
