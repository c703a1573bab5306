//! Forms: how a text is held to a pattern, and how it is said that it does not fit.
//!
//! Owns the mechanism. The forms themselves are `raw`'s.

use std::ops::Range;
use std::sync::OnceLock;

use regex_lite::Regex;

use crate::Code;
use crate::problem::Problems;
use crate::words::shown;

/// A text of a known form.
pub(crate) trait Text: Sized {
    fn parse(text: &str, span: &Range<usize>, problems: &mut Problems) -> Option<Self>;
}

/// A regular expression that is compiled when it is first used.
pub(crate) struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(crate) const fn new(source: &'static str) -> Self {
        Self {
            source,
            compiled: OnceLock::new(),
        }
    }

    /// Whether the text matches; a pattern that does not compile matches nothing.
    fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(self.source).ok());
        compiled
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(text))
    }
}

/// What is wrong with a text, where its form can say it better than "is not a …".
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) label: &'static str,
    pub(crate) help: String,
}

/// The form of a text.
pub(crate) struct Form {
    pub(crate) code: Code,
    pub(crate) what: &'static str,
    pub(crate) help: &'static str,
    pub(crate) pattern: &'static Pattern,
    pub(crate) checks: &'static [fn(&str) -> Option<Fault>],
    /// Whether a wildcard may stand in it, as in an action.
    pub(crate) wildcards: bool,
}

impl Form {
    pub(crate) fn check(&self, text: &str, span: &Range<usize>, problems: &mut Problems) -> bool {
        let matches = self.pattern.matches(text);
        let wildcard = || {
            if matches || self.wildcards {
                None
            } else {
                wildcard(text)
            }
        };
        let fault = self
            .checks
            .iter()
            .find_map(|check| check(text))
            .or_else(wildcard);
        match fault {
            Some(fault) => {
                problems.add(fault.code, span, fault.message, fault.label, fault.help);
                false
            }
            None if matches => true,
            None => {
                let what = self.what;
                let message = format!("`{}` is not {what}", shown(text));
                problems.add(self.code, span, message, format!("not {what}"), self.help);
                false
            }
        }
    }
}

/// A name with a wildcard or a policy variable in it.
fn wildcard(text: &str) -> Option<Fault> {
    let found = ["${", "*", "?"]
        .into_iter()
        .find(|sign| text.contains(sign))?;
    let acts = if found == "${" {
        "a policy variable"
    } else {
        "a wildcard"
    };
    Some(Fault {
        code: Code::Wildcard,
        message: format!(
            "`{}` holds `{found}`, which would act as {acts} in a policy",
            shown(text)
        ),
        label: if found == "${" {
            "a policy variable"
        } else {
            "a wildcard"
        },
        help: "write it out, without `*`, `?` and `${`".to_owned(),
    })
}
