//! Who gets a session of a workload's role, and who does not: tokens as its cluster would mint them, and as nobody should.
//!
//! Sources of codes: "AssumeRoleWithWebIdentity" of the STS API reference, "AssumeRoleForPodIdentity" of the EKS Auth API
//! reference. The same role for another namespace, service account or cluster is what IRSA and EKS Pod Identity are to
//! prevent ("IAM roles for service accounts", "Learn how EKS Pod Identity works", EKS user guide).

use serde_json::{Value, json};

use super::asking::{Answer, Caller, Keys};
use super::report::Expected::{self, Denied, OfNoRole, OfRole, Says};
use super::report::Report;
use super::spaces::{ACCOUNT, By, OWN_ISSUER, OWN_KEY, Workload};
use super::stage::{OTHERS_CLUSTER, Stage, UNKNOWN_CLUSTER, done};

const NO_SUCH_TOKEN: Expected = Says(400, "InvalidIdentityToken");
/// The audience of IRSA ("IAM roles for service accounts").
const STS: &str = "sts.amazonaws.com";
/// The audience of EKS Pod Identity ("Learn how EKS Pod Identity works").
const PODS: &str = "pods.eks.amazonaws.com";

/// A workload's session, by one of its ways; nothing where it gets none.
pub(crate) fn session(workload: &Workload, by: By, stage: &Stage) -> Option<Caller> {
    let answer = knock(workload, by, stage, &token(workload, by, stage, &json!({})));
    let (id, token) = match by {
        By::WebIdentity => (
            answer.element("AccessKeyId"),
            answer.element("SessionToken"),
        ),
        By::PodIdentity => {
            let credentials = &answer.json()["credentials"];
            let text = |name: &str| credentials[name].as_str().unwrap_or_default().to_owned();
            (text("accessKeyId"), text("sessionToken"))
        }
    };
    let keys = Keys {
        id,
        token: Some(token),
    };
    answer
        .worked()
        .then(|| Caller::new(stage.sandbox.url(), keys, workload.region))
}

/// A token of the workload's pod, but for these members of the wish.
fn token(workload: &Workload, by: By, stage: &Stage, changes: &Value) -> String {
    let mut wish = json!({
        "issuer": stage.issuer(workload.cluster),
        "namespace": workload.namespace,
        "serviceAccount": workload.service_account,
        "audience": [match by { By::WebIdentity => STS, By::PodIdentity => PODS }],
    });
    for (name, value) in changes.as_object().expect("members") {
        wish[name] = value.clone();
    }
    // The sandbox plays no issuer that hosts itself.
    if wish["issuer"] == OWN_ISSUER && wish["key"].is_null() {
        wish["key"] = OWN_KEY.into();
    }
    let minted = stage.owner().sandbox("token", &wish);
    minted["token"].as_str().expect("a token").to_owned()
}

/// What comes of a token that is the workload's own but for the key that signs it.
pub(crate) fn signed_with(workload: &Workload, stage: &Stage, key: &str) -> Answer {
    let token = token(workload, By::WebIdentity, stage, &json!({ "key": key }));
    knock(workload, By::WebIdentity, stage, &token)
}

/// Asks for a session with a token; without one where it is empty.
fn knock(workload: &Workload, by: By, stage: &Stage, token: &str) -> Answer {
    let has_token = !token.is_empty();
    match by {
        By::WebIdentity => {
            let role = role(workload);
            let mut with = vec![("RoleArn", role.as_str()), ("RoleSessionName", "pod")];
            with.extend(has_token.then_some(("WebIdentityToken", token)));
            Caller::nobody(stage.sandbox.url()).sts("AssumeRoleWithWebIdentity", &with)
        }
        By::PodIdentity => {
            let cluster = workload.cluster;
            let what = format!("POST /clusters/{cluster}/assume-role-for-pod-identity");
            let members = match has_token {
                true => json!({ "token": token }),
                false => json!({}),
            };
            // The agent on the node signs, as the node.
            stage.owner().eks("eks-auth", &what, &members)
        }
    }
}

