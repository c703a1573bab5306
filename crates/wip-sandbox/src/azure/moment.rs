//! What is going on at Azure right now, and is not part of the world: writes under way, rates, principals that not everybody knows yet.
//!
//! Time is tokio's, which a test may stop. Not here: what is refused because of it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// What can be chosen at `/_sandbox/azure/switches`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(crate) struct Switches {
    /// Whether more than 0.25 writes a second to one identity are refused.
    pub(crate) throttle: bool,
    /// How long a write of a federated credential or a vault is under way, in milliseconds; as long as whoever delivers the answers chose, when absent.
    pub(crate) write_millis: Option<u64>,
    /// How many role assignments miss a new principal, unless they say of what type it is.
    pub(crate) principal_lag: u32,
    /// The most items in a page.
    pub(crate) page: usize,
    /// How many role assignments a subscription has at most.
    ///
    /// Source of the default: "Azure RBAC limits".
    pub(crate) assignments: usize,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            throttle: false,
            write_millis: None,
            principal_lag: 2,
            page: 100,
            assignments: 4000,
        }
    }
}

/// One write to an identity each so often.
///
/// Source: "Important considerations and restrictions for federated identity credentials", "Throttling limits": 0.25 requests a second per resource.
const BETWEEN_WRITES: Duration = Duration::from_secs(4);

/// What is going on.
#[derive(Debug, Default)]
pub(crate) struct Moment {
    pub(crate) switches: Switches,
    /// How long a write is under way, as long as no switch says so.
    pub(crate) write_time: Duration,
    /// Until when each thing is being written.
    under_way: BTreeMap<String, Instant>,
    /// When each thing was written last.
    written: BTreeMap<String, Instant>,
    /// Principals that are new, and how many calls will still miss each.
    missed: BTreeMap<String, u32>,
}

impl Moment {
    /// Whether a write to that thing is under way.
    pub(crate) fn is_held(&self, what: &str) -> bool {
        self.under_way
            .get(what)
            .is_some_and(|until| Instant::now() < *until)
    }

    /// For how many seconds nothing more may be written to a thing; `None` where something may.
    pub(crate) fn must_wait(&self, what: &str) -> Option<u64> {
        let since = self.written.get(what)?.elapsed();
        let left = BETWEEN_WRITES
            .checked_sub(since)
            .filter(|left| !left.is_zero());
        let left = left.filter(|_| self.switches.throttle)?;
        Some(left.as_secs() + u64::from(left.subsec_nanos() > 0))
    }

    /// Whether a principal is so new that this call misses it.
    pub(crate) fn misses(&mut self, principal: &str) -> bool {
        match self.missed.get_mut(principal) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Notes what a call did, and says how long it is under way.
    pub(crate) fn done(
        &mut self,
        holds: Option<String>,
        new_principal: Option<String>,
    ) -> Duration {
        if let Some(id) = new_principal {
            self.missed.insert(id, self.switches.principal_lag);
        }
        let Some(what) = holds else {
            return Duration::ZERO;
        };
        let switched = self.switches.write_millis.map(Duration::from_millis);
        let takes = switched.unwrap_or(self.write_time);
        let now = Instant::now();
        // What no longer matters goes, so that a long run does not grow.
        self.written.retain(|_, at| at.elapsed() < BETWEEN_WRITES);
        self.under_way.retain(|_, until| *until > now);
        self.written.insert(what.clone(), now);
        self.under_way.insert(what, now + takes);
        takes
    }
}
