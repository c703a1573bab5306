//! A cloud in memory, and what goes wrong in it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures_util::future::{FutureExt, LocalBoxFuture};
use wip_plan::{Address, Doc, KindInfo, Mark, Note, Owner, Place, Seen, Sighting, Want};
use wip_provider::{Class, CloudError, Created, Driver, Look, Mismatch, Scope, Sights, Target};
use wip_space::Space;

/// A cloud in memory: documents by address, and a plan of what goes wrong.
#[derive(Default)]
pub(super) struct World {
    pub(super) live: RefCell<BTreeMap<Address, (Doc, Mark)>>,
    pub(super) calls: Cell<usize>,
    pub(super) most_at_once: Cell<usize>,
    pub(super) at_once: Cell<usize>,
    pub(super) log: RefCell<Vec<String>>,
    /// By serial key: calls that are under way, and the most that ever were.
    pub(super) keyed: RefCell<BTreeMap<String, (isize, isize)>>,
    /// Call number → what goes wrong.
    pub(super) faults: RefCell<BTreeMap<usize, Fault>>,
    /// Nothing can bear a mark.
    pub(super) unmarkable: Cell<bool>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fault {
    /// Refused, nothing happened.
    Refused(Class),
    /// It happened, and the answer was lost.
    Lost,
    /// Half of it happened, then it was refused.
    Half,
    /// It happened, and no answer ever comes.
    Hangs,
    /// The process is gone before the call.
    DeadBefore,
    /// It happened, and the process is gone.
    DeadAfter,
}

impl World {
    pub(super) async fn call(
        &self,
        name: &str,
        address: &Address,
        work: impl FnOnce(bool),
    ) -> Result<(), CloudError> {
        let number = self.calls.get();
        self.calls.set(number + 1);
        self.log
            .borrow_mut()
            .push(format!("{name} {}", address.local_name()));
        self.at_once.set(self.at_once.get() + 1);
        self.most_at_once
            .set(self.most_at_once.get().max(self.at_once.get()));
        let key = serial_key(address);
        self.count(key.as_deref(), 1);
        // Several turns, so that calls overlap which may.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.count(key.as_deref(), -1);
        self.at_once.set(self.at_once.get() - 1);
        let error = |class| Err(CloudError::local(class, name, "as planned"));
        let fault = self.faults.borrow().get(&number).copied();
        match fault {
            None => {
                work(false);
                Ok(())
            }
            Some(Fault::Refused(class)) => error(class),
            Some(Fault::Lost) => {
                work(false);
                error(Class::Broken)
            }
            Some(Fault::Half) => {
                work(true);
                error(Class::Denied)
            }
            Some(Fault::Hangs) => {
                work(false);
                std::future::pending().await
            }
            Some(Fault::DeadBefore) => std::future::pending().await,
            Some(Fault::DeadAfter) => {
                work(false);
                std::future::pending().await
            }
        }
    }
}

impl World {
    fn count(&self, key: Option<&str>, by: isize) {
        if let Some(key) = key {
            let mut keyed = self.keyed.borrow_mut();
            let (now, most) = keyed.entry(key.to_owned()).or_default();
            *now += by;
            *most = (*most).max(*now);
        }
    }
}

pub(super) struct Fake(pub(super) Rc<World>);

impl Driver for Fake {
    fn cloud(&self) -> &'static str {
        "fake"
    }

    fn kinds(&self) -> Vec<KindInfo> {
        vec![KINDS]
    }

