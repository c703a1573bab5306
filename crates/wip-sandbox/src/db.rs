//! The world: one sorted map from a key such as `aws/111122223333/iam/role/backup` to a record.
//!
//! Owns atomic calls (a refused call leaves nothing behind), durability (a call's changes are with the operating system before it is answered), and delayed visibility.
//! Not here: what a record means; each service module owns its own records.
//!
//! Two conventions keep the dump the same for the same calls: a record's member whose name ends in `_at` is a time, and a key under `sandbox/` is bookkeeping; neither is in the dump.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Bound;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The first line of the file: a file of another format is refused, not misread.
const FORMAT: &str = r#"{"format":"wip-sandbox/1"}"#;
const FILE: &str = "world.jsonl";
const BOOKKEEPING: &str = "sandbox/";

/// The records, the file that keeps them, and the call that is going on.
#[derive(Default)]
pub(crate) struct Db {
    records: BTreeMap<String, Value>,
    file: Option<File>,
    /// What each key that this call changed was before.
    before: BTreeMap<String, Option<Value>>,
    /// Keys whose last change is not seen yet.
    stale: BTreeMap<String, Stale>,
    /// Stale keys that this call looked for.
    missed: RefCell<BTreeSet<String>>,
    /// Whether this call only reads.
    reading: bool,
}

/// What readers still see of a key that was changed.
#[derive(Clone)]
struct Stale {
    /// How the record was before; nothing where it is new.
    before: Option<Value>,
    /// How many calls that look for it will still see it so.
    observations: u32,
}

impl Db {
    /// Opens or makes the world file of a folder, and writes it anew without what was overwritten.
    ///
    /// A last line that a kill cut short is dropped: its call was never answered.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let path = dir.join(FILE);
        let records = match fs::read_to_string(&path) {
            Ok(text) => read(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        let compact = dir.join(format!("{FILE}.new"));
        let mut file = File::create(&compact)?;
        let mut text = format!("{FORMAT}\n");
        for (key, value) in &records {
            text.push_str(&line(&[(key.as_str(), Some(value))]));
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&compact, &path)?;
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok(Self {
            records,
            file: Some(file),
            ..Self::default()
        })
    }

    /// A world of the same records that goes its own way from here, in memory.
    pub(crate) fn copy(&self) -> Self {
        Self {
            records: self.records.clone(),
            stale: self.stale.clone(),
            ..Self::default()
        }
    }

    /// Begins a call, which only reads or may change something: a change of what is there is made
    /// to how it really is, while a reader may still see how it was.
    pub(crate) fn begin(&mut self, reading: bool) {
        self.reading = reading;
    }

    /// A record as this call sees it, or nothing where there is none or it is not visible yet.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let value = self.seen(key, self.records.get(key))?;
        T::deserialize(value).ok()
    }

    /// Whether a record is gone and still seen: for what the clouds refuse until everybody knows that it is gone.
    pub(crate) fn lingers(&self, key: &str) -> bool {
        let is_stale = self.stale.get(key).is_some_and(|it| it.before.is_some());
        let lingers = is_stale && !self.records.contains_key(key);
        if lingers {
            self.missed.borrow_mut().insert(key.to_owned());
        }
        lingers
    }

