//! SIGINT and SIGTERM while a lock is held: nothing is left locked, and nothing half known.
//!
//! Owns what a signal means at each time of a run; who acts on it is the run.

use std::cell::Cell;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::{Exit, Failure};

/// What a run is at, and so what a signal may cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It reads and asks: it can stop at once.
    #[default]
    Looking,
    /// It changes something: calls in flight have to end, and it sees to that itself.
    Changing,
    /// It has changed what it wanted and looks at it: it can stop at once.
    Verifying,
}

/// Both signals. Once caught, neither ends the process by itself any more.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on; none that comes later is missed, whenever it is waited for.
    pub(crate) fn catch() -> Result<Self, Failure> {
        let catch = |kind| {
            signal(kind).map_err(|error| {
                Failure::new("WIP0299", "signals cannot be caught", "").because(&error)
            })
        };
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
        })
    }

    /// Waits for the next of either.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Does `work` to its end, or to a signal that comes when it can stop at once.
pub(crate) async fn unless_stopped<T>(
    phase: &Cell<Phase>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut signals = Signals::catch()?;
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = signals.next() => match phase.get() {
                Phase::Looking => return Err(stopped("nothing was done")),
                Phase::Changing => {}
                Phase::Verifying => return Err(stopped(
                    "everything is applied and the state is saved, but not verified",
                )),
            }
        }
    }
}

/// A stop that waits for nothing: what is in flight is dropped.
pub(crate) fn stopped(kept: &str) -> Failure {
    Failure::new("WIP0242", format!("stopped at once; {kept}"), "").exits(Exit::Interrupted)
}
