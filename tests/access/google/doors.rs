//! Who gets in as a workload, and who does not.
//!
//! Sources: RFC 8693 and RFC 6749, 5.2 (codes of the token endpoint); "About Workload Identity Federation for GKE" (a principal is a pool, a namespace and
//! a service account; the clusters of a project share the pool: identity sameness); "IAM service account credentials" (`getAccessToken`).

use serde_json::{Value, json};

use super::super::report::Expected::{self, Says, Works};
use super::super::report::Report;
use super::data;
use super::stage::{CLUSTER, PROJECT, SIBLING, STRANGER, Stage, issuer};
use super::workloads::Workload;

const GRANT: Expected = Says(400, "invalid_grant");
const TARGET: Expected = Says(400, "invalid_target");
const REQUEST: Expected = Says(400, "invalid_request");

/// All cases of a workload.
pub(crate) fn check(report: &mut Report, who: &str, workload: &Workload, stage: &Stage) {
    let own = stage.kubernetes_token(workload, &json!({}));
    let answer = stage.exchange(CLUSTER, &own, &[]);
    report.case(
        (who, "its own token"),
        (Works, "the file names it"),
        &answer,
    );
    tokens(report, who, workload, stage);
    forms(report, who, &own, stage);
    subjects(report, who, workload, stage);
    accounts(report, who, workload, stage);
}

/// Tokens whose claims or signatures are nearly right.
fn tokens(report: &mut Report, who: &str, workload: &Workload, stage: &Stage) {
    let claims = |claims: Value| json!({ "claims": claims });
    for (what, changes) in [
        (
            "an issuer with a slash more",
            claims(json!({ "iss": issuer(CLUSTER) + "/" })),
        ),
        (
            "an issuer of nobody",
            claims(json!({ "iss": "https://issuer.example" })),
        ),
        (
            "another cluster's token",
            json!({ "issuer": issuer(SIBLING) }),
        ),
        (
            "another project's token",
            json!({ "issuer": issuer(STRANGER) }),
        ),
        (
            "the audience of AWS",
            json!({ "audience": ["sts.amazonaws.com"] }),
        ),
        (
            "the audience of another project",
            json!({ "audience": ["others.svc.id.goog"] }),
        ),
        ("no audience", json!({ "audience": [] })),
        ("a token that has ended", claims(json!({ "exp": 1 }))),
        ("no end", claims(json!({ "exp": null }))),
        (
            "a subject that is no service account",
            claims(json!({ "sub": "system:node:x" })),
        ),
    ] {
        let token = stage.kubernetes_token(workload, &changes);
        let answer = stage.exchange(CLUSTER, &token, &[]);
        report.case(
            (who, what),
            (GRANT, "no token of this cluster for this pool"),
            &answer,
        );
    }
    let own = stage.kubernetes_token(workload, &json!({}));
    let others = json!({ "namespace": "default", "serviceAccount": "default" });
    let others = stage.kubernetes_token(workload, &others);
    let (signed, _) = own.rsplit_once('.').expect("a signature");
    let (_, signature) = others.rsplit_once('.').expect("a signature");
    for (what, token) in [
        (
            "the signature of another token",
            format!("{signed}.{signature}"),
        ),
        ("no signature", format!("{signed}.")),
        ("a text for a token", "no.to.ken".to_owned()),
    ] {
        let answer = stage.exchange(CLUSTER, &token, &[]);
        report.case((who, what), (GRANT, "RS256"), &answer);
    }
}

/// Requests that are nearly right.
fn forms(report: &mut Report, who: &str, own: &str, stage: &Stage) {
    let bare = format!("{PROJECT}.svc.id.goog");
    let nowhere = format!("identitynamespace:{bare}:{}", issuer("nothing"));
    let others = format!("identitynamespace:others.svc.id.goog:{}", issuer(CLUSTER));
    for (name, value, expected) in [
        (
            "grant_type",
            "client_credentials",
            Says(400, "unsupported_grant_type"),
        ),
        ("audience", &bare, TARGET),
        ("audience", &nowhere, TARGET),
        ("audience", &others, TARGET),
        ("audience", "", REQUEST),
        ("scope", "", REQUEST),
        ("subject_token", "", REQUEST),
        (
            "subject_token_type",
            "urn:ietf:params:oauth:token-type:saml2",
            REQUEST,
        ),
        (
            "requested_token_type",
            "urn:ietf:params:oauth:token-type:jwt",
            REQUEST,
        ),
    ] {
        let answer = stage.exchange(CLUSTER, own, &[(name, value)]);
        let what = format!("{name}={value}");
        report.case((who, &what), (expected, "RFC 8693"), &answer);
    }
}

