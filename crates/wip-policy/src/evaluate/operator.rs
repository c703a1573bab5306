//! The operators of conditions: what they are called, and how each compares one value with one value.
//!
//! Source: "IAM JSON policy elements: Condition operators" in the IAM user guide.
//! Not here: several values, and keys that are absent (`condition`).

use std::net::IpAddr;

use super::Context;
use super::certainty::Match;
use super::pattern::{Fuel, Pattern, Reading};

/// How several values of a key in the request count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    /// No qualifier.
    Plain,
    /// `ForAllValues:`.
    All,
    /// `ForAnyValue:`.
    Any,
}

/// How two values are compared, the request's first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equals,
    EqualsIgnoreCase,
    Like,
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// What the request's number or moment must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An operator, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) quantity: Quantity,
    pub(super) comparison: Comparison,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
}

impl Operator {
    /// The operator of that name; `None` for any other.
    pub(super) fn named(name: &str) -> Option<Operator> {
        let (quantity, rest) = if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Quantity::All, rest)
        } else if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Quantity::Any, rest)
        } else {
            (Quantity::Plain, name)
        };
        let (plain, if_exists) = match rest.strip_suffix("IfExists") {
            Some(plain) => (plain, true),
            None => (rest, false),
        };
        let (comparison, negated) = comparison(plain)?;
        if comparison == Comparison::Null && (if_exists || quantity != Quantity::Plain) {
            return None;
        }
        Some(Operator {
            quantity,
            comparison,
            negated,
            if_exists,
        })
    }
}

fn comparison(name: &str) -> Option<(Comparison, bool)> {
    Some(match name {
        "StringEquals" => (Comparison::Equals, false),
        "StringNotEquals" => (Comparison::Equals, true),
        "StringEqualsIgnoreCase" => (Comparison::EqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (Comparison::EqualsIgnoreCase, true),
        "StringLike" => (Comparison::Like, false),
        "StringNotLike" => (Comparison::Like, true),
        "NumericEquals" => (Comparison::Numeric(Order::Equal), false),
        "NumericNotEquals" => (Comparison::Numeric(Order::Equal), true),
        "NumericLessThan" => (Comparison::Numeric(Order::Less), false),
        "NumericLessThanEquals" => (Comparison::Numeric(Order::LessOrEqual), false),
        "NumericGreaterThan" => (Comparison::Numeric(Order::Greater), false),
        "NumericGreaterThanEquals" => (Comparison::Numeric(Order::GreaterOrEqual), false),
        "DateEquals" => (Comparison::Date(Order::Equal), false),
        "DateNotEquals" => (Comparison::Date(Order::Equal), true),
        "DateLessThan" => (Comparison::Date(Order::Less), false),
        "DateLessThanEquals" => (Comparison::Date(Order::LessOrEqual), false),
        "DateGreaterThan" => (Comparison::Date(Order::Greater), false),
        "DateGreaterThanEquals" => (Comparison::Date(Order::GreaterOrEqual), false),
        "Bool" => (Comparison::Bool, false),
        "BinaryEquals" => (Comparison::Binary, false),
        "IpAddress" => (Comparison::Ip, false),
        "NotIpAddress" => (Comparison::Ip, true),
        "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
        "Null" => (Comparison::Null, false),
        _ => return None,
    })
}

/// A value that a policy has, ready to be compared.
pub(super) enum Wanted<'a> {
    /// A variable in it has no value: nothing is equal to it.
    Nothing,
    Pattern(Pattern),
    /// The six parts of an ARN.
    Arn(Vec<Pattern>),
    Text(&'a str),
    /// Not what the operator compares with.
    Unknown,
}

impl Comparison {
    /// Prepares a value of a policy. Strings and ARNs may have variables, others not.
    pub(super) fn wanted<'a>(self, value: &'a str, variables: Option<&Context>) -> Wanted<'a> {
        let read = |text: &str, wildcards| {
            Pattern::read(
                text,
                Reading {
                    wildcards,
                    variables,
                },
            )
        };
        let pattern = |pattern: Option<Pattern>| pattern.map_or(Wanted::Nothing, Wanted::Pattern);
        match self {
            Comparison::Equals => pattern(read(value, false)),
            Comparison::EqualsIgnoreCase => pattern(read(value, false).map(Pattern::lowercase)),
            Comparison::Like => pattern(read(value, true)),
            Comparison::Arn => {
                let parts = parts(value);
                if parts.len() < 6 {
                    return Wanted::Unknown;
                }
                let parts: Option<Vec<Pattern>> =
                    parts.into_iter().map(|part| read(part, true)).collect();
                parts.map_or(Wanted::Nothing, Wanted::Arn)
            }
            _ => Wanted::Text(value),
        }
    }

    /// Whether the request's value is as wanted.
    pub(super) fn holds(self, is: &str, wanted: &Wanted<'_>, fuel: &Fuel) -> Match {
        match (self, wanted) {
            (_, Wanted::Nothing) => Match::No,
            (_, Wanted::Unknown) => Match::Unsure,
            (Comparison::EqualsIgnoreCase, Wanted::Pattern(pattern)) => {
                pattern.matches(&is.to_lowercase(), fuel)
            }
            (_, Wanted::Pattern(pattern)) => pattern.matches(is, fuel),
            (_, Wanted::Arn(patterns)) => {
                let parts: Vec<&str> = is.splitn(6, ':').collect();
                if parts.len() < patterns.len() {
                    return Match::No;
                }
                Match::all(
                    patterns
                        .iter()
                        .zip(parts)
                        .map(|(pattern, part)| pattern.matches(part, fuel)),
                )
            }
            (comparison, Wanted::Text(wanted)) => comparison.of_texts(is, wanted),
        }
    }

    fn of_texts(self, is: &str, wanted: &str) -> Match {
        let holds = match self {
            Comparison::Numeric(order) => order.holds(number(is), number(wanted)),
            Comparison::Date(order) => order.holds(moment(is), moment(wanted)),
            Comparison::Bool => boolean(is).zip(boolean(wanted)).map(|(is, it)| is == it),
            Comparison::Binary => Some(is.trim_end_matches('=') == wanted.trim_end_matches('=')),
            Comparison::Ip => within(is, wanted),
            _ => None,
        };
        holds.map_or(Match::Unsure, Match::from)
    }
}

