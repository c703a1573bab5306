//! A token bucket whose rate follows what its API takes.
//!
//! Owns the arithmetic, and reads no clock: every time comes from outside.
//!
//! The rate falls to half when an answer throttles, and rises by one request a second for each second in which
//! answers do not: additive increase, multiplicative decrease, as in TCP (RFC 5681, section 3.1).
//! Where nobody knows a rate there is no bound before the first answer that throttles; half of what was sent in the
//! second before it is the rate then. The AWS SDKs' adaptive retry mode is switched on in the same way ("Retry
//! behavior", AWS SDKs and Tools Reference Guide).

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The rate never falls below that many requests a second: slower than that, only the waits between the attempts of a
/// call help.
const FLOOR: f64 = 1.0;

/// What the rate gains in a second of answers that do not throttle.
const GAIN: f64 = 1.0;

/// How far back sending is measured.
const SECOND: Duration = Duration::from_secs(1);

/// A token bucket; it holds what a second brings at most.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Requests a second; `None` while no bound is known.
    rate: Option<f64>,
    /// What `rate` may rise to.
    most: Option<f64>,
    /// Requests that may go out at once.
    tokens: f64,
    /// When `tokens` was right.
    at: Instant,
    /// When the requests of the last second went out.
    sent: VecDeque<Instant>,
    /// When the rate was cut last.
    cut: Option<Instant>,
}

impl Bucket {
    /// A full bucket that brings `most` requests a second at most.
    pub(super) fn new(most: Option<f64>, now: Instant) -> Self {
        Self {
            rate: most,
            most,
            tokens: most.map_or(0.0, capacity),
            at: now,
            sent: VecDeque::new(),
            cut: None,
        }
    }

    /// Lets one request out, or says how long to wait before asking again.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if let Some(rate) = self.rate {
            self.fill(rate, now);
            if self.tokens < 1.0 {
                // Rounded up: a wait that is a hair too short would be followed by another one.
                let missing = Duration::from_secs_f64((1.0 - self.tokens) / rate);
                return Err(missing + Duration::from_micros(1));
            }
            self.tokens -= 1.0;
        }
        self.forget(now);
        self.sent.push_back(now);
        Ok(())
    }

    /// The API took a request.
    pub(super) fn taken(&mut self, now: Instant) {
        if let Some(rate) = self.rate {
            self.fill(rate, now);
            let risen = rate + GAIN / rate;
            self.rate = Some(self.most.map_or(risen, |most| risen.min(most)));
        }
    }

    /// The API throttled a request that went out at `sent`.
    ///
    /// Requests that were under way when the rate was cut say nothing about the new rate: a burst of answers that
    /// throttle cuts once.
    pub(super) fn throttled(&mut self, sent: Instant, now: Instant) {
        if self.cut.is_some_and(|cut| sent <= cut) {
            return;
        }
        self.forget(now);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a count of requests in one second"
        )]
        let measured = self.sent.len() as f64;
        let used = self.rate.map_or(measured, |rate| rate.min(measured));
        let floor = self.most.map_or(FLOOR, |most| most.min(FLOOR));
        self.rate = Some((used / 2.0).max(floor));
        self.tokens = 0.0;
        self.at = now;
        self.cut = Some(now);
    }

    /// Requests a second, where there is a bound.
    pub(super) fn rate(&self) -> Option<f64> {
        self.rate
    }

    fn fill(&mut self, rate: f64, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * rate).min(capacity(rate));
        self.at = now;
    }

    fn forget(&mut self, now: Instant) {
        let old = |sent: &Instant| now.saturating_duration_since(*sent) > SECOND;
        while self.sent.front().is_some_and(old) {
            self.sent.pop_front();
        }
    }
}

/// What a second brings, and one at least.
fn capacity(rate: f64) -> f64 {
    rate.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many requests get out within `span` when somebody asks all the time.
    fn sent_within(bucket: &mut Bucket, from: Instant, span: Duration) -> usize {
        let (mut now, mut count) = (from, 0);
        while now < from + span {
            match bucket.take(now) {
                Ok(()) => count += 1,
                Err(wait) => now += wait,
            }
        }
        count
    }

    #[test]
    fn a_rate_is_kept_but_for_what_a_second_saves_up() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Some(5.0), start);
        let sent = sent_within(&mut bucket, start, 10 * SECOND);
        assert!((50..=55).contains(&sent), "{sent}");
    }

    #[test]
    fn without_a_rate_everything_goes_out_until_an_answer_throttles() {
        let start = Instant::now();
        let mut bucket = Bucket::new(None, start);
        for _ in 0..40 {
            assert_eq!(bucket.take(start), Ok(()));
        }
        bucket.throttled(start, start + SECOND / 2);
        assert_eq!(bucket.rate(), Some(20.0), "half of what went out");
        assert!(bucket.take(start + SECOND / 2).is_err());
        let sent = sent_within(&mut bucket, start + SECOND / 2, 2 * SECOND);
        assert!((39..=41).contains(&sent), "{sent}");
    }

    #[test]
    fn a_burst_of_throttles_cuts_once_and_the_next_cuts_again() {
        let start = Instant::now();
        let mut bucket = Bucket::new(None, start);
        for _ in 0..40 {
            assert_eq!(bucket.take(start), Ok(()));
        }
        for millis in 50..60 {
            bucket.throttled(start, start + Duration::from_millis(millis));
        }
        assert_eq!(bucket.rate(), Some(20.0));
        let later = start + 2 * SECOND;
        let sent = sent_within(&mut bucket, later, SECOND);
        assert!(sent >= 20, "{sent}");
        bucket.throttled(later + SECOND / 2, later + SECOND);
        assert_eq!(bucket.rate(), Some(10.0));
    }

    #[test]
    fn the_rate_has_a_floor_and_a_ceiling() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Some(4.0), start);
        for n in 1..10 {
            bucket.throttled(start + n * SECOND, start + n * SECOND);
        }
        assert_eq!(bucket.rate(), Some(FLOOR));
        for n in 0..100 {
            bucket.taken(start + (20 + n) * SECOND);
        }
        assert_eq!(bucket.rate(), Some(4.0));
        let mut slow = Bucket::new(Some(0.25), start);
        slow.throttled(start + SECOND, start + SECOND);
        assert_eq!(slow.rate(), Some(0.25), "a floor is no reason to go faster");
    }

    #[test]
    fn the_rate_rises_by_one_a_second() {
        let start = Instant::now();
        let mut bucket = Bucket::new(None, start);
        for _ in 0..20 {
            assert_eq!(bucket.take(start), Ok(()));
        }
        bucket.throttled(start, start);
        let mut now = start;
        while now < start + 10 * SECOND {
            match bucket.take(now) {
                Ok(()) => bucket.taken(now),
                Err(wait) => now += wait,
            }
        }
        let rate = bucket.rate().unwrap();
        assert!(
            (19.0..=21.5).contains(&rate),
            "10 and about 10 more: {rate}"
        );
    }
}