/// Service accounts that are nearly the workload's: they get a token of the pool, as all of its cluster do, and nothing by it.
fn subjects(report: &mut Report, who: &str, workload: &Workload, stage: &Stage) {
    let Workload {
        namespace,
        service_account,
        ..
    } = workload;
    let namespaces = [
        "default".to_owned(),
        "kube-system".to_owned(),
        format!("{namespace}-2"),
        format!("x-{namespace}"),
        namespace[..namespace.len() - 1].to_owned(),
        "mxp-00000000-1111-4222-8333-444444444444-system".to_owned(),
    ];
    let accounts = [
        "default".to_owned(),
        format!("{service_account}-2"),
        service_account[1..].to_owned(),
    ];
    let components = ["mxp-controller", "vector", "external-secrets-controller"];
    let components = components
        .into_iter()
        .filter(|name| name != service_account);
    let accounts = accounts.into_iter().chain(components.map(str::to_owned));
    let namespaces = namespaces.into_iter().map(|name| {
        let what = format!("namespace {name}");
        (what, json!({ "namespace": name }))
    });
    let accounts = accounts.map(|name| {
        let what = format!("service account {name}");
        (what, json!({ "serviceAccount": name }))
    });
    for (what, changes) in namespaces.chain(accounts) {
        let token = stage.kubernetes_token(workload, &changes);
        by(
            report,
            (who, &what),
            workload,
            stage,
            (CLUSTER, &token),
            false,
        );
    }
    let sibling = json!({ "issuer": issuer(SIBLING) });
    let token = stage.kubernetes_token(workload, &sibling);
    let what = "the same in another cluster of the project";
    by(
        report,
        (who, what),
        workload,
        stage,
        (SIBLING, &token),
        true,
    );
    let stranger = json!({ "issuer": issuer(STRANGER), "audience": ["others.svc.id.goog"] });
    let token = stage.kubernetes_token(workload, &stranger);
    let what = "the same in a cluster of another project";
    by(
        report,
        (who, what),
        workload,
        stage,
        (STRANGER, &token),
        false,
    );
}

/// One who comes by a token, and what opens to him of what is the workload's.
fn by(
    report: &mut Report,
    case: (&str, &str),
    workload: &Workload,
    stage: &Stage,
    (cluster, token): (&str, &str),
    is_same: bool,
) {
    let answer = match stage.enter(workload, cluster, token) {
        Err(answer) => answer,
        Ok(token) => data::touch(stage, &token, workload),
    };
    let (expected, source) = match (is_same, workload.account, workload.secrets) {
        (true, ..) => (
            Works,
            "identity sameness: clusters of a project share the pool",
        ),
        (false, None, []) => (data::NO_OBJECT, "the policy names no such principal"),
        _ => (data::NO_ROLE, "no policy names such a principal"),
    };
    report.case(case, (expected, source), &answer);
}

/// Service accounts of IAM that are not the workload's.
fn accounts(report: &mut Report, who: &str, workload: &Workload, stage: &Stage) {
    let token = stage.kubernetes_token(workload, &json!({}));
    let own = stage.exchange(CLUSTER, &token, &[]).json();
    let own = own["access_token"].as_str().unwrap_or_default().to_owned();
    let of = |id: &str| format!("{id}@{PROJECT}.iam.gserviceaccount.com");
    for (email, there) in [
        (of("apps-no-backup"), workload.account.is_some()),
        (of("apps-no-billing"), workload.account.is_some()),
        (of("apps-no-secrets"), workload.account.is_some()),
        (of("others"), true),
        (of("nobody-there"), false),
    ] {
        let (expected, source) = match there {
            _ if workload.account == Some(&email) => (Works, "its own"),
            true => (data::NO_ROLE, "another's account"),
            false => (Says(404, "NOT_FOUND"), "no such account"),
        };
        let answer = stage.act(&own, &email);
        let what = format!("to act as {email}");
        report.case((who, &what), (expected, source), &answer);
    }
}
