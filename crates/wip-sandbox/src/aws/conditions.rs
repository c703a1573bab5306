//! The operators of condition blocks, the same in every policy.
//!
//! Source: "IAM JSON policy elements: Condition operators" in the IAM user guide.
//! Not here: condition keys, which IAM takes as they come and S3 knows.

const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
];

/// The operator without `ForAnyValue:`, `ForAllValues:` and `IfExists`, or nothing where it is none.
pub(crate) fn base(operator: &str) -> Option<&'static str> {
    let plain = operator
        .strip_prefix("ForAnyValue:")
        .or_else(|| operator.strip_prefix("ForAllValues:"))
        .unwrap_or(operator);
    if plain == "Null" {
        return Some("Null");
    }
    let plain = plain.strip_suffix("IfExists").unwrap_or(plain);
    OPERATORS.iter().find(|known| **known == plain).copied()
}

/// Whether the value of a date operator is a date: seconds since 1970, or ISO 8601 with at least a year.
pub(crate) fn is_date(value: &str) -> bool {
    if value.parse::<i64>().is_ok() {
        return true;
    }
    value.parse::<jiff::Timestamp>().is_ok()
        || value.parse::<jiff::civil::DateTime>().is_ok()
        || value.parse::<jiff::civil::Date>().is_ok()
}
