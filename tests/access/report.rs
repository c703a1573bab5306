//! What was tried, and what was answered otherwise than expected.
//!
//! Owns the count, and the words by which one finds a wrong case.

use std::collections::BTreeSet;

use super::asking::Answer;

/// What an answer has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It is done.
    Works,
    /// It is refused for want of a permission, and for nothing else.
    Denied,
    /// There is no such object, and the caller may know that.
    Missing,
    /// This status and this code.
    Says(u16, &'static str),
    /// A session of the role of this name.
    OfRole(&'static str),
    /// A session of another role, or none, because nothing is associated.
    OfNoRole(&'static str),
}

impl Expected {
    /// Sources of the codes: "Error responses" of the Amazon S3 API reference; "Common errors" of the IAM, STS, KMS,
    /// Secrets Manager and Systems Manager API references; an answer to HEAD has no body ("HeadObject").
    fn fits(self, answer: &Answer) -> bool {
        let code = answer.code();
        let code = code.as_str();
        match self {
            Self::Works => answer.worked(),
            Self::Denied => matches!(
                (answer.status, code),
                (403, "AccessDenied" | "AccessDeniedException" | "")
                    | (400, "AccessDeniedException")
            ),
            Self::Missing => matches!((answer.status, code), (404, "NoSuchKey" | "")),
            Self::Says(status, wanted) => (answer.status, code) == (status, wanted),
            Self::OfRole(name) => answer.worked() && is_of(answer, name),
            Self::OfNoRole(name) => match answer.worked() {
                true => !is_of(answer, name),
                false => (answer.status, code) == (404, "ResourceNotFoundException"),
            },
        }
    }
}

/// Whether it tells of a session of that role.
fn is_of(answer: &Answer, name: &str) -> bool {
    answer.body.contains(&format!(":assumed-role/{name}/"))
}

/// The cases of one example.
#[derive(Debug)]
pub(crate) struct Report {
    example: String,
    pub(crate) tried: usize,
    pub(crate) wrong: Vec<String>,
    /// The cases that had to be refused, and were.
    pub(crate) refused: Vec<String>,
    seen: BTreeSet<String>,
}

impl Report {
    pub(crate) fn new(example: &str) -> Self {
        Self {
            example: example.to_owned(),
            tried: 0,
            wrong: Vec::new(),
            refused: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    /// One case: who tries what, what must come of it and why, and what came of it.
    pub(crate) fn case(
        &mut self,
        (who, what): (&str, &str),
        (expected, source): (Expected, &str),
        answer: &Answer,
    ) {
        self.tried += 1;
        if expected == Expected::Denied && expected.fits(answer) {
            self.refused.push(what.to_owned());
        }
        if !expected.fits(answer) {
            let (status, code) = (answer.status, answer.code());
            self.wrong.push(format!(
                "{}: {who}: {what}: {expected:?} expected ({source}), but {status} {code}",
                self.example
            ));
        }
    }

    /// As [`Self::case`], where only whether it would be done is told: `Works` or `Denied`.
    pub(crate) fn verdict(
        &mut self,
        (who, what): (&str, &str),
        (expected, source): (Expected, &str),
        allowed: bool,
    ) {
        self.tried += 1;
        if (expected == Expected::Works) != allowed {
            self.wrong.push(format!(
                "{}: {who}: {what}: {expected:?} expected ({source}), but allowed is {allowed}",
                self.example
            ));
        }
    }

    /// Whether nobody has asked for this word yet.
    pub(crate) fn is_first(&mut self, word: &str) -> bool {
        self.seen.insert(word.to_owned())
    }

    /// One line for the example.
    pub(crate) fn line(&self) -> String {
        let (tried, wrong) = (self.tried, self.wrong.len());
        format!("{}: {tried} cases, {wrong} wrong", self.example)
    }
}
