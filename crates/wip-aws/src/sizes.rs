//! Whether what is wanted fits what AWS takes, as AWS counts it; and if not, the numbers and the ways out.
//!
//! Owns the messages. The limits and the counting are `wip_policy`'s, the account's own quota is a fact.

use std::collections::BTreeMap;

use wip_policy::{Document, INLINE_AGGREGATE_CHARS, MANAGED_POLICY_CHARS, Statement};

use crate::trust::Trust;

/// How many managed policies fit a role by default ("IAM and AWS STS quotas", L-0DA4ABF3).
pub(crate) const ATTACHMENTS: usize = 10;

/// How full a trust policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    /// Subjects and patterns in it.
    pub(crate) subjects: usize,
    /// How many would fit, were the others as long as the longest in it.
    pub(crate) fitting: usize,
    /// Its length, without white space.
    pub(crate) chars: usize,
}

impl Room {
    /// The room of `trust` within `quota` characters.
    pub(crate) fn of(trust: &Trust, quota: usize) -> Self {
        let chars = trust.document().len_without_white_space();
        let admitted = || trust.web_identity.values();
        let tags = || trust.pods.iter().flat_map(|pods| &pods.namespaces);
        let claims = || admitted().flat_map(|admitted| admitted.subjects.union(&admitted.patterns));
        let claims = || claims().chain(tags());
        let subjects = claims().count();
        // A claim comes with two quotes and a comma.
        let each = claims().map(String::len).max().unwrap_or_default() + 3;
        let fitting = match quota.checked_sub(chars) {
            Some(room) => subjects + room / each,
            None => subjects.saturating_sub((chars - quota).div_ceil(each)),
        };
        Self {
            subjects,
            fitting,
            chars,
        }
    }
}

/// Checks the length of a trust policy.
///
/// # Errors
/// It is longer than `quota`.
pub(crate) fn check_trust(trust: &Trust, quota: usize) -> Result<(), String> {
    let room = Room::of(trust, quota);
    if room.chars <= quota {
        return Ok(());
    }
    Err(format!(
        "{} of {} subjects fit {} characters ({} are needed); \
         trust: hostPattern fits any number of control planes; method: podIdentity with isolation: shared needs no room here; \
         or raise the quota {} (Service Quotas, IAM, role trust policy length)",
        room.subjects,
        room.fitting,
        thousands(quota),
        thousands(room.chars),
        wip_policy::TRUST_POLICY_QUOTA_CODE,
    ))
}

/// Checks the length of the inline policies of one role.
///
/// # Errors
/// They are longer than AWS takes.
pub(crate) fn check_inline(policies: &BTreeMap<String, Document>) -> Result<(), String> {
    let chars: usize = policies
        .values()
        .map(Document::len_without_white_space)
        .sum();
    if chars <= INLINE_AGGREGATE_CHARS {
        return Ok(());
    }
    Err(format!(
        "its permissions take {} characters, and the inline policies of a role hold {}; \
         role.policies: managed splits them over several",
        thousands(chars),
        thousands(INLINE_AGGREGATE_CHARS),
    ))
}

/// Spreads statements over managed policies, in the order of their names, each as full as it may be.
///
/// # Errors
/// A statement alone is longer than AWS takes.
pub(crate) fn split(statements: Vec<Statement>) -> Result<Vec<Document>, String> {
    let mut documents: Vec<Document> = Vec::new();
    for statement in statements {
        let alone = Document::new([statement.clone()]);
        if alone.len_without_white_space() > MANAGED_POLICY_CHARS {
            let name = statement.sid.as_deref().unwrap_or_default();
            return Err(format!(
                "the statement {name} takes {} characters, and a managed policy holds {}; \
                 name fewer resources in one access",
                thousands(alone.len_without_white_space()),
                thousands(MANAGED_POLICY_CHARS),
            ));
        }
        if let Some(last) = documents.last_mut() {
            let mut fuller = last.clone();
            fuller.statements.push(statement);
            if fuller.len_without_white_space() <= MANAGED_POLICY_CHARS {
                *last = fuller;
                continue;
            }
        }
        documents.push(alone);
    }
    Ok(documents)
}

