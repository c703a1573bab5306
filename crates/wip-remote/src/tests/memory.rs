//! A bucket in memory that fails, loses answers, or stops, at the calls that it is told.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::sync::Notify;

use crate::objects::{Answer, Class, Fault, Object, Objects, Version};

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trick {
    /// It fails, and nothing is done.
    Fail(Class),
    /// It is done, and its answer is lost.
    Lose,
    /// It is done, and is never answered.
    Hang,
    /// The process dies before it.
    DieBefore,
    /// The process dies after it.
    DieAfter,
}

/// A bucket; a clone is the same one.
#[derive(Clone, Default)]
pub(super) struct Memory {
    objects: Rc<RefCell<BTreeMap<String, Object>>>,
    writes: Rc<Cell<u64>>,
    calls: Rc<RefCell<Vec<String>>>,
    tricks: Rc<RefCell<BTreeMap<usize, Trick>>>,
    /// From this call on all fail.
    down: Rc<Cell<Option<(usize, Class)>>>,
    died: Rc<Notify>,
}

impl Memory {
    /// Does something at the `number`th call, from 1.
    pub(super) fn trick(&self, number: usize, trick: Trick) {
        self.tricks.borrow_mut().insert(number, trick);
    }

    /// Lets all calls from the `number`th on fail, and nothing be done.
    pub(super) fn down(&self, number: usize, class: Class) {
        self.down.set(Some((number, class)));
    }

    /// Nothing goes wrong any more, and calls are counted anew.
    pub(super) fn heal(&self) {
        self.tricks.borrow_mut().clear();
        self.calls.borrow_mut().clear();
        self.down.set(None);
    }

    /// The calls up to now: `create a/prod/lock`.
    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.borrow().clone()
    }

    /// Name → text.
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        let objects = self.objects.borrow();
        let text = |object: &Object| String::from_utf8_lossy(&object.bytes).into_owned();
        objects
            .iter()
            .map(|(key, object)| (key.clone(), text(object)))
            .collect()
    }

    /// Writes an object from outside.
    pub(super) fn set(&self, key: &str, text: &str) {
        self.insert(key, text.as_bytes());
    }

    /// Removes an object from outside.
    pub(super) fn unset(&self, key: &str) {
        let removed = self.objects.borrow_mut().remove(key);
        assert!(removed.is_some(), "{key}");
    }

    /// Runs something until it ends, or until the process dies: then `None`.
    pub(super) async fn until_death<T>(&self, run: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.died.notified() => None,
            done = run => Some(done),
        }
    }

    fn insert(&self, key: &str, bytes: &[u8]) -> Version {
        self.writes.set(self.writes.get() + 1);
        let version = Version(format!("v{}", self.writes.get()));
        let object = Object {
            bytes: bytes.to_vec(),
            version: version.clone(),
        };
        self.objects.borrow_mut().insert(key.to_owned(), object);
        version
    }

    async fn call<T>(
        &self,
        what: &str,
        key: &str,
        act: impl FnOnce() -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let number = {
            let mut calls = self.calls.borrow_mut();
            calls.push(format!("{what} {key}"));
            calls.len()
        };
        let trick = self.tricks.borrow().get(&number).copied();
        if let Some((from, class)) = self.down.get()
            && number >= from
        {
            return Err(Fault::new(class, "down"));
        }
        if let Some(Trick::Fail(class)) = trick {
            return Err(Fault::new(class, "trick"));
        }
        if trick == Some(Trick::DieBefore) {
            self.died.notify_one();
            return std::future::pending().await;
        }
        // Others may come in between, before it is done and after it.
        tokio::task::yield_now().await;
        let done = act();
        match trick {
            Some(Trick::Lose) => return Err(Fault::new(Class::Lost, "lost")),
            Some(Trick::Hang) => return std::future::pending().await,
            Some(Trick::DieAfter) => {
                self.died.notify_one();
                return std::future::pending().await;
            }
            _ => {}
        }
        tokio::task::yield_now().await;
        done
    }
}

fn moved() -> Fault {
    Fault::new(Class::Moved, "moved")
}

impl Objects for Memory {
    fn get<'a>(&'a self, key: &'a str, limit: u64) -> Answer<'a, Option<Object>> {
        Box::pin(self.call("get", key, move || {
            let object = self.objects.borrow().get(key).cloned();
            match &object {
                Some(object) if object.bytes.len() as u64 > limit => {
                    Err(Fault::new(Class::TooLarge, "large"))
                }
                _ => Ok(object),
            }
        }))
    }

    fn create<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> Answer<'a, Version> {
        Box::pin(self.call("create", key, move || {
            match self.objects.borrow().contains_key(key) {
                true => Err(moved()),
                false => Ok(()),
            }?;
            Ok(self.insert(key, bytes))
        }))
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        over: &'a Version,
    ) -> Answer<'a, Version> {
        Box::pin(self.call("replace", key, move || {
            match self.objects.borrow().get(key) {
                Some(object) if object.version == *over => Ok(()),
                _ => Err(moved()),
            }?;
            Ok(self.insert(key, bytes))
        }))
    }

    fn delete<'a>(&'a self, key: &'a str, only: Option<&'a Version>) -> Answer<'a, ()> {
        Box::pin(self.call("delete", key, move || {
            let mut objects = self.objects.borrow_mut();
            match (objects.get(key), only) {
                (Some(object), Some(only)) if object.version != *only => return Err(moved()),
                _ => objects.remove(key),
            };
            Ok(())
        }))
    }

    fn list<'a>(&'a self, prefix: &'a str) -> Answer<'a, Vec<String>> {
        Box::pin(self.call("list", prefix, move || {
            let objects = self.objects.borrow();
            let keys = objects.keys().filter(|key| key.starts_with(prefix));
            Ok(keys.cloned().collect())
        }))
    }
}
