//! Who gets a token of Entra as a workload's identity, and who does not.
//!
//! Source of the codes: "Microsoft Entra authentication and authorization error codes", and the answers that users of
//! workload identity report for each mismatch of issuer, subject and audience. Issuer, subject and audience must match to the
//! letter ("Workload identity federation", Entra docs).

use serde_json::{Value, json};

use super::super::asking::Answer;
use super::super::report::Expected::{self, Says, Works};
use super::super::report::Report;
use super::stage::{ARM, FOREIGN, GRAPH, OTHERS_CLUSTER, STORAGE, Stage, TENANT, VAULT};
use super::workloads::Workload;

const ISSUER: Expected = Says(401, "AADSTS700211");
const AUDIENCE: Expected = Says(401, "AADSTS700212");
const SUBJECT: Expected = Says(401, "AADSTS700213");
const SUBJECT_BUT_FOR_CASE: Expected = Says(401, "AADSTS7002138");
const SIGNATURE: Expected = Says(401, "AADSTS700027");
const EXPIRED: Expected = Says(401, "AADSTS700024");
const MALFORMED: Expected = Says(401, "AADSTS50027");

/// What is changed of a workload's token, and what must come of it.
type Line = (String, Value, Expected);

/// All cases of a workload.
pub(crate) fn check(report: &mut Report, who: &str, workload: &Workload, stage: &Stage) {
    let client = stage.client(workload.identity);
    let mut case = |what: &str, expected, source, answer: &Answer| {
        report.case((who, what), (expected, source), answer);
    };
    let own = stage.kubernetes_token(workload, &json!({}));
    for resource in [STORAGE, VAULT, ARM, GRAPH] {
        let answer = stage.exchange(TENANT, (&client, &own, resource), &[]);
        case(
            &format!("its own token, for {resource}"),
            Works,
            "the file names it",
            &answer,
        );
    }
    for (what, changes, expected) in subjects(workload).into_iter().chain(claims(stage)) {
        let token = stage.kubernetes_token(workload, &changes);
        let answer = stage.exchange(TENANT, (&client, &token, STORAGE), &[]);
        case(&what, expected, "the file names no such workload", &answer);
    }
    for identity in ["backup", "billing", "sharedSecrets"] {
        if identity == workload.identity {
            continue;
        }
        let other = stage.client(identity);
        let answer = stage.exchange(TENANT, (&other, &own, STORAGE), &[]);
        case(
            &format!("the client id of {identity}"),
            SUBJECT,
            "another identity",
            &answer,
        );
    }
    let nobody = "00000000-1111-4222-8333-444444444444";
    for (what, tenant, client, token, changes, expected) in [
        (
            "a client id of nobody",
            TENANT,
            nobody,
            own.as_str(),
            None,
            Says(400, "AADSTS700016"),
        ),
        (
            "another tenant",
            FOREIGN,
            &client,
            &own,
            None,
            Says(400, "AADSTS700016"),
        ),
        (
            "a tenant that is not there",
            nobody,
            &client,
            &own,
            None,
            Says(400, "AADSTS90002"),
        ),
        (
            "a text for a token",
            TENANT,
            &client,
            "no.to.ken",
            None,
            MALFORMED,
        ),
        (
            "no token",
            TENANT,
            &client,
            "",
            None,
            Says(401, "AADSTS7000216"),
        ),
        (
            "no type of token",
            TENANT,
            &client,
            &own,
            Some(("client_assertion_type", "")),
            Says(400, "AADSTS900144"),
        ),
        (
            "another grant",
            TENANT,
            &client,
            &own,
            Some(("grant_type", "password")),
            Says(400, "AADSTS70003"),
        ),
        (
            "a scope of its own",
            TENANT,
            &client,
            &own,
            Some(("scope", STORAGE)),
            Says(400, "AADSTS1002012"),
        ),
    ] {
        let changes: Vec<(&str, &str)> = changes.into_iter().collect();
        let answer = stage.exchange(tenant, (client, token, STORAGE), &changes);
        case(what, expected, "nobody is nobody", &answer);
    }
    let default = json!({ "namespace": "default", "serviceAccount": "default" });
    let others = stage.kubernetes_token(workload, &default);
    let (claims, _) = own.rsplit_once('.').expect("a signature");
    let (_, signature) = others.rsplit_once('.').expect("a signature");
    let mixed = format!("{claims}.{signature}");
    let answer = stage.exchange(TENANT, (&client, &mixed, STORAGE), &[]);
    case(
        "the signature of another token",
        SIGNATURE,
        "RS256",
        &answer,
    );
}

