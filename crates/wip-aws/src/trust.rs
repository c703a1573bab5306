//! The trust of a role: whom it admits, as a tree to review, and as the policy document that AWS takes.
//!
//! Owns the form of the statements that wip writes, and the recognition of that form in a live document.
//! Knows no size limit and no cloud call.

mod loose;
mod pods;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wip_policy::{Condition, Document, Effect, PrincipalType, Principals, Statement};
use wip_space::Subject;

pub(crate) use loose::admits;
pub(crate) use pods::Pods;

/// What a token must have been made for ("IAM roles for service accounts", Amazon EKS user guide).
pub(crate) const AUDIENCE: &str = "sts.amazonaws.com";
const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

/// Whom a role admits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Trust {
    /// By the ARN of the OIDC provider: the tokens that are admitted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) web_identity: BTreeMap<String, WebIdentity>,
    /// The pods that EKS Pod Identity may hand the role's credentials to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pods: Option<Pods>,
    /// All statements of another form; wip writes some of them, for roles that assume this one as their target, and one for a
    /// role that nobody may assume yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) other: Option<Document>,
}

/// Which tokens of one issuer are admitted: one of the audiences, and one of the subjects or patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WebIdentity {
    /// `aud` claims.
    pub(crate) audiences: BTreeSet<String>,
    /// `sub` claims.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) subjects: BTreeSet<String>,
    /// `sub` claims with wildcards.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) patterns: BTreeSet<String>,
}

impl WebIdentity {
    /// The tokens of these subjects.
    pub(crate) fn of<'a>(subjects: impl IntoIterator<Item = &'a Subject>) -> Self {
        let mut admitted = Self {
            audiences: BTreeSet::from([AUDIENCE.to_owned()]),
            ..Self::default()
        };
        for subject in subjects {
            match subject {
                Subject::Exact { .. } => admitted.subjects.insert(subject.claim()),
                Subject::Pattern { .. } => admitted.patterns.insert(subject.claim()),
            };
        }
        admitted
    }

    /// The statement that admits them.
    ///
    /// With a pattern everything stands under `StringLike`: the two operators in one block would both have to hold.
    fn statement(&self, provider: &str) -> Statement {
        let issuer = issuer_of(provider).unwrap_or_default();
        let operator = match self.patterns.is_empty() {
            true => "StringEquals",
            false => "StringLike",
        };
        Statement::allow([ACTION], Vec::<String>::new())
            .with_principal(Principals::one(PrincipalType::Federated, provider))
            .when("StringEquals", &format!("{issuer}:aud"), &self.audiences)
            .when(
                operator,
                &format!("{issuer}:sub"),
                self.subjects.union(&self.patterns),
            )
    }
}

impl Trust {
    /// The trust of a role that nobody may assume yet.
    ///
    /// A trust policy needs a statement with a principal. Everybody is denied `sts:AssumeRole`; the other ways in are
    /// denied because nothing allows them.
    pub(crate) fn nobody() -> Self {
        let deny = Statement {
            action: BTreeSet::from(["sts:AssumeRole".to_owned()]),
            ..Statement::new(Effect::Deny)
        };
        let everyone = Principals::aws(["*".to_owned()]);
        Self {
            web_identity: BTreeMap::new(),
            pods: None,
            other: Some(unversioned([deny
                .with_principal(everyone)
                .with_sid("NobodyYet")])),
        }
    }

    /// The trust that has these statements of another form besides.
    pub(crate) fn and(self, statements: Vec<Statement>) -> Self {
        let other = (!statements.is_empty()).then(|| unversioned(statements));
        Self { other, ..self }
    }

    /// The document that AWS takes: one statement per issuer, subjects in one sorted list.
    pub(crate) fn document(&self) -> Document {
        let ours = self
            .web_identity
            .iter()
            .map(|(provider, admitted)| admitted.statement(provider));
        let pods = self.pods.iter().map(Pods::statement);
        let mut document = Document::new(ours.chain(pods));
        if let Some(other) = &self.other {
            document.statements.extend(other.statements.iter().cloned());
            document.unknown.extend(other.unknown.iter().cloned());
        }
        document
    }

    /// The trust that a live document means.
    pub(crate) fn read(document: Document) -> Self {
        let mut trust = Self::default();
        let mut other = unversioned([]);
        other.unknown = document.unknown;
        for statement in document.statements {
            let Some((provider, admitted)) = web_identity(&statement) else {
                match Pods::read(&statement).filter(|_| trust.pods.is_none()) {
                    Some(pods) => trust.pods = Some(pods),
                    None => other.statements.push(statement),
                }
                continue;
            };
            match trust.web_identity.get_mut(&provider) {
                None => {
                    trust.web_identity.insert(provider, admitted);
                }
                // One statement per subject, as AWS's guides show it, means the same as one list.
                Some(first) if first.audiences == admitted.audiences => {
                    first.subjects.extend(admitted.subjects);
                    first.patterns.extend(admitted.patterns);
                }
                Some(_) => other.statements.push(statement),
            }
        }
        let is_empty = other.statements.is_empty() && other.unknown.is_empty();
        trust.other = (!is_empty).then_some(other);
        trust
    }

