//! The trust in EKS Pod Identity: of which clusters' pods, and with which tags on their sessions.
//!
//! Owns the form of the one statement, and its recognition in a live document.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wip_policy::{Effect, PrincipalType, Principals, Statement};

/// The service that assumes roles for pods ("Create IAM role with trust policy required by EKS Pod Identity", Amazon EKS
/// user guide).
const SERVICE: &str = "pods.eks.amazonaws.com";
const ACTIONS: [&str; 2] = ["sts:AssumeRole", "sts:TagSession"];

/// The account and the cluster that EKS acts for ("AWS global condition context keys", IAM user guide).
const SOURCE_ACCOUNT: &str = "aws:SourceAccount";
const SOURCE_ARN: &str = "aws:SourceArn";

/// Tags that EKS puts on sessions ("Grant Pods access to AWS resources based on tags", Amazon EKS user guide).
const NAMESPACE: &str = "aws:RequestTag/kubernetes-namespace";
const SERVICE_ACCOUNT: &str = "aws:RequestTag/kubernetes-service-account";

/// Which pods are admitted; an empty set is no limit.
///
/// A trust without any limit admits every cluster of the account, and shows as empty sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Pods {
    /// ARNs of clusters.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) clusters: BTreeSet<String>,
    /// The accounts of the clusters.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) accounts: BTreeSet<String>,
    /// Namespaces that sessions must be tagged with.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) namespaces: BTreeSet<String>,
    /// Service accounts that sessions must be tagged with.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) service_accounts: BTreeSet<String>,
}

impl Pods {
    /// Each limit with its condition key.
    fn limits(&self) -> [(&'static str, &BTreeSet<String>); 4] {
        [
            (SOURCE_ARN, &self.clusters),
            (SOURCE_ACCOUNT, &self.accounts),
            (NAMESPACE, &self.namespaces),
            (SERVICE_ACCOUNT, &self.service_accounts),
        ]
    }

    /// The statement that admits them.
    pub(super) fn statement(&self) -> Statement {
        let admitting = Statement::allow(ACTIONS, Vec::<String>::new())
            .with_principal(Principals::one(PrincipalType::Service, SERVICE));
        let limits = self.limits().into_iter();
        let limits = limits.filter(|(_, values)| !values.is_empty());
        limits.fold(admitting, |statement, (key, values)| {
            statement.when("StringEquals", key, values)
        })
    }

    /// What a statement admits, if it has exactly the form that wip writes, with any of the limits; a name of its own
    /// makes no difference.
    pub(super) fn read(statement: &Statement) -> Option<Self> {
        let Some(Principals::Of(principals)) = &statement.principal else {
            return None;
        };
        let mut services = principals.get(&PrincipalType::Service)?.iter();
        let is_service = services.next().is_some_and(|name| name == SERVICE);
        let actions: BTreeSet<String> = statement
            .action
            .iter()
            .map(|action| action.to_ascii_lowercase())
            .collect();
        let both = ACTIONS.map(str::to_ascii_lowercase);
        let plain = statement.effect == Effect::Allow
            && is_service
            && services.next().is_none()
            && principals.len() == 1
            && statement.not_principal.is_none()
            && statement.not_action.is_empty()
            && statement.resource.is_empty()
            && statement.not_resource.is_empty()
            && actions == BTreeSet::from(both);
        if !plain {
            return None;
        }
        let mut pods = Self::default();
        for (operator, keys) in &statement.condition {
            for (key, values) in keys {
                let into = [
                    (SOURCE_ARN, &mut pods.clusters),
                    (SOURCE_ACCOUNT, &mut pods.accounts),
                    (NAMESPACE, &mut pods.namespaces),
                    (SERVICE_ACCOUNT, &mut pods.service_accounts),
                ];
                let (_, into) = into
                    .into_iter()
                    .find(|(known, _)| key.eq_ignore_ascii_case(known))?;
                // ARNs are often compared with their own operator, which means the same without wildcards.
                let literal = values.iter().all(|value| wip_policy::is_literal(value));
                let same = operator == "StringEquals"
                    || (operator == "ArnEquals" && key.eq_ignore_ascii_case(SOURCE_ARN) && literal);
                if !same || values.is_empty() || !into.is_empty() {
                    return None;
                }
                into.clone_from(values);
            }
        }
        Some(pods)
    }

    /// Whether every pod that these admit is admitted by `other` too.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let limits = self.limits().into_iter().zip(other.limits());
        limits.into_iter().all(|((_, mine), (_, theirs))| {
            theirs.is_empty() || (!mine.is_empty() && mine.is_subset(theirs))
        })
    }
}