impl Order {
    fn holds<T: Ord>(self, is: Option<T>, wanted: Option<T>) -> Option<bool> {
        let order = is?.cmp(&wanted?);
        Some(match self {
            Order::Equal => order.is_eq(),
            Order::Less => order.is_lt(),
            Order::LessOrEqual => order.is_le(),
            Order::Greater => order.is_gt(),
            Order::GreaterOrEqual => order.is_ge(),
        })
    }
}

/// The parts of an ARN in a policy, six at most; a colon inside `${…}` belongs to the variable.
fn parts(arn: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut braces) = (0, 0_usize);
    for (at, c) in arn.char_indices() {
        match c {
            '{' if arn[..at].ends_with('$') => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            ':' if braces == 0 && parts.len() < 5 => {
                parts.push(&arn[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&arn[start..]);
    parts
}

/// An integer or decimal in billionths.
fn number(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |text: &str, most: usize| {
        !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !plain(whole, 20) || !plain(part, 9) {
        return None;
    }
    let value = format!("{whole}{part:0<9}").parse::<i128>().ok()?;
    Some(if digits.len() < text.len() {
        -value
    } else {
        value
    })
}

/// A moment in nanoseconds since 1970: seconds since then, or ISO 8601.
fn moment(text: &str) -> Option<i128> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(i128::from(seconds) * 1_000_000_000);
    }
    let stamp = match text.parse::<jiff::Timestamp>() {
        Ok(stamp) => stamp,
        // A day alone, or a time without its zone, is in UTC.
        Err(_) => text
            .parse::<jiff::civil::DateTime>()
            .ok()?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?
            .timestamp(),
    };
    Some(stamp.as_nanosecond())
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Whether an address is in a range; an address alone is a range of one.
fn within(is: &str, range: &str) -> Option<bool> {
    let is: IpAddr = is.parse().ok()?;
    let (base, length) = match range.split_once('/') {
        Some((base, length)) => (base, Some(length.parse::<u32>().ok()?)),
        None => (range, None),
    };
    let base: IpAddr = base.parse().ok()?;
    let (is, base, width) = match (is, base) {
        (IpAddr::V4(is), IpAddr::V4(base)) => {
            (u128::from(is.to_bits()), u128::from(base.to_bits()), 32)
        }
        (IpAddr::V6(is), IpAddr::V6(base)) => (is.to_bits(), base.to_bits(), 128),
        _ => return Some(false),
    };
    let length = length.unwrap_or(width);
    let shift = width.checked_sub(length)?;
    Some(is.checked_shr(shift).unwrap_or(0) == base.checked_shr(shift).unwrap_or(0))
}