/// Checks the number of managed policies of one role.
///
/// # Errors
/// There are more than fit by default.
pub(crate) fn check_attachments(count: usize) -> Result<(), String> {
    if count <= ATTACHMENTS {
        return Ok(());
    }
    Err(format!(
        "{count} managed policies, and {ATTACHMENTS} fit a role; attach fewer, or write their statements as access"
    ))
}

/// `10240` → `10,240`.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use wip_space::Subject;

    use super::*;
    use crate::trust::WebIdentity;

    fn trust(count: usize, service_account: &str) -> Trust {
        let subjects: Vec<Subject> = (0..count)
            .map(|n| Subject::Exact {
                namespace: format!("mxp-00000000-0000-4000-8000-{n:012}-system"),
                service_account: service_account.to_owned(),
            })
            .collect();
        let id = "0123456789ABCDEF0123456789ABCDEF";
        let provider = format!(
            "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/{id}"
        );
        Trust {
            web_identity: BTreeMap::from([(provider, WebIdentity::of(&subjects))]),
            ..Trust::default()
        }
    }

    #[test]
    fn as_many_control_planes_fit_one_role_as_was_computed_by_hand() {
        for (service_account, at_2048, at_4096, at_8192) in [
            ("mxp-controller", 18, 42, 89),
            ("vector", 20, 46, 98),
            ("external-secrets-controller", 16, 36, 77),
        ] {
            for (quota, slots) in [(2048, at_2048), (4096, at_4096), (8192, at_8192)] {
                assert!(
                    check_trust(&trust(slots, service_account), quota).is_ok(),
                    "{service_account} {quota}"
                );
                assert!(
                    check_trust(&trust(slots + 1, service_account), quota).is_err(),
                    "{service_account} {quota}"
                );
                assert_eq!(Room::of(&trust(1, service_account), quota).fitting, slots);
                assert_eq!(
                    Room::of(&trust(slots + 1, service_account), quota).fitting,
                    slots
                );
            }
        }
    }

    #[test]
    fn a_trust_that_does_not_fit_names_the_numbers_and_the_ways_out() {
        let refusal = check_trust(&trust(19, "mxp-controller"), 2048).expect_err("too long");
        insta::assert_snapshot!(refusal, @"19 of 18 subjects fit 2,048 characters (2,091 are needed); trust: hostPattern fits any number of control planes; method: podIdentity with isolation: shared needs no room here; or raise the quota L-C07B4B0D (Service Quotas, IAM, role trust policy length)");
    }

    #[test]
    fn permissions_are_split_when_they_may_be() {
        let statements: Vec<Statement> = (0..60)
            .map(|n| {
                Statement::allow(
                    ["s3:GetObject", "s3:PutObject"],
                    [format!(
                        "arn:aws:s3:::a-bucket-with-a-name-{n:02}/{}*",
                        "p".repeat(100)
                    )],
                )
                .with_sid(format!("S3Objects{n:02}"))
            })
            .collect();
        let whole = BTreeMap::from([("wip".to_owned(), Document::new(statements.clone()))]);
        insta::assert_snapshot!(check_inline(&whole).expect_err("too long"), @"its permissions take 13,958 characters, and the inline policies of a role hold 10,240; role.policies: managed splits them over several");
        let documents = split(statements).expect("each fits");
        let lengths: Vec<usize> = documents
            .iter()
            .map(Document::len_without_white_space)
            .collect();
        assert!(
            lengths.iter().all(|chars| *chars <= MANAGED_POLICY_CHARS),
            "{lengths:?}"
        );
        assert_eq!(
            documents
                .iter()
                .map(|document| document.statements.len())
                .sum::<usize>(),
            60
        );
    }
}
