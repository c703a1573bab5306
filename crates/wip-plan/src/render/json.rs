//! A plan as a program reads it: `wip-plan/1`.

use std::collections::BTreeMap;

use super::mask::masked;
use crate::{KindInfo, Plan};

/// `plan` as it is printed for programs: serialised as it stands, with `(sensitive)` in place
/// of sensitive values.
///
/// A plan that is saved to be applied is `plan` itself.
pub fn json(plan: &Plan, kinds: &BTreeMap<&'static str, KindInfo>) -> Plan {
    masked(plan, kinds)
}