/// Service accounts that are nearly the workload's.
fn subjects(workload: &Workload) -> Vec<Line> {
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
        "mxp-*-system".to_owned(),
        "mxp-00000000-1111-4222-8333-444444444444-system".to_owned(),
        "*".to_owned(),
    ];
    let accounts = [
        "default".to_owned(),
        format!("{service_account}-2"),
        service_account[1..].to_owned(),
        "*".to_owned(),
    ];
    let components = ["mxp-controller", "vector", "external-secrets-controller"];
    let components = components
        .into_iter()
        .filter(|name| name != service_account);
    let accounts = accounts.into_iter().chain(components.map(str::to_owned));
    let namespaces = namespaces.into_iter().map(|name| {
        let what = format!("namespace {name}");
        (what, json!({ "namespace": name }), SUBJECT)
    });
    let accounts = accounts.map(|name| {
        let what = format!("service account {name}");
        (what, json!({ "serviceAccount": name }), SUBJECT)
    });
    let upper = service_account.to_uppercase();
    let cased = (
        format!("service account {upper}"),
        json!({ "serviceAccount": upper }),
        SUBJECT_BUT_FOR_CASE,
    );
    namespaces.chain(accounts).chain([cased]).collect()
}

/// Tokens whose claims or signatures are nearly right.
fn claims(stage: &Stage) -> Vec<Line> {
    let own = stage.issuer(super::stage::CLUSTER);
    let without_slash = own.trim_end_matches('/').to_owned();
    let iss = |issuer: &str| json!({ "claims": { "iss": issuer } });
    let others = stage.issuer(OTHERS_CLUSTER);
    let lines = [
        (
            "an issuer without its last slash",
            iss(&without_slash),
            ISSUER,
        ),
        (
            "an issuer with a slash more",
            iss(&format!("{own}/")),
            ISSUER,
        ),
        (
            "an issuer in capital letters",
            iss(&own.to_uppercase()),
            ISSUER,
        ),
        (
            "an issuer of nobody",
            iss("https://issuer.example/"),
            ISSUER,
        ),
        (
            "another cluster of the tenant",
            json!({ "issuer": others, "namespace": "default", "serviceAccount": "vector" }),
            ISSUER,
        ),
        (
            "another cluster of the tenant, with the same subject",
            json!({ "issuer": others }),
            ISSUER,
        ),
        (
            "the signature of another cluster",
            json!({ "issuer": others, "claims": { "iss": own } }),
            SIGNATURE,
        ),
        (
            "the audience of AWS",
            json!({ "audience": ["sts.amazonaws.com"] }),
            AUDIENCE,
        ),
        (
            "the audience in small letters",
            json!({ "audience": ["api://azureadtokenexchange"] }),
            AUDIENCE,
        ),
        ("no audience", json!({ "audience": [] }), AUDIENCE),
        ("an expired token", json!({ "expiresIn": -3600 }), EXPIRED),
        (
            "an unsigned token",
            json!({ "signed": "nobody" }),
            SIGNATURE,
        ),
        (
            "no subject",
            json!({ "claims": { "sub": null } }),
            MALFORMED,
        ),
        ("no issuer", json!({ "claims": { "iss": null } }), MALFORMED),
    ];
    let line =
        |(what, changes, expected): (&str, Value, Expected)| (what.to_owned(), changes, expected);
    lines.map(line).into()
}