#[cfg(test)]
mod tests {
    use wip_policy::Document;

    use super::super::Trust;
    use super::*;

    fn set(values: &[&str]) -> BTreeSet<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn pods(namespaces: &[&str]) -> Pods {
        Pods {
            clusters: set(&["arn:aws:eks:eu-west-1:111122223333:cluster/c"]),
            accounts: set(&["111122223333"]),
            namespaces: set(namespaces),
            service_accounts: BTreeSet::new(),
        }
    }

    fn read(statement: &str) -> Trust {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        Trust::read(Document::parse(&text).expect(&text))
    }

    #[test]
    fn what_is_written_is_read_back() {
        for pods in [pods(&[]), pods(&["a", "b"]), Pods::default()] {
            let trust = Trust {
                pods: Some(pods),
                ..Trust::default()
            };
            let text = trust.document().to_json();
            assert_eq!(Trust::read(Document::parse(&text).expect(&text)), trust);
        }
        let text = pods(&["a"]).statement().to_json();
        insta::assert_snapshot!(text, @r#"{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"aws:RequestTag/kubernetes-namespace":"a","aws:SourceAccount":"111122223333","aws:SourceArn":"arn:aws:eks:eu-west-1:111122223333:cluster/c"}}}"#);
    }

    #[test]
    fn a_statement_of_another_form_shows_as_what_it_is() {
        let principal = r#""Principal":{"Service":"pods.eks.amazonaws.com"}"#;
        let actions = r#""Action":["sts:AssumeRole","sts:TagSession"]"#;
        let plain = format!(r#"{{"Effect":"Allow",{principal},{actions}}}"#);
        assert_eq!(read(&plain).pods, Some(Pods::default()));
        for statement in [
            plain.replace("Allow", "Deny"),
            plain.replace(r#","sts:TagSession""#, ""),
            plain.replace("pods.eks", "ec2"),
            plain.replace(
                actions,
                &format!(r#"{actions},"Condition":{{"StringLike":{{"{NAMESPACE}":"a*"}}}}"#),
            ),
            plain.replace(
                actions,
                &format!(r#"{actions},"Condition":{{"ArnEquals":{{"{SOURCE_ARN}":"*"}}}}"#),
            ),
            plain.replace(
                actions,
                &format!(r#"{actions},"Condition":{{"StringEquals":{{"aws:SourceOrgId":"o"}}}}"#),
            ),
        ] {
            let trust = read(&statement);
            assert!(trust.pods.is_none() && trust.other.is_some(), "{statement}");
        }
        // A second one of the form is not folded into the first.
        let twice = read(&format!("[{plain},{plain}]"));
        assert!(twice.pods.is_some() && twice.other.is_some());
    }

    #[test]
    fn fewer_limits_admit_more() {
        let of = |pods| Trust {
            pods: Some(pods),
            ..Trust::default()
        };
        let (open, one, two) = (pods(&[]), pods(&["a"]), pods(&["a", "b"]));
        assert!(of(open.clone()).admits_beyond(&of(one.clone())));
        assert!(!of(one.clone()).admits_beyond(&of(open)));
        assert!(of(two.clone()).admits_beyond(&of(one.clone())));
        assert!(!of(one.clone()).admits_beyond(&of(two)));
        assert!(of(one.clone()).admits_beyond(&Trust::default()));
        assert!(!Trust::default().admits_beyond(&of(one)));
    }
}
