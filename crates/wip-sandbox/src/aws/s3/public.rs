//! Whether a bucket policy is public, as Block Public Access understands it.
//!
//! Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", section "The meaning of 'public'".
//! Not here: ACLs, and the settings of an account or organization.

use std::net::IpAddr;

use crate::aws::resource_policy::json::Node;
use crate::aws::resource_policy::{principals, statements};

/// Whether one statement lets everybody in, not narrowed down to fixed values.
pub(crate) fn is_public(text: &str) -> bool {
    Node::parse(text).is_some_and(|document| statements(&document).iter().any(is_open))
}

fn is_open(statement: &Node) -> bool {
    if statement.get("Effect").and_then(Node::text) != Some("Allow") {
        return false;
    }
    let everybody = match statement.get("Principal") {
        Some(element) => principals::of(element)
            .unwrap_or_default()
            .iter()
            .any(|principal| principal.kind == "AWS" && principal.text == "*"),
        None => statement.get("NotPrincipal").is_some(),
    };
    everybody && !statement.get("Condition").is_some_and(narrows)
}

/// Whether one key of a condition allows fixed values only.
fn narrows(condition: &Node) -> bool {
    condition
        .object()
        .unwrap_or_default()
        .iter()
        .any(|(operator, keys)| {
            keys.object()
                .unwrap_or_default()
                .iter()
                .any(|(key, values)| {
                    let values = values.scalars().unwrap_or_default();
                    let fixed = |value: &&str| match operator.as_str() {
                        "IpAddress" => is_narrow_network(value),
                        "StringEquals" | "StringEqualsIgnoreCase" => !value.contains("${"),
                        "StringLike" | "ArnEquals" | "ArnLike" => {
                            !value.contains("${") && !value.contains(['*', '?'])
                        }
                        _ => false,
                    };
                    narrowing(&key.to_lowercase(), operator)
                        && !values.is_empty()
                        && values.iter().all(fixed)
                })
        })
}

fn narrowing(key: &str, operator: &str) -> bool {
    if operator == "IpAddress" {
        return key == "aws:sourceip";
    }
    [
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    ]
    .contains(&key)
}

/// Ranges wider than /8 (IPv4) or /32 (IPv6) count as everybody.
fn is_narrow_network(text: &str) -> bool {
    let (address, length) = text
        .split_once('/')
        .map_or((text, None), |(a, b)| (a, Some(b)));
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let min = if address.is_ipv4() { 8 } else { 32 };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length >= min))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(principal: &str, condition: &str) -> String {
        format!(
            r#"{{"Statement":{{"Effect":"Allow",{principal}"Action":"s3:GetObject","Resource":"r"{condition}}}}}"#
        )
    }

    #[test]
    fn public_ones() {
        let everybody = r#""Principal":"*","#;
        for (principal, condition) in [
            (everybody, ""),
            (
                r#""Principal":{"AWS":["arn:aws:iam::111122223333:root","*"]},"#,
                "",
            ),
            (r#""NotPrincipal":{"AWS":"111122223333"},"#, ""),
            (
                everybody,
                r#","Condition":{"Bool":{"aws:SecureTransport":true}}"#,
            ),
            (
                everybody,
                r#","Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","0.0.0.0/0"]}}"#,
            ),
            (
                everybody,
                r#","Condition":{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#,
            ),
            (
                everybody,
                r#","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"#,
            ),
            (
                everybody,
                r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":[]}}"#,
            ),
        ] {
            assert!(
                is_public(&policy(principal, condition)),
                "{principal} {condition}"
            );
        }
    }

    #[test]
    fn narrow_ones() {
        let everybody = r#""Principal":{"AWS":"*"},"#;
        for (principal, condition) in [
            (
                r#""Principal":{"AWS":"arn:aws:iam::111122223333:root"},"#,
                "",
            ),
            (r#""Principal":{"Service":"logging.s3.amazonaws.com"},"#, ""),
            (
                everybody,
                r#","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#,
            ),
            (
                everybody,
                r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#,
            ),
            (
                everybody,
                r#","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/x"}}"#,
            ),
        ] {
            assert!(
                !is_public(&policy(principal, condition)),
                "{principal} {condition}"
            );
        }
        let deny = policy(everybody, "").replace("Allow", "Deny");
        assert!(!is_public(&deny));
    }
}