fn role(workload: &Workload) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{}", workload.role)
}

/// All cases of a workload by one of its ways.
pub(crate) fn check(report: &mut Report, who: &str, workload: &Workload, by: By, stage: &Stage) {
    let neighbours = neighbours(workload, by);
    let mut case = |what: &str, expected, source, answer: &Answer| {
        report.case((who, what), (expected, source), answer);
    };
    let mut knocks = |what: &str, changes: Value, expected, source| {
        let token = token(workload, by, stage, &changes);
        case(what, expected, source, &knock(workload, by, stage, &token));
    };
    let own_role = OfRole(workload.role_name());
    knocks("its own token", json!({}), own_role, "the file names it");
    for (what, changes, expected) in neighbours {
        knocks(&what, changes, expected, "the file names no such workload");
    }
    let other = |cluster: &str| json!({ "issuer": stage.issuer(cluster) });
    let bad = |web: Expected, pod: &'static str| match by {
        By::WebIdentity => web,
        By::PodIdentity => Says(400, pod),
    };
    let stranger = bad(NO_SUCH_TOKEN, "InvalidTokenException");
    for (what, changes, expected, source) in [
        (
            "a cluster that the account knows",
            other(OTHERS_CLUSTER),
            bad(Denied, "InvalidTokenException"),
            "the file names no such cluster",
        ),
        (
            "a cluster that the account does not know",
            other(UNKNOWN_CLUSTER),
            stranger,
            "the file names no such cluster",
        ),
        (
            "an issuer of nobody",
            json!({ "claims": { "iss": "https://issuer.example" } }),
            stranger,
            "no such issuer",
        ),
        (
            "another audience",
            json!({ "audience": ["vault"] }),
            stranger,
            "for somebody else",
        ),
        (
            "the audience of the other way",
            json!({ "audience": [match by { By::WebIdentity => PODS, By::PodIdentity => STS }] }),
            stranger,
            "for somebody else",
        ),
        (
            "no audience",
            json!({ "audience": [] }),
            stranger,
            "for nobody",
        ),
        (
            "an expired token",
            json!({ "expiresIn": -3600 }),
            Says(400, "ExpiredTokenException"),
            "exp",
        ),
        (
            "an unsigned token",
            json!({ "signed": "nobody" }),
            stranger,
            "alg: none",
        ),
        (
            "the signature of another cluster",
            json!({
                "issuer": stage.issuer(UNKNOWN_CLUSTER),
                "claims": { "iss": stage.issuer(workload.cluster) },
            }),
            stranger,
            "another key",
        ),
        (
            "no subject",
            json!({ "claims": { "sub": null } }),
            stranger,
            "nobody's",
        ),
        (
            "no issuer",
            json!({ "claims": { "iss": null } }),
            stranger,
            "nobody's",
        ),
    ] {
        knocks(what, changes, expected, source);
    }
    // Once for a cluster, because making a key takes its time: one that goes by the name of the cluster's own.
    if report.is_first(&format!("{} {by:?}", workload.cluster)) {
        let token = token(workload, by, stage, &json!({ "signed": "stranger" }));
        let answer = knock(workload, by, stage, &token);
        let what = "the signature of a key of the same name";
        report.case((who, what), (stranger, "another key"), &answer);
    }
    let mut case = |what: &str, expected, source, answer: &Answer| {
        report.case((who, what), (expected, source), answer);
    };
    let own = token(workload, by, stage, &json!({}));
    let default = json!({ "namespace": "default", "serviceAccount": "default" });
    let others = token(workload, by, stage, &default);
    let (claims, _) = own.rsplit_once('.').expect("a signature");
    let (_, signature) = others.rsplit_once('.').expect("a signature");
    let mixed = format!("{claims}.{signature}");
    let answer = knock(workload, by, stage, &mixed);
    case("the signature of another token", stranger, "RS256", &answer);
    let answer = knock(workload, by, stage, "no.to.ken");
    case("no token but a text", stranger, "no JWT", &answer);
    let nothing = bad(Says(400, "ValidationError"), "InvalidParameterException");
    case(
        "no token",
        nothing,
        "nobody is nobody",
        &knock(workload, by, stage, ""),
    );
    let with = [
        ("RoleArn", role(workload)),
        ("RoleSessionName", "me".to_owned()),
    ];
    let with = with.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = stage.owner().sts("AssumeRole", &with);
    case(
        "AssumeRole of the account's administrator",
        Denied,
        "the trust names no such",
        &answer,
    );
    if by == By::PodIdentity {
        on_another_cluster(report, who, workload, stage);
    }
}