    /// Whether `self` admits somebody whom `other` does not, as far as can be told without evaluating: a statement of
    /// another form that `other` lacks counts as one that does.
    pub(crate) fn admits_beyond(&self, other: &Self) -> bool {
        let narrower = |(provider, mine): (&String, &WebIdentity)| {
            other.web_identity.get(provider).is_some_and(|theirs| {
                mine.audiences.is_subset(&theirs.audiences)
                    && mine.subjects.is_subset(&theirs.subjects)
                    && mine.patterns.is_subset(&theirs.patterns)
            })
        };
        let narrower_pods = match (&self.pods, &other.pods) {
            (Some(mine), Some(theirs)) => mine.is_within(theirs),
            (mine, _) => mine.is_none(),
        };
        !self.web_identity.iter().all(narrower) || !narrower_pods || self.other != other.other
    }
}

/// A document whose version is left open: no statement of a trust holds a variable, so both versions mean the same.
fn unversioned(statements: impl IntoIterator<Item = Statement>) -> Document {
    Document {
        version: None,
        ..Document::new(statements)
    }
}

/// The issuer, without `https://`, in the ARN of an OIDC provider.
pub(crate) fn issuer_of(provider: &str) -> Option<&str> {
    provider
        .split_once(":oidc-provider/")
        .map(|(_, issuer)| issuer)
}

/// What a statement admits, if it has exactly the form that wip writes; a name of its own makes no difference.
fn web_identity(statement: &Statement) -> Option<(String, WebIdentity)> {
    tokens(statement).filter(|(_, admitted)| {
        let subjects = admitted.subjects.len() + admitted.patterns.len();
        !admitted.audiences.is_empty() && subjects > 0
    })
}

/// As [`web_identity`], of a statement that may ask for no audience, which is then empty, or for no subject.
fn tokens(statement: &Statement) -> Option<(String, WebIdentity)> {
    let Some(Principals::Of(principals)) = &statement.principal else {
        return None;
    };
    let mut federated = principals.get(&PrincipalType::Federated)?.iter();
    let (Some(provider), None) = (federated.next(), federated.next()) else {
        return None;
    };
    let issuer = issuer_of(provider)?;
    let is_action = |action: &String| action.eq_ignore_ascii_case(ACTION);
    let plain = statement.effect == Effect::Allow
        && principals.len() == 1
        && statement.not_principal.is_none()
        && statement.not_action.is_empty()
        && statement.resource.is_empty()
        && statement.not_resource.is_empty()
        && statement.action.len() == 1
        && statement.action.iter().all(is_action);
    if !plain {
        return None;
    }
    let mut admitted = claims(&statement.condition, issuer)?;
    // A wildcard under `StringEquals` is a plain character; it stays among the subjects and shows there.
    if statement.condition.contains_key("StringLike") {
        let is_pattern = |claim: &String| !wip_policy::is_literal(claim);
        let (patterns, subjects) = admitted.subjects.into_iter().partition(is_pattern);
        (admitted.patterns, admitted.subjects) = (patterns, subjects);
    }
    Some((provider.clone(), admitted))
}

/// `aud` under `StringEquals`, `sub` under one of the two operators, and nothing else.
fn claims(condition: &Condition, issuer: &str) -> Option<WebIdentity> {
    let mut admitted = WebIdentity::default();
    for (operator, keys) in condition {
        for (key, values) in keys {
            let claim = claim_of(key, issuer)?;
            let into = match (operator.as_str(), claim) {
                ("StringEquals", "aud") => &mut admitted.audiences,
                ("StringEquals" | "StringLike", "sub") => &mut admitted.subjects,
                _ => return None,
            };
            if !into.is_empty() || values.is_empty() {
                return None;
            }
            into.clone_from(values);
        }
    }
    Some(admitted)
}

