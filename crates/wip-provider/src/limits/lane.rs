//! The lanes of a place: one for each API and direction, with its slots and its rate.
//!
//! Owns who goes next: whoever waits longest.
//! What the bounds are is [`Limits`]'.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::bucket::Bucket;
use super::{Bound, Direction, Limits};
use crate::Class;

/// The lanes of one place, made when they are asked for.
pub struct Limiter {
    limits: Limits,
    published: fn(&str, Direction) -> Option<f64>,
    lanes: RefCell<BTreeMap<(&'static str, Direction), Rc<Lane>>>,
}

impl Limiter {
    /// The lanes of a place; `published` knows the rates that its cloud documents.
    pub fn new(limits: Limits, published: fn(&str, Direction) -> Option<f64>) -> Self {
        Self {
            limits,
            published,
            lanes: RefCell::default(),
        }
    }

    /// The lane of `call` (`iam:GetRole`): that of its API, the part before the colon.
    pub fn lane(&self, call: &'static str, direction: Direction) -> Rc<Lane> {
        let api = call.split(':').next().unwrap_or(call);
        let mut lanes = self.lanes.borrow_mut();
        let lane = lanes.entry((api, direction)).or_insert_with(|| {
            let published = (self.published)(api, direction);
            Rc::new(Lane::new(self.limits.of(api, direction, published)))
        });
        Rc::clone(lane)
    }
}

/// One API in one direction: so many requests at once, and so many a second.
#[derive(Debug)]
pub struct Lane {
    slots: Semaphore,
    /// Held by whoever waits for the bucket, so that nobody overtakes.
    turn: Mutex<()>,
    bucket: RefCell<Bucket>,
}

/// The right to have one request under way.
#[derive(Debug)]
#[must_use = "the slot is free again as soon as this is dropped"]
pub struct Slot<'a> {
    _slot: Option<SemaphorePermit<'a>>,
    bucket: &'a RefCell<Bucket>,
    sent: Instant,
}

impl Lane {
    /// A lane with this bound.
    pub fn new(bound: Bound) -> Self {
        Self {
            slots: Semaphore::new(bound.in_flight),
            turn: Mutex::new(()),
            bucket: RefCell::new(Bucket::new(bound.rate, Instant::now())),
        }
    }

    /// Waits until a request may go out, behind everybody who waits already.
    pub async fn enter(&self) -> Slot<'_> {
        // The semaphore is never closed, so there is always a permit.
        let slot = self.slots.acquire().await.ok();
        let _turn = self.turn.lock().await;
        loop {
            let now = Instant::now();
            let taken = self.bucket.borrow_mut().take(now);
            match taken {
                Ok(()) => {
                    return Slot {
                        _slot: slot,
                        bucket: &self.bucket,
                        sent: now,
                    };
                }
                // The rate may fall in the meantime: then this is not the last wait.
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// Requests a second that may go out now, where there is a bound.
    pub fn rate(&self) -> Option<f64> {
        self.bucket.borrow().rate()
    }
}

impl Slot<'_> {
    /// Gives the slot back and tells the lane what came of the request: `None`, or why it failed.
    pub fn answered(self, failure: Option<Class>) {
        let now = Instant::now();
        let mut bucket = self.bucket.borrow_mut();
        match failure {
            Some(Class::Throttled) => bucket.throttled(self.sent, now),
            // No answer, or one of a cloud in trouble, says nothing about how much it takes.
            Some(Class::Broken | Class::Unavailable) => {}
            _ => bucket.taken(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;

    const ANSWER: Duration = Duration::from_millis(50);

    fn limiter(text: &str) -> Limiter {
        let published =
            |api: &str, direction| (api == "kms" && direction == Direction::Write).then_some(2.0);
        Limiter::new(text.parse().unwrap(), published)
    }

    /// Makes so many requests at once; how long they take, and how many were under way at once.
    async fn rush(lane: &Lane, count: usize) -> (Duration, usize) {
        let (now, most) = (Cell::new(0), Cell::new(0));
        let start = Instant::now();
        let requests = (0..count).map(|_| async {
            let slot = lane.enter().await;
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            tokio::time::sleep(ANSWER).await;
            now.set(now.get() - 1);
            slot.answered(None);
        });
        join_all(requests).await;
        (start.elapsed(), most.get())
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_under_way_than_slots() {
        let limiter = limiter("reads=4");
        let lane = limiter.lane("iam:GetRole", Direction::Read);
        let (took, most) = rush(&lane, 40).await;
        assert_eq!(most, 4);
        assert_eq!(took.as_millis(), 10 * ANSWER.as_millis());
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_holds_where_slots_are_free() {
        let limiter = limiter("read-rate=10");
        let lane = limiter.lane("iam:GetRole", Direction::Read);
        let (took, _) = rush(&lane, 40).await;
        // Ten go out at once, thirty more need three seconds.
        assert!((3_000..3_200).contains(&took.as_millis()), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn each_api_and_direction_has_a_lane_of_its_own() {
        let limiter = limiter("reads=4,iam.reads=2");
        let get = limiter.lane("iam:GetRole", Direction::Read);
        let list = limiter.lane("iam:ListRoles", Direction::Read);
        assert!(Rc::ptr_eq(&get, &list));
        assert!(!Rc::ptr_eq(
            &get,
            &limiter.lane("iam:GetRole", Direction::Write)
        ));
        assert_eq!(rush(&get, 9).await.1, 2);
        assert_eq!(
            rush(&limiter.lane("s3:HeadBucket", Direction::Read), 9)
                .await
                .1,
            4
        );
        assert_eq!(
            limiter.lane("kms:PutKeyPolicy", Direction::Write).rate(),
            Some(2.0)
        );
        assert_eq!(
            limiter.lane("kms:GetKeyPolicy", Direction::Read).rate(),
            None
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_longest_goes_next() {
        let limiter = limiter("reads=1,read-rate=2");
        let lane = limiter.lane("iam:GetRole", Direction::Read);
        let order = RefCell::new(Vec::new());
        let requests = (0..6).map(|n| {
            let (lane, order) = (&lane, &order);
            async move {
                let slot = lane.enter().await;
                order.borrow_mut().push(n);
                slot.answered(None);
            }
        });
        join_all(requests).await;
        assert_eq!(order.into_inner(), [0, 1, 2, 3, 4, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_lane_slows_down_and_recovers() {
        let limiter = limiter("reads=20");
        let lane = limiter.lane("iam:GetRole", Direction::Read);
        let slots = join_all((0..20).map(|_| lane.enter())).await;
        for slot in slots {
            slot.answered(Some(Class::Throttled));
        }
        assert_eq!(lane.rate(), Some(10.0));
        let (took, _) = rush(&lane, 20).await;
        assert!((1_500..2_100).contains(&took.as_millis()), "{took:?}");
        assert!(lane.rate().unwrap() > 11.0);
        lane.enter().await.answered(Some(Class::Broken));
    }
}