/// Service accounts that are nearly the workload's.
fn neighbours(workload: &Workload, by: By) -> Vec<(String, Value, Expected)> {
    let Workload {
        namespace,
        service_account,
        any_host,
        ..
    } = workload;
    let no = match by {
        By::WebIdentity => Denied,
        By::PodIdentity => Says(404, "ResourceNotFoundException"),
    };
    let own = OfRole(workload.role_name());
    let host = "mxp-00000000-1111-4222-8333-444444444444-system";
    let namespaces = [
        ("default".to_owned(), no),
        ("kube-system".to_owned(), no),
        ("upbound-system".to_owned(), no),
        (format!("{namespace}-2"), no),
        (format!("x-{namespace}"), no),
        (namespace[..namespace.len() - 1].to_owned(), no),
        ("mxp-*-system".to_owned(), if *any_host { own } else { no }),
        (host.to_owned(), if *any_host { own } else { no }),
    ];
    let accounts = [
        "default".to_owned(),
        format!("{service_account}-2"),
        service_account[1..].to_owned(),
        service_account.to_uppercase(),
        "mxe-api".to_owned(),
        "*".to_owned(),
    ];
    let namespaces = namespaces.into_iter().map(|(name, expected)| {
        let what = format!("namespace {name}");
        (what, json!({ "namespace": name }), expected)
    });
    let accounts = accounts.into_iter().map(|name| {
        let what = format!("service account {name}");
        (what, json!({ "serviceAccount": name }), no)
    });
    let components = ["mxp-controller", "vector", "external-secrets-controller"];
    let components = components
        .into_iter()
        .filter(|name| name != service_account);
    let components = components.map(|name| {
        let what = format!("another component's service account {name}");
        let expected = match by {
            By::WebIdentity => no,
            By::PodIdentity => OfNoRole(workload.role_name()),
        };
        (what, json!({ "serviceAccount": name }), expected)
    });
    namespaces.chain(accounts).chain(components).collect()
}

/// Somebody associates the role on a cluster of theirs: the trust names the clusters (aws:SourceArn), so it is of no use.
fn on_another_cluster(report: &mut Report, who: &str, workload: &Workload, stage: &Stage) {
    let with = json!({
        "namespace": workload.namespace,
        "serviceAccount": workload.service_account,
        "roleArn": role(workload),
    });
    let associations = format!("/clusters/{OTHERS_CLUSTER}/pod-identity-associations");
    let owner = stage.owner();
    let made = owner.eks("eks", &format!("POST {associations}"), &with);
    done("CreatePodIdentityAssociation", &made);
    let elsewhere = Workload {
        cluster: OTHERS_CLUSTER,
        ..workload.clone()
    };
    let token = token(&elsewhere, By::PodIdentity, stage, &json!({}));
    let answer = knock(&elsewhere, By::PodIdentity, stage, &token);
    let what = "an association of another cluster";
    report.case(
        (who, what),
        (Denied, "the trust names its clusters"),
        &answer,
    );
}