    /// A record whether visible yet or not: for what the clouds decide consistently, as that a name is taken.
    pub(crate) fn get_at_once<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.records
            .get(key)
            .and_then(|value| T::deserialize(value).ok())
    }

    /// The visible records under a prefix, sorted, each with the rest of its key.
    pub(crate) fn scan<'a, T: DeserializeOwned>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, T)> {
        self.scan_after(prefix, "")
    }

    /// As [`Db::scan`], of those only whose rest of the key sorts after `after` (all, when that is empty).
    pub(crate) fn scan_after<'a, T: DeserializeOwned>(
        &'a self,
        prefix: &'a str,
        after: &str,
    ) -> impl Iterator<Item = (&'a str, T)> {
        let start = format!("{prefix}{after}");
        let bound = if after.is_empty() {
            Bound::Included(start)
        } else {
            Bound::Excluded(start)
        };
        let range = (bound, Bound::Unbounded);
        // Records that are gone and still seen have only their stale form.
        let mut there = self.records.range::<String, _>(range.clone()).peekable();
        let mut stale = self.stale.range::<String, _>(range).peekable();
        let merged = std::iter::from_fn(move || {
            let next = match (there.peek(), stale.peek()) {
                (Some((key, _)), Some((old, _))) if old < key => None,
                (Some(_), _) => there.next(),
                (None, Some(_)) => None,
                (None, None) => return None,
            };
            match next {
                Some((key, value)) => {
                    stale.next_if(|(old, _)| *old == key);
                    Some((key, Some(value)))
                }
                None => stale.next().map(|(key, _)| (key, None)),
            }
        });
        merged
            .take_while(move |(key, _)| key.starts_with(prefix))
            .filter_map(move |(key, value)| {
                let value = self.seen(key, value)?;
                Some((&key[prefix.len()..], T::deserialize(value).ok()?))
            })
    }

    /// The keys under a prefix, visible or not, sorted.
    pub(crate) fn keys(&self, prefix: &str) -> impl Iterator<Item = &str> {
        self.records
            .range(prefix.to_owned()..)
            .map(|(key, _)| key.as_str())
            .take_while(move |key| key.starts_with(prefix))
    }

    /// How many records there are under a prefix, visible or not.
    pub(crate) fn count(&self, prefix: &str) -> usize {
        self.keys(prefix).count()
    }

    /// Whether there is any record under a prefix.
    pub(crate) fn has_any(&self, prefix: &str) -> bool {
        self.keys(prefix).next().is_some()
    }

    /// Writes a record.
    pub(crate) fn put<T: Serialize>(&mut self, key: &str, record: &T) {
        let value = serde_json::to_value(record).expect("records are plain data with string keys");
        let before = self.records.insert(key.to_owned(), value);
        self.before.entry(key.to_owned()).or_insert(before);
    }

    /// Removes a record; nothing happens where there is none.
    pub(crate) fn remove(&mut self, key: &str) {
        if let Some(before) = self.records.remove(key) {
            self.before.entry(key.to_owned()).or_insert(Some(before));
            self.stale.remove(key);
        }
    }

    /// Removes every record under a prefix.
    pub(crate) fn remove_all(&mut self, prefix: &str) {
        let keys: Vec<String> = self.keys(prefix).map(str::to_owned).collect();
        for key in keys {
            self.remove(&key);
        }
    }

    /// Ends the call: what it changed goes to the file in one line. On an error nothing is changed.
    ///
    /// Where `delay` is not zero, that many calls that look for what was changed still see how it was.
    pub(crate) fn commit(&mut self, delay: u32) -> io::Result<()> {
        let changes: Vec<(&str, Option<&Value>)> = self
            .before
            .iter()
            .map(|(key, before)| (key.as_str(), before, self.records.get(key)))
            .filter(|(_, before, now)| before.as_ref() != *now)
            .map(|(key, _, now)| (key, now))
            .collect();
        if let Some(file) = &mut self.file
            && !changes.is_empty()
            && let Err(error) = file.write_all(line(&changes).as_bytes())
        {
            self.rollback();
            return Err(error);
        }
        let before = std::mem::take(&mut self.before);
        self.observed();
        for (key, before) in before {
            let is_changed = before.as_ref() != self.records.get(&key);
            if delay > 0 && is_changed && !key.starts_with(BOOKKEEPING) {
                let observations = delay;
                self.stale.insert(
                    key,
                    Stale {
                        before,
                        observations,
                    },
                );
            }
        }
        Ok(())
    }

    /// Ends the call as if it had changed nothing.
    pub(crate) fn rollback(&mut self) {
        for (key, before) in std::mem::take(&mut self.before) {
            match before {
                Some(value) => self.records.insert(key, value),
                None => self.records.remove(&key),
            };
        }
        self.observed();
    }

    /// All records that are not bookkeeping, without times.
    pub(crate) fn dump(&self) -> BTreeMap<&str, Value> {
        self.records
            .iter()
            .filter(|(key, _)| !key.starts_with(BOOKKEEPING))
            .map(|(key, value)| (key.as_str(), without_times(value)))
            .collect()
    }

    /// What this call sees of a key, whose record is `now`.
    fn seen<'a>(&'a self, key: &str, now: Option<&'a Value>) -> Option<&'a Value> {
        match self.stale.get(key) {
            // What is new is missed by everybody; what was changed or removed is as it is for whoever changes it.
            Some(stale) if self.reading || stale.before.is_none() => {
                self.missed.borrow_mut().insert(key.to_owned());
                stale.before.as_ref()
            }
            _ => now,
        }
    }

    fn observed(&mut self) {
        for key in std::mem::take(self.missed.get_mut()) {
            if let Some(stale) = self.stale.get_mut(&key) {
                stale.observations -= 1;
                if stale.observations == 0 {
                    self.stale.remove(&key);
                }
            }
        }
    }
}

