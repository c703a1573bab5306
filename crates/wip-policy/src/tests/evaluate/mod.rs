//! Verdicts that AWS's documents give, each a row of a table, and laws that hold of all verdicts.
//!
//! A row's page is a page of the IAM user guide, unless it says whose.

mod conditions;
mod cross_account;
mod keys;
mod laws;
mod principals;
mod quantities;
mod resources;
mod single_account;
mod trust;
mod types;
mod variables;

use crate::{
    Context, Document, Grant, Policies, PolicyKind, Principal, Request, Verdict, evaluate,
};

const A: &str = "111122223333";
const B: &str = "444455556666";

const LOGIC: &str = "reference_policies_evaluation-logic_policy-eval-denyallow";
const SINGLE: &str = "reference_policies_evaluation-logic_policy-eval-basics";
const CROSS: &str = "reference_policies_evaluation-logic-cross-account";
const BOUNDARIES: &str = "access_policies_boundaries";
const SESSIONS: &str = "access_policies#policies_session";
const PRINCIPAL: &str = "reference_policies_elements_principal";
const NOT_PRINCIPAL: &str = "reference_policies_elements_notprincipal";
const ACTION: &str = "reference_policies_elements_action";
const NOT_ACTION: &str = "reference_policies_elements_notaction";
const RESOURCE: &str = "reference_policies_elements_resource";
const NOT_RESOURCE: &str = "reference_policies_elements_notresource";
const CONDITION: &str = "reference_policies_elements_condition";
const OPERATORS: &str = "reference_policies_elements_condition_operators";
const MULTI: &str = "reference_policies_condition-single-vs-multi-valued-context-keys";
const VARIABLES: &str = "reference_policies_variables";
const EFFECT: &str = "reference_policies_elements_effect";
const VERSION: &str = "reference_policies_elements_version";

/// Who asks in a row.
#[derive(Debug, Clone, Copy)]
enum Who {
    /// The user `anna` of account A.
    Anna,
    /// The session `s1` of the role `worker` of account A, which has the path `/team/`.
    Worker,
    /// The root user of account A.
    Root,
    Nobody,
    Service(&'static str),
    Federated(&'static str),
}

fn principal(who: Who) -> Principal {
    let account = A.to_owned();
    match who {
        Who::Anna => Principal::User {
            account,
            arn: format!("arn:aws:iam::{A}:user/anna"),
            id: "AIDAANNA".to_owned(),
        },
        Who::Worker => Principal::Session {
            account,
            role: format!("arn:aws:iam::{A}:role/team/worker"),
            role_id: "AROAWORKER".to_owned(),
            arn: format!("arn:aws:sts::{A}:assumed-role/worker/s1"),
        },
        Who::Root => Principal::Root {
            account,
            arn: format!("arn:aws:iam::{A}:root"),
        },
        Who::Nobody => Principal::Anonymous,
        Who::Service(name) => Principal::Service {
            name: name.to_owned(),
        },
        Who::Federated(provider) => Principal::Federated {
            provider: provider.to_owned(),
        },
    }
}

/// One verdict. Policies are statements, or whole documents.
#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    page: &'static str,
    who: Who,
    action: &'static str,
    resource: &'static str,
    context: &'static [(&'static str, &'static [&'static str])],
    identity: &'static [&'static str],
    boundary: Option<&'static str>,
    session: Option<&'static str>,
    policy: Option<&'static str>,
    owner: &'static str,
    grant: Grant,
    verdict: &'static str,
}

/// The user `anna` reads an object in a bucket of her own account.
const ROW: Row = Row {
    name: "",
    page: "",
    who: Who::Anna,
    action: "s3:GetObject",
    resource: "arn:aws:s3:::b/k",
    context: &[],
    identity: &[],
    boundary: None,
    session: None,
    policy: None,
    owner: A,
    grant: Grant::Either,
    verdict: "",
};

fn document(text: &str) -> Document {
    let text = if text.contains("\"Statement\"") {
        text.to_owned()
    } else {
        format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#)
    };
    Document::parse(&text).unwrap()
}

fn verdict(row: &Row) -> Verdict {
    let principal = principal(row.who);
    let mut context = Context::of(&principal);
    for (key, values) in row.context {
        context.set(key, values.iter().copied());
    }
    let identity: Vec<Document> = row.identity.iter().map(|text| document(text)).collect();
    let [boundary, session, resource] =
        [row.boundary, row.session, row.policy].map(|text| text.map(document));
    let policies = Policies {
        identity: identity.iter().collect(),
        boundary: boundary.as_ref(),
        session: session.as_ref().map(|document| vec![document]),
        resource: resource.as_ref(),
        owner: row.owner,
        grant: row.grant,
    };
    let request = Request {
        action: row.action,
        resource: row.resource,
        principal: &principal,
        context: &context,
    };
    evaluate(&request, &policies)
}

/// `allowed`, `identity denies`, `boundary does not allow`.
fn words(verdict: Verdict) -> String {
    let kind = |kind| match kind {
        PolicyKind::Identity => "identity",
        PolicyKind::Boundary => "boundary",
        PolicyKind::Session => "session",
        PolicyKind::Resource => "resource",
    };
    match verdict {
        Verdict::Allowed => "allowed".to_owned(),
        Verdict::DeniedExplicitly { by } => format!("{} denies", kind(by)),
        Verdict::DeniedImplicitly { lacking } => format!("{} does not allow", kind(lacking)),
    }
}

/// Compares all rows, and tells of all that differ.
fn check(rows: &[Row]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|row| (row, words(verdict(row))))
        .filter(|(row, is)| *is != row.verdict)
        .map(|(row, is)| {
            let Row {
                name,
                page,
                verdict,
                ..
            } = row;
            format!("{name}: {is}, but it should be: {verdict} ({page})")
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn verdicts_end_as_aws_ends_its_messages() {
    let denied = Verdict::DeniedExplicitly {
        by: PolicyKind::Identity,
    };
    assert_eq!(
        denied.to_string(),
        "with an explicit deny in an identity-based policy"
    );
    let lacking = Verdict::DeniedImplicitly {
        lacking: PolicyKind::Boundary,
    };
    assert_eq!(
        lacking.to_string(),
        "because no permissions boundary allows it"
    );
}