/// `aud` or `sub` of this issuer; the case of a condition key makes no difference.
fn claim_of(key: &str, issuer: &str) -> Option<&'static str> {
    let claims = ["aud", "sub"].into_iter();
    let mut fitting = claims.filter(|claim| key.eq_ignore_ascii_case(&format!("{issuer}:{claim}")));
    fitting.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROVIDER: &str =
        "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A";

    fn subject(namespace: &str) -> Subject {
        let (namespace, service_account) = (namespace.to_owned(), "vector".to_owned());
        match namespace.contains('*') {
            true => Subject::Pattern {
                namespace,
                service_account,
            },
            false => Subject::Exact {
                namespace,
                service_account,
            },
        }
    }

    fn trust(namespaces: &[&str]) -> Trust {
        let subjects: Vec<Subject> = namespaces.iter().copied().map(subject).collect();
        Trust {
            web_identity: BTreeMap::from([(PROVIDER.to_owned(), WebIdentity::of(&subjects))]),
            ..Trust::default()
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for trust in [
            trust(&["b", "a"]),
            trust(&["mxp-*-system"]),
            trust(&["mxp-*-system", "a"]),
            Trust::nobody(),
        ] {
            let text = trust.document().to_json();
            assert_eq!(
                Trust::read(Document::parse(&text).expect(&text)),
                trust,
                "{text}"
            );
        }
    }

    #[test]
    fn the_statement_names_audience_and_subjects() {
        insta::assert_snapshot!(trust(&["a", "b"]).document().to_pretty_json(), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": {
                "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"
              },
              "Action": "sts:AssumeRoleWithWebIdentity",
              "Condition": {
                "StringEquals": {
                  "oidc.eks.eu-west-1.amazonaws.com/id/A:aud": "sts.amazonaws.com",
                  "oidc.eks.eu-west-1.amazonaws.com/id/A:sub": [
                    "system:serviceaccount:a:vector",
                    "system:serviceaccount:b:vector"
                  ]
                }
              }
            }
          ]
        }
        "#);
        insta::assert_snapshot!(trust(&["mxp-*-system", "a"]).document().to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.eks.eu-west-1.amazonaws.com/id/A:aud":"sts.amazonaws.com"},"StringLike":{"oidc.eks.eu-west-1.amazonaws.com/id/A:sub":["system:serviceaccount:a:vector","system:serviceaccount:mxp-*-system:vector"]}}}]}"#);
        insta::assert_snapshot!(Trust::nobody().document().to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"NobodyYet","Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#);
    }

    fn read(statement: &str) -> Trust {
        let statement = statement.replace("ISSUER", issuer_of(PROVIDER).expect("an issuer"));
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        Trust::read(Document::parse(&text.replace("PROVIDER", PROVIDER)).expect(&text))
    }

    #[test]
    fn a_trust_of_another_form_shows_as_what_it_is() {
        for statement in [
            // Without an audience, as some guides show it.
            r#"{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":"sts:AssumeRoleWithWebIdentity",
               "Condition":{"StringLike":{"ISSUER:sub":"system:serviceaccount:*:vector"}}}"#,
            // Both operators on the subject: both must hold.
            r#"{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":"sts:AssumeRoleWithWebIdentity",
               "Condition":{"StringEquals":{"ISSUER:aud":"sts.amazonaws.com","ISSUER:sub":"a"},"StringLike":{"ISSUER:sub":"b"}}}"#,
            // Another issuer's claims.
            r#"{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":"sts:AssumeRoleWithWebIdentity",
               "Condition":{"StringEquals":{"other:aud":"sts.amazonaws.com","other:sub":"a"}}}"#,
            // One condition more.
            r#"{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":"sts:AssumeRoleWithWebIdentity",
               "Condition":{"StringEquals":{"ISSUER:aud":"sts.amazonaws.com","ISSUER:sub":"a","aws:SourceIp":"1"}}}"#,
            // An action or a principal more.
            r#"{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],
               "Condition":{"StringEquals":{"ISSUER:aud":"sts.amazonaws.com","ISSUER:sub":"a"}}}"#,
            r#"{"Effect":"Allow","Principal":{"Federated":"PROVIDER","AWS":"*"},"Action":"sts:AssumeRoleWithWebIdentity",
               "Condition":{"StringEquals":{"ISSUER:aud":"sts.amazonaws.com","ISSUER:sub":"a"}}}"#,
            r#"{"Effect":"Deny","Principal":{"Federated":"PROVIDER"},"Action":"sts:AssumeRoleWithWebIdentity",
               "Condition":{"StringEquals":{"ISSUER:aud":"sts.amazonaws.com","ISSUER:sub":"a"}}}"#,
        ] {
            let trust = read(statement);
            assert!(
                trust.web_identity.is_empty() && trust.other.is_some(),
                "{statement}"
            );
        }
    }

    #[test]
    fn one_statement_per_subject_means_one_list() {
        let one = |namespace: &str| {
            format!(
                r#"{{"Sid":"","Effect":"Allow","Principal":{{"Federated":"PROVIDER"}},"Action":"sts:assumerolewithwebidentity",
                "Condition":{{"StringEquals":{{"ISSUER:aud":["sts.amazonaws.com"],"ISSUER:sub":"system:serviceaccount:{namespace}:vector"}}}}}}"#
            )
        };
        assert_eq!(
            read(&format!("[{},{}]", one("a"), one("b"))),
            trust(&["a", "b"])
        );
    }

    #[test]
    fn a_wildcard_under_string_equals_is_no_pattern() {
        let live = read(
            r#"{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":"sts:AssumeRoleWithWebIdentity",
            "Condition":{"StringEquals":{"ISSUER:aud":"sts.amazonaws.com","ISSUER:sub":"system:serviceaccount:mxp-*-system:vector"}}}"#,
        );
        assert_ne!(live, trust(&["mxp-*-system"]));
        assert!(live.web_identity[PROVIDER].patterns.is_empty());
    }

    #[test]
    fn a_narrower_trust_is_known_as_one() {
        assert!(!trust(&["a"]).admits_beyond(&trust(&["a", "b"])));
        assert!(trust(&["a", "b"]).admits_beyond(&trust(&["a"])));
        assert!(trust(&["a"]).admits_beyond(&Trust::nobody()));
    }
}