fn line(changes: &[(&str, Option<&Value>)]) -> String {
    let text = serde_json::to_string(changes).expect("records are plain data with string keys");
    text + "\n"
}

fn read(text: &str) -> io::Result<BTreeMap<String, Value>> {
    let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidData, message);
    let mut records = BTreeMap::new();
    let Some((head, rest)) = text.split_once('\n') else {
        return Ok(records);
    };
    if head != FORMAT {
        return Err(invalid(format!("{FILE}: unknown format {head}")));
    }
    // What follows the last newline is a line that was cut short.
    let whole = rest.rfind('\n').map_or("", |end| &rest[..end]);
    for (number, line) in whole.lines().enumerate() {
        let changes: Vec<(String, Option<Value>)> = serde_json::from_str(line)
            .map_err(|error| invalid(format!("{FILE} line {}: {error}", number + 2)))?;
        for (key, value) in changes {
            match value {
                Some(value) => records.insert(key, value),
                None => records.remove(&key),
            };
        }
    }
    Ok(records)
}

fn without_times(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !name.ends_with("_at"))
            .map(|(name, value)| (name.clone(), without_times(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_times).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Db {
        let mut db = Db::default();
        db.put("kept", &1);
        db.put("removed", &2);
        db.commit(0).unwrap();
        db.put("kept", &3);
        db.put("new", &4);
        db.remove("removed");
        db
    }

    #[test]
    fn a_call_that_is_rolled_back_has_changed_nothing() {
        let mut db = filled();
        db.rollback();
        assert_eq!(
            db.dump(),
            BTreeMap::from([("kept", 1.into()), ("removed", 2.into())])
        );
    }

    #[test]
    fn a_call_that_cannot_be_written_has_changed_nothing() {
        let mut db = filled();
        // Open for reading only: each write fails.
        db.file = Some(File::open("/dev/null").unwrap());
        assert!(db.commit(0).is_err());
        assert_eq!(
            db.dump(),
            BTreeMap::from([("kept", 1.into()), ("removed", 2.into())])
        );
    }

    #[test]
    fn readers_see_for_a_while_how_it_was() {
        let mut db = filled();
        db.commit(2).unwrap();
        db.begin(true);
        let all = |db: &Db| -> Vec<(String, i32)> {
            let seen = db.scan::<i32>("");
            seen.map(|(key, value)| (key.to_owned(), value)).collect()
        };
        let [kept, new, removed] =
            [("kept", 3), ("new", 4), ("removed", 2)].map(|(key, value)| (key.to_owned(), value));
        let was = ("kept".to_owned(), 1);
        assert_eq!(all(&db), [was.clone(), removed.clone()]);
        db.commit(0).unwrap();
        assert_eq!(db.get::<i32>("removed"), Some(2));
        db.commit(0).unwrap();
        // Two calls have looked for what was removed, and one for the others.
        assert_eq!(all(&db), [was]);
        db.commit(0).unwrap();
        assert_eq!(all(&db), [kept, new]);
    }

    #[test]
    fn changes_are_made_to_how_it_is_and_miss_only_what_is_new() {
        let mut db = filled();
        db.commit(9).unwrap();
        db.begin(false);
        let get = |key: &str| db.get::<i32>(key);
        assert_eq!(
            (get("kept"), get("new"), get("removed")),
            (Some(3), None, None)
        );
        assert_eq!(db.get_at_once::<i32>("new"), Some(4));
        assert_eq!(
            ["kept", "new", "removed"].map(|key| db.lingers(key)),
            [false, false, true]
        );
    }

    #[test]
    fn times_and_bookkeeping_are_not_in_the_dump() {
        let mut db = Db::default();
        db.put("sandbox/clock", &1);
        db.put(
            "role",
            &serde_json::json!({ "made_at": 1, "tags": [{ "at": 1, "read_at": 2 }] }),
        );
        let role = serde_json::json!({ "tags": [{ "at": 1 }] });
        assert_eq!(db.dump(), BTreeMap::from([("role", role)]));
    }
}
