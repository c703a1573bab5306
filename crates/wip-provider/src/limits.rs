//! How much may be asked of one place: requests in flight and requests a second, by API and direction.
//!
//! Owns the bounds as a value, how they are written, and which of them counts for an API.
//! How they are kept is [`Lane`]'s; which rates a cloud publishes is that cloud's crate's.

mod bucket;
mod lane;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

pub use lane::{Lane, Limiter, Slot};

/// Reads in flight at one API of one place, where nothing else is said.
const READS: usize = 20;
/// Writes in flight at one API of one place, where nothing else is said.
const WRITES: usize = 10;

/// Whether a request changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// It changes nothing.
    Read,
    /// It changes something.
    Write,
}

/// What may be asked of one API in one direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// Requests in flight.
    pub in_flight: usize,
    /// Requests a second; `None` where no rate is known: the first answer that throttles tells one.
    pub rate: Option<f64>,
}

/// The bounds of every API of a place.
///
/// Written as settings with commas between them: `reads=20,writes=10`, requests in flight;
/// `read-rate=50,write-rate=20`, requests a second; `iam.writes=5,kms.write-rate=2`, of one API alone.
/// A setting of one API counts before one of all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits(BTreeMap<(String, Direction), Setting>);

/// What somebody said about one API, or about all: the empty name.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Setting {
    in_flight: Option<usize>,
    rate: Option<f64>,
}

impl Limits {
    /// The bound of `api` (`iam`) in `direction`; `published` is the rate that its cloud documents.
    pub fn of(&self, api: &str, direction: Direction, published: Option<f64>) -> Bound {
        let said = |api: &str| {
            let setting = self.0.get(&(api.to_owned(), direction));
            setting.copied().unwrap_or_default()
        };
        let (own, every) = (said(api), said(""));
        let in_flight = own.in_flight.or(every.in_flight);
        Bound {
            in_flight: in_flight.unwrap_or(match direction {
                Direction::Read => READS,
                Direction::Write => WRITES,
            }),
            rate: own.rate.or(every.rate).or(published),
        }
    }
}

impl Limits {
    /// An API that somebody said something of and that is not among `known`: a setting that would do nothing.
    pub fn unknown<'a>(&'a self, known: &[&str]) -> Option<&'a str> {
        let apis = self.0.keys().map(|(api, _)| api.as_str());
        apis.filter(|api| !api.is_empty())
            .find(|api| !known.contains(api))
    }
}

/// Settings that are no limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{setting}`: {why}")]
pub struct BadLimit {
    /// What was written.
    setting: String,
    /// What is wrong with it, and what is right.
    why: String,
}

impl FromStr for Limits {
    type Err = BadLimit;

    fn from_str(text: &str) -> Result<Self, BadLimit> {
        let mut limits = Self::default();
        // A variable that is there and empty sets nothing.
        if text.trim().is_empty() {
            return Ok(limits);
        }
        for setting in text.split(',').map(str::trim) {
            limits.set(setting).map_err(|why| BadLimit {
                setting: setting.to_owned(),
                why,
            })?;
        }
        Ok(limits)
    }
}

impl Limits {
    fn set(&mut self, setting: &str) -> Result<(), String> {
        let (key, value) = setting
            .split_once('=')
            .ok_or("a setting is NAME=NUMBER, like writes=5")?;
        let (api, name) = key.split_once('.').unwrap_or(("", key));
        let is_api = |api: &str| {
            api.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if key.contains('.') && (api.is_empty() || !is_api(api)) {
            return Err("before the dot stands an API, like iam.writes=5".to_owned());
        }
        let (direction, is_rate) = match name {
            "reads" => (Direction::Read, false),
            "writes" => (Direction::Write, false),
            "read-rate" => (Direction::Read, true),
            "write-rate" => (Direction::Write, true),
            _ => {
                return Err(
                    "the settings are reads, writes, read-rate and write-rate, and each of them after an API and a dot"
                        .to_owned(),
                );
            }
        };
        let said = self.0.entry((api.to_owned(), direction)).or_default();
        if is_rate {
            let rate: Option<f64> = value.parse().ok();
            let rate = rate.filter(|rate| (0.1..=10_000.0).contains(rate));
            said.rate = Some(rate.ok_or("requests a second are a number from 0.1 to 10000")?);
        } else {
            let count: Option<usize> = value.parse().ok();
            let count = count.filter(|count| (1..=1_000).contains(count));
            said.in_flight = Some(count.ok_or("requests in flight are a number from 1 to 1000")?);
        }
        Ok(())
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut settings = Vec::new();
        for ((api, direction), said) in &self.0 {
            let dot = if api.is_empty() { "" } else { "." };
            let (count, rate) = match direction {
                Direction::Read => ("reads", "read-rate"),
                Direction::Write => ("writes", "write-rate"),
            };
            settings.extend(said.in_flight.map(|n| format!("{api}{dot}{count}={n}")));
            settings.extend(said.rate.map(|n| format!("{api}{dot}{rate}={n}")));
        }
        f.write_str(&settings.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(text: &str) -> Limits {
        text.parse().expect("limits")
    }

    #[test]
    fn the_nearest_setting_counts() {
        let said = limits("writes=8, iam.writes=3,write-rate=50,kms.write-rate=2");
        let of = |api, direction, published| said.of(api, direction, published);
        let bound = |in_flight, rate| Bound { in_flight, rate };
        assert_eq!(of("iam", Direction::Write, None), bound(3, Some(50.0)));
        assert_eq!(of("kms", Direction::Write, Some(15.0)), bound(8, Some(2.0)));
        assert_eq!(of("s3", Direction::Write, None), bound(8, Some(50.0)));
        assert_eq!(of("s3", Direction::Read, Some(5.0)), bound(20, Some(5.0)));
        let none = Limits::default();
        assert_eq!(none.of("iam", Direction::Write, None), bound(10, None));
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = "reads=5,iam.writes=3,iam.write-rate=2.5,s3.reads=3";
        assert_eq!(limits(text).to_string(), text);
        assert_eq!(Limits::default().to_string(), "");
        assert_eq!(limits(" "), Limits::default());
    }

    #[test]
    fn an_api_that_nobody_calls_is_told() {
        let said = limits("reads=5,iam.writes=3,s4.reads=1");
        assert_eq!(said.unknown(&["iam", "s3"]), Some("s4"));
        assert_eq!(said.unknown(&["iam", "s4"]), None);
    }

    #[test]
    fn a_setting_that_is_none_says_what_is_right() {
        for (text, words) in [
            ("writes", "NAME=NUMBER"),
            ("reads=5,", "NAME=NUMBER"),
            ("qps=5", "the settings are"),
            (".writes=5", "an API"),
            ("IAM.writes=5", "an API"),
            ("reads=0", "from 1 to 1000"),
            ("reads=2.5", "from 1 to 1000"),
            ("read-rate=0", "from 0.1 to 10000"),
            ("read-rate=NaN", "from 0.1 to 10000"),
            ("read-rate=inf", "from 0.1 to 10000"),
        ] {
            let error = text.parse::<Limits>().expect_err(text).to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
