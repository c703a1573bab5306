//! What a bucket must offer: named objects, whole ones, that are written on a condition.
//!
//! Owns the contract and the classes of what goes wrong.
//! Knows no provider, tries nothing twice, and knows nothing of states.

use std::fmt;

use futures_util::future::LocalBoxFuture;

/// What a bucket answers, at some time.
pub(crate) type Answer<'a, T> = LocalBoxFuture<'a, Result<T, Fault>>;

/// Which bytes an object has: an entity tag, or a generation. Another one when it is written again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version(pub(crate) String);

/// An object that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    pub(crate) version: Version,
}

/// One bucket.
///
/// Every method makes one attempt.
/// Reads see what was written before them, and so do lists: S3 since December 2020 ("Amazon S3 data
/// consistency model"), Azure Blob Storage and Google Cloud Storage always.
pub(crate) trait Objects {
    /// Reads the object `key`, of at most `limit` bytes; `None` where there is none.
    fn get<'a>(&'a self, key: &'a str, limit: u64) -> Answer<'a, Option<Object>>;

    /// Writes an object that is not there yet ([`Class::Moved`] where it is).
    fn create<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> Answer<'a, Version>;

    /// Writes an object in the place of `over` ([`Class::Moved`] where that is not what is there).
    fn replace<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        over: &'a Version,
    ) -> Answer<'a, Version>;

    /// Removes an object: with `only`, that version ([`Class::Moved`] where another is there, as
    /// far as the server looks at that). That it is not there is fine.
    fn delete<'a>(&'a self, key: &'a str, only: Option<&'a Version>) -> Answer<'a, ()>;

    /// The names of all objects that begin with `prefix`, a folder with its slash; sorted.
    fn list<'a>(&'a self, prefix: &'a str) -> Answer<'a, Vec<String>>;
}

/// What went wrong, as far as anybody has to act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Something else is there than what the write was to replace.
    Moved,
    /// There is no such object.
    Missing,
    /// The bucket is not there.
    NoBucket,
    /// These credentials may not.
    Denied,
    /// There are no credentials, or they are not accepted.
    Credentials,
    /// Whoever gives credentials could not be asked just now. Nothing was done.
    Token,
    /// What the environment says of the endpoint is wrong.
    Settings,
    /// This machine's clock is wrong.
    Clock,
    /// The bucket is in another region.
    Region,
    /// An object is larger than it may be.
    TooLarge,
    /// The server wants to be left alone for a while. Nothing was done.
    Busy,
    /// The server was not reached. Nothing was done.
    Unreached,
    /// The server answered nothing, or nothing that says what it did.
    Lost,
    /// Anything else: trying again does not help.
    Other,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) class: Class,
    /// What the server or the system said, in one line, without secrets.
    pub(crate) said: String,
    /// An earlier attempt, or this one, may have been done although nobody said so.
    pub(crate) doubtful: bool,
}

impl Class {
    /// Whether trying again may help.
    pub(crate) fn passes(self) -> bool {
        matches!(
            self,
            Self::Busy | Self::Unreached | Self::Lost | Self::Token
        )
    }
}

impl Fault {
    pub(crate) fn new(class: Class, said: impl Into<String>) -> Self {
        Self {
            class,
            said: one_line(&said.into()),
            doubtful: class == Class::Lost,
        }
    }

    /// The fault of a write: what it was to replace is gone.
    pub(crate) fn instead(self) -> Self {
        match self.class {
            Class::Missing => Self {
                class: Class::Moved,
                ..self
            },
            _ => self,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Fault {}

/// A server's words as one line of bounded length.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() + word.len() > 400 {
            line.push_str(" …");
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !c.is_control()));
    }
    line
}