    fn check<'a>(
        &'a self,
        _: &'a Space,
        _: &'a BTreeSet<String>,
    ) -> LocalBoxFuture<'a, Result<(), Mismatch>> {
        std::future::ready(Ok(())).boxed_local()
    }

    fn facts<'a>(
        &'a self,
        _: &'a Space,
    ) -> LocalBoxFuture<'a, Result<serde_json::Value, CloudError>> {
        std::future::ready(Ok(serde_json::Value::Null)).boxed_local()
    }

    fn desire(
        &self,
        _: &Scope<'_>,
        _: &serde_json::Value,
    ) -> Result<(Vec<Want>, Vec<Note>), CloudError> {
        Ok((Vec::new(), Vec::new()))
    }

    fn observe<'a>(&'a self, look: Look<'a>) -> LocalBoxFuture<'a, Sights> {
        let live = self.0.live.borrow();
        let owner = |mark: &Mark| match self.0.unmarkable.get() {
            true => Owner::Unmarkable,
            false => Owner::Marked(mark.clone()),
        };
        let seen = look
            .glances
            .iter()
            .map(|glance| {
                let seen = live
                    .get(&glance.address)
                    .map_or(Seen::Absent, |(doc, mark)| {
                        Seen::Present(Sighting {
                            id: None,
                            given: BTreeMap::new(),
                            doc: doc.clone(),
                            owner: owner(mark),
                            objections: Vec::new(),
                            remarks: Vec::new(),
                        })
                    });
                (glance.address.clone(), seen)
            })
            .collect();
        std::future::ready(Sights {
            seen,
            ..Sights::default()
        })
        .boxed_local()
    }

    fn create<'a>(
        &'a self,
        at: Target<'a>,
        doc: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<Created, CloudError>> {
        async move {
            if self.0.live.borrow().contains_key(at.address) {
                return Err(CloudError::local(Class::Conflict, "create", "it exists"));
            }
            let work = |half| {
                let doc = if half { text("half") } else { doc.clone() };
                self.0
                    .live
                    .borrow_mut()
                    .insert(at.address.clone(), (doc, at.mark.clone()));
            };
            self.0
                .call("create", at.address, work)
                .await
                .map(|()| Created::default())
        }
        .boxed_local()
    }

    fn update<'a>(
        &'a self,
        at: Target<'a>,
        _: &'a Doc,
        to: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move {
            let work = |_| {
                self.0
                    .live
                    .borrow_mut()
                    .insert(at.address.clone(), (to.clone(), at.mark.clone()));
            };
            self.0.call("update", at.address, work).await
        }
        .boxed_local()
    }

    fn mark<'a>(&'a self, _: Target<'a>, _: &'a Doc) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        std::future::ready(Ok(())).boxed_local()
    }

    fn unmark<'a>(
        &'a self,
        _: Target<'a>,
        _: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        std::future::ready(Ok(())).boxed_local()
    }

    fn delete<'a>(
        &'a self,
        at: Target<'a>,
        _: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move {
            if !self.0.live.borrow().contains_key(at.address) {
                return Err(CloudError::local(Class::Missing, "delete", "it is gone"));
            }
            let work = |_| {
                self.0.live.borrow_mut().remove(at.address);
            };
            self.0.call("delete", at.address, work).await
        }
        .boxed_local()
    }

    fn serial(&self, _: &str, _: &Place, doc: &Doc) -> Option<String> {
        match doc {
            Doc::Text(text) => Some(text.split_once('@')?.1.to_owned()),
            _ => None,
        }
    }

    fn outputs(&self, _: &str, _: &Place, _: &Doc) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
}

pub(super) const KINDS: KindInfo = KindInfo {
    name: "fake/thing",
    summary: "a thing",
    ..KindInfo::PLAIN
};

/// What a thing shares with others; its name has it after `@`, and so has its document.
fn serial_key(address: &Address) -> Option<String> {
    Some(address.local_name().split_once('@')?.1.to_owned())
}

pub(super) fn text(text: &str) -> Doc {
    Doc::Text(text.to_owned())
}

pub(super) fn address(name: &str) -> Address {
    Address::new("fake/thing", "s", name)
}

/// A want, written `name` or `name<need,need`; the name ends in `@key` where it shares something.
pub(super) fn want(name: &str, doc: &str) -> Want {
    let (name, needs) = name.split_once('<').unwrap_or((name, ""));
    let key = name.split_once('@').map_or("", |(_, key)| key);
    let doc = match key {
        "" => doc.to_owned(),
        key => format!("{doc}@{key}"),
    };
    Want {
        address: address(name),
        place: place(),
        doc: Ok(text(&doc)),
        needs: needs
            .split(',')
            .filter(|need| !need.is_empty())
            .map(address)
            .collect(),
        links: BTreeSet::new(),
    }
}

pub(super) fn place() -> Place {
    Place {
        cloud: "fake".to_owned(),
        account: "1".to_owned(),
        region: String::new(),
    }
}
