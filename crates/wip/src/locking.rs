//! The lock of a state around the work of a command.
//!
//! Owns how long to wait for it, and that whatever happens it is given back.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;
use wip_state::{Holder, Lock, StateError, Store};

use crate::failure::Failure;
use crate::run::Session;
use crate::signals::{Phase, Signals, stopped, unless_stopped};

impl Session<'_> {
    /// This run, as the lock names it.
    fn holder(&self, command: &str) -> Holder {
        Holder {
            id: self.env.new_id(),
            host: self.env.host.clone(),
            pid: std::process::id(),
            since: self.env.now(),
            command: format!("wip {command}"),
        }
    }

    /// Does `work` under the lock of `store`, waiting for another run at most `timeout` seconds.
    pub(crate) async fn locked<T>(
        &self,
        store: &dyn Store,
        command: &str,
        timeout: u64,
        phase: &Cell<Phase>,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let lock = self.lock(store, command, timeout).await?;
        let done = unless_stopped(phase, work).await;
        // Whatever came of the work, the next run must not wait for this one.
        if let Err(error) = lock.release().await {
            self.terminal
                .warn(&format!("the lock could not be released: {error}"));
        }
        done
    }

    async fn lock(
        &self,
        store: &dyn Store,
        command: &str,
        timeout: u64,
    ) -> Result<Box<dyn Lock>, Failure> {
        let holder = self.holder(command);
        let mut signals = Signals::catch()?;
        let started = Instant::now();
        let mut wait = Duration::from_millis(250);
        let mut said = false;
        loop {
            let (taken, asked) = self.attempt(store, &holder, &mut signals).await?;
            match taken {
                Ok(lock) if asked => {
                    lock.release().await?;
                    return Err(stopped("nothing was done"));
                }
                Ok(lock) => return Ok(lock),
                Err(StateError::Locked { .. }) if asked => return Err(stopped("nothing was done")),
                Err(error @ StateError::Locked { .. }) => {
                    if started.elapsed() >= Duration::from_secs(timeout) {
                        return Err(error.into());
                    }
                    if !said {
                        self.terminal.say(&format!("waiting: {error}"));
                        said = true;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = signals.next() => return Err(stopped("nothing was done")),
                    }
                    // A bucket is asked no more often than has to be.
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// One attempt at the lock, to its end: one that is cut off may have taken it. Answers
    /// whether a signal came meanwhile; a second one cuts it off all the same.
    async fn attempt(
        &self,
        store: &dyn Store,
        holder: &Holder,
        signals: &mut Signals,
    ) -> Result<(Result<Box<dyn Lock>, StateError>, bool), Failure> {
        let mut attempt = store.lock(holder);
        let mut asked = false;
        loop {
            tokio::select! {
                taken = &mut attempt => return Ok((taken, asked)),
                () = signals.next() => {
                    if asked {
                        let kept = format!(
                            "nothing was done; the lock may be taken: wip state unlock {}",
                            holder.id
                        );
                        return Err(stopped(&kept));
                    }
                    asked = true;
                    self.terminal.say("stopping: once more stops at once");
                }
            }
        }
    }
}
