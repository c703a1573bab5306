//! Trying again, in one place and by class.
//!
//! Owns the waits and their bounds; the clients' own retries are switched off, and kinds never sleep.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::{Class, CloudError};

/// How long to keep trying.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One attempt.
    pub attempt: Duration,
    /// All attempts of one call together.
    pub call: Duration,
    /// All attempts that wait for something to become visible.
    pub not_yet: Duration,
    /// Attempts against a cloud in trouble or a connection that breaks.
    pub broken_attempts: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(30),
            call: Duration::from_secs(300),
            // What the Terraform AWS provider waits for IAM (`propagationTimeout`): longer only
            // punishes references that are really wrong.
            not_yet: Duration::from_secs(120),
            broken_attempts: 6,
        }
    }
}

/// Runs `attempt` until it succeeds, fails for good, or patience ends.
///
/// # Errors
/// The last error.
pub async fn retry<T, F>(
    call: &str,
    patience: &Patience,
    mut attempt: impl FnMut() -> F,
) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    let started = Instant::now();
    let mut tries: u32 = 0;
    loop {
        let error = match tokio::time::timeout(patience.attempt, attempt()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            Err(_) => {
                let seconds = patience.attempt.as_secs();
                CloudError::local(Class::Broken, call, format!("no answer within {seconds} s"))
            }
        };
        tries += 1;
        let limit = match error.class {
            Class::Throttled => patience.call,
            Class::NotYet => patience.not_yet,
            Class::Unavailable | Class::Broken if tries < patience.broken_attempts => patience.call,
            _ => return Err(error),
        };
        let wait = pause(error.class, tries, call);
        if started.elapsed() + wait > limit {
            return Err(error);
        }
        tracing::debug!(call, tries, class = ?error.class, wait_ms = wait.as_millis(), "again");
        tokio::time::sleep(wait).await;
    }
}

/// The wait before the next attempt: doubles up to a bound, spread by a factor of 0.5 to 1.
///
/// The spread comes from the call and the count instead of a random source, so that runs repeat;
/// different calls still spread.
fn pause(class: Class, tries: u32, call: &str) -> Duration {
    let (first, most) = match class {
        Class::Throttled => (400, 20_000),
        Class::NotYet => (500, 10_000),
        _ => (200, 10_000),
    };
    let full = (first << (tries - 1).min(10)).min(most);
    let seed = call.bytes().fold(u64::from(tries), |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    Duration::from_millis(full / 2 + seed % (full / 2))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn failing(class: Class) -> CloudError {
        CloudError::local(class, "iam:GetRole", "no")
    }

    async fn attempts(class: Class, fail_first: u32) -> (Result<u32, CloudError>, u32, Duration) {
        let count = Cell::new(0);
        let started = Instant::now();
        let result = retry("iam:GetRole", &Patience::default(), || {
            count.set(count.get() + 1);
            let n = count.get();
            async move {
                if n > fail_first {
                    Ok(n)
                } else {
                    Err(failing(class))
                }
            }
        })
        .await;
        (result, count.get(), started.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_final_error_is_not_tried_again() {
        for class in [Class::Final, Class::Denied, Class::Missing, Class::Conflict] {
            assert_eq!(attempts(class, 1).await.1, 1, "{class:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_tried_again() {
        for class in [
            Class::Throttled,
            Class::NotYet,
            Class::Unavailable,
            Class::Broken,
        ] {
            assert_eq!(attempts(class, 4).await.0, Ok(5), "{class:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn not_yet_ends_within_two_minutes() {
        let (result, tries, elapsed) = attempts(Class::NotYet, u32::MAX).await;
        assert_eq!(result, Err(failing(Class::NotYet)));
        assert!(elapsed <= Duration::from_secs(120), "{elapsed:?}");
        assert!(tries > 10, "{tries}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_hangs_is_a_broken_one() {
        let result: Result<(), _> =
            retry("iam:GetRole", &Patience::default(), std::future::pending).await;
        assert_eq!(result.map_err(|error| error.class), Err(Class::Broken));
    }
}
