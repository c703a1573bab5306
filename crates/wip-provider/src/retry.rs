//! Trying again, in one place and by class.
//!
//! Owns the waits and their bounds; the clients' own retries are switched off, and kinds never sleep.
//! How many requests may be under way is [`Lane`]'s.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::{Class, CloudError, Lane};

/// How long to keep trying.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One attempt.
    pub attempt: Duration,
    /// All attempts of one call together, and the waits between them; not the time in the queue of its lane.
    pub call: Duration,
    /// The same, where something has to become visible.
    pub not_yet: Duration,
    /// Attempts against a cloud in trouble or a connection that breaks.
    pub broken_attempts: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(30),
            // Less than a step may take, so that a step ends with the cloud's own words.
            call: Duration::from_secs(240),
            // What the Terraform AWS provider waits for IAM (`propagationTimeout`): longer only
            // punishes references that are really wrong.
            not_yet: Duration::from_secs(120),
            broken_attempts: 6,
        }
    }
}

/// Runs `attempt` until it succeeds, fails for good, or patience ends.
///
/// Each attempt waits for a slot of `lane`, and gives it back before the wait for the next one: a slot is a request
/// that is under way. That a place which throttles gets fewer requests is the work of the lane's rate; a call that
/// waits two minutes for something to become visible holds nobody up.
///
/// # Errors
/// The last error.
pub async fn retry<T, F>(
    call: &str,
    patience: &Patience,
    lane: &Lane,
    mut attempt: impl FnMut() -> F,
) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    let mut spent = Duration::ZERO;
    let mut tries: u32 = 0;
    loop {
        let slot = lane.enter().await;
        let started = Instant::now();
        let error = match tokio::time::timeout(patience.attempt, attempt()).await {
            Ok(Ok(answer)) => {
                slot.answered(None);
                return Ok(answer);
            }
            Ok(Err(error)) => error,
            Err(_) => {
                let seconds = patience.attempt.as_secs();
                CloudError::local(Class::Broken, call, format!("no answer within {seconds} s"))
            }
        };
        slot.answered(Some(error.class));
        tries += 1;
        let limit = match error.class {
            Class::Throttled => patience.call,
            Class::NotYet => patience.not_yet,
            Class::Unavailable | Class::Broken if tries < patience.broken_attempts => patience.call,
            _ => return Err(error),
        };
        // What the cloud asks for counts where it is longer; where it is too long, the bound below ends the call.
        let wait = pause(error.class, tries, call).max(error.retry_after.unwrap_or_default());
        spent += started.elapsed() + wait;
        if spent > limit {
            return Err(error);
        }
        tracing::debug!(call, tries, class = ?error.class, wait_ms = wait.as_millis(), rate = lane.rate(), "again");
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
        Class::NotYet => (500, 5_000),
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

    use futures_util::future::join_all;

    use super::*;
    use crate::Bound;

    fn lane(in_flight: usize) -> Lane {
        Lane::new(Bound {
            in_flight,
            rate: None,
        })
    }

    fn failing(class: Class) -> CloudError {
        CloudError::local(class, "iam:GetRole", "no")
    }

    async fn attempts(class: Class, fail_first: u32) -> (Result<u32, CloudError>, u32, Duration) {
        let count = Cell::new(0);
        let started = Instant::now();
        let result = retry("iam:GetRole", &Patience::default(), &lane(1), || {
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
        let patience = Patience::default();
        let started = Instant::now();
        let result: Result<(), _> =
            retry("iam:GetRole", &patience, &lane(1), std::future::pending).await;
        assert_eq!(result.map_err(|error| error.class), Err(Class::Broken));
        let longest = patience.call + patience.attempt;
        assert!(started.elapsed() <= longest, "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_holds_nobody_up() {
        let (lane, patience) = (lane(1), Patience::default());
        let started = Instant::now();
        let waiting = retry("iam:GetRole", &patience, &lane, || async {
            Err::<(), _>(failing(Class::NotYet))
        });
        let others = async {
            let other = || retry("iam:ListRoles", &patience, &lane, || async { Ok(()) });
            let ended = join_all((0..20).map(|_| other())).await;
            (ended, started.elapsed())
        };
        let (waited, (ended, took)) = futures_util::join!(waiting, others);
        assert!(waited.is_err());
        assert!(ended.iter().all(Result::is_ok));
        assert!(took < Duration::from_secs(1), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_throttles_is_asked_less_and_everything_gets_through() {
        // An API that takes five requests a second and throttles the rest.
        let (lane, patience) = (lane(20), Patience::default());
        let (window, inside, throttled) = (Cell::new(Instant::now()), Cell::new(0), Cell::new(0));
        let ask = || async {
            if window.get().elapsed() >= Duration::from_secs(1) {
                window.set(Instant::now());
                inside.set(0);
            }
            inside.set(inside.get() + 1);
            let is_too_many = inside.get() > 5;
            tokio::time::sleep(Duration::from_millis(50)).await;
            match is_too_many {
                true => {
                    throttled.set(throttled.get() + 1);
                    Err(failing(Class::Throttled))
                }
                false => Ok(()),
            }
        };
        let calls = (0..100).map(|_| retry("iam:GetRole", &patience, &lane, ask));
        let started = Instant::now();
        let ended = join_all(calls).await;
        assert!(ended.iter().all(Result::is_ok));
        let took = started.elapsed();
        // Twenty seconds is what such an API needs at least.
        assert!(took < Duration::from_secs(40), "{took:?}");
        assert!(throttled.get() < 50, "{}", throttled.get());
    }
}
