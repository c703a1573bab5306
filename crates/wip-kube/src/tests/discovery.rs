//! Discovery: all or nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wip_provider::Class;
use wip_sandbox::FaultClass;
use wip_space::HostNamespace;

use super::stage::{ISSUER, ONE, Stage};
use crate::{Ask, Found, KubeError, Standing, discover};

async fn found(stage: &Stage, issuer: &str, groups: &[&str]) -> Result<Found, KubeError> {
    let groups: BTreeSet<String> = groups.iter().map(|group| (*group).to_owned()).collect();
    let ask = Ask {
        cluster: "own",
        issuer,
        groups: &groups,
    };
    discover(&stage.kube, ask).await
}

fn names(found: &Found) -> Vec<String> {
    let planes = found.control_planes.iter();
    planes
        .map(|plane| format!("{}/{}", plane.group, plane.name))
        .collect()
}

const PLANES: &str = "apis/spaces.upbound.io/v1beta1/namespaces/default/controlplanes";

fn plane(name: &str, annotations: &Value) -> Value {
    json!({
        "apiVersion": "spaces.upbound.io/v1beta1",
        "kind": "ControlPlane",
        "metadata": { "name": name, "annotations": annotations },
        "spec": {},
    })
}

#[tokio::test(start_paused = true)]
async fn control_planes_are_found_with_three_calls() {
    let stage = Stage::new();
    let all = found(&stage, ISSUER, &[]).await.expect("it can be read");
    assert_eq!(names(&all), ["default/ctp1", "default/ctp2"]);
    let hosts: Vec<_> = all
        .control_planes
        .iter()
        .map(|plane| plane.host_namespace.clone())
        .collect();
    let (by_id, by_name) = (
        HostNamespace::OfId(ONE.to_owned()),
        HostNamespace::Named("default-ctp2".to_owned()),
    );
    assert_eq!(hosts, [Some(by_id), Some(by_name)]);
    assert!(
        all.control_planes
            .iter()
            .all(|plane| plane.standing == Standing::Ready)
    );
    assert_eq!(all.remarks, [""; 0]);
    let calls = [
        "get /.well-known/openid-configuration",
        "list controlplanes",
        "list namespaces",
    ];
    assert_eq!(stage.calls(), calls);
    let one = found(&stage, &format!("{ISSUER}/"), &["default"]).await;
    assert_eq!(names(&one.expect("AKS ends issuers with a slash")).len(), 2);
    let none = found(&stage, ISSUER, &["team-a"])
        .await
        .expect("an empty group");
    assert_eq!(names(&none), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn long_lists_are_read_to_their_end() {
    let stage = Stage::new();
    for n in 0..600 {
        stage.ask(
            &format!("POST {PLANES}"),
            &plane(&format!("c{n:03}"), &json!({})),
        );
    }
    let all = found(&stage, ISSUER, &[]).await.expect("it can be read");
    assert_eq!(all.control_planes.len(), 602);
}

/// Whatever goes wrong with any call: the whole list or an error, never a shorter list.
#[tokio::test(start_paused = true)]
async fn no_fault_makes_the_list_shorter() {
    let stage = Stage::new();
    let whole = found(&stage, ISSUER, &[]).await.expect("it can be read");
    let refuse = |status: u16| FaultClass::Refuse {
        status,
        code: String::new(),
        message: "no".to_owned(),
    };
    let classes = [
        FaultClass::Throttle,
        FaultClass::InternalError,
        FaultClass::Unavailable,
        FaultClass::AccessDenied,
        FaultClass::LostRequest,
        FaultClass::LostAnswer,
        FaultClass::Hang,
        FaultClass::TruncatedBody,
        FaultClass::MalformedBody,
        refuse(401),
        refuse(404),
        refuse(410),
    ];
    let mut survived = 0;
    for groups in [&[][..], &["default"][..]] {
        for class in &classes {
            for nth in 1..=3 {
                for times in [1, 0] {
                    stage.fail(nth, times, class.clone());
                    let came = found(&stage, ISSUER, groups).await;
                    if let Ok(found) = came {
                        assert_eq!(
                            found.control_planes, whole.control_planes,
                            "{class:?} at {nth}"
                        );
                        survived += 1;
                    }
                }
            }
        }
    }
    stage.sandbox.set_faults(Vec::new());
    // What passes is tried again: most single faults do no harm at all.
    assert!(survived >= 30, "{survived}");
}

#[tokio::test(start_paused = true)]
async fn another_cluster_a_missing_group_and_a_cluster_without_spaces_are_errors() {
    let stage = Stage::new();
    let other = found(&stage, "https://other.example.com", &[]).await;
    assert!(
        matches!(other, Err(KubeError::OtherCluster { .. })),
        "{other:?}"
    );
    let group = found(&stage, ISSUER, &["default", "nowhere"]).await;
    assert!(
        matches!(&group, Err(KubeError::NoGroup(name)) if name == "nowhere"),
        "{group:?}"
    );
    stage.fail(
        2,
        0,
        FaultClass::Refuse {
            status: 404,
            code: String::new(),
            message: "the server could not find the requested resource".to_owned(),
        },
    );
    let none = found(&stage, ISSUER, &[]).await;
    assert!(matches!(none, Err(KubeError::NoSpaces)), "{none:?}");
}

#[tokio::test(start_paused = true)]
async fn rights_that_are_too_narrow_are_errors() {
    let stage = Stage::new();
    let allow = |rules: Value| {
        stage.control("kube/rights", &json!({ "cluster": "own", "allow": rules }));
    };
    let issuer = json!({ "verbs": ["get"], "urls": ["/.well-known/openid-configuration"] });
    allow(json!([]));
    let nobody = found(&stage, ISSUER, &[]).await;
    assert!(matches!(nobody, Err(KubeError::NoIssuer(_))), "{nobody:?}");
    allow(json!([issuer]));
    let blind = found(&stage, ISSUER, &[]).await;
    assert!(matches!(&blind, Err(KubeError::Denied(error)) if error.class == Class::Denied));
    let one =
        json!({ "verbs": ["list"], "resources": ["controlplanes"], "namespaces": ["default"] });
    allow(json!([issuer, one]));
    // Of its own group somebody may know all, without seeing the namespaces.
    let own = found(&stage, ISSUER, &["default"])
        .await
        .expect("its own group");
    assert_eq!(names(&own).len(), 2);
    assert!(
        own.remarks[0].contains("could not be held against"),
        "{:?}",
        own.remarks
    );
    let both = found(&stage, ISSUER, &["default", "team-a"]).await;
    assert!(matches!(both, Err(KubeError::Denied(_))), "{both:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_pending_is_left_out_and_what_is_going_still_counts() {
    let stage = Stage::new();
    stage.ask(
        &format!("POST {PLANES}"),
        &plane("new", &json!({ "sandbox/pending": "true" })),
    );
    stage.ask(
        &format!("POST {PLANES}"),
        &plane("old", &json!({ "sandbox/terminating": "true" })),
    );
    stage.ask(&format!("DELETE {PLANES}/old"), &Value::Null);
    // Its place is known before it has an id.
    let mut ahead = plane("ahead", &json!({ "sandbox/pending": "true" }));
    ahead["spec"] = json!({ "hostNamespace": { "name": "default-ahead" } });
    stage.ask(&format!("POST {PLANES}"), &ahead);
    let all = found(&stage, ISSUER, &[]).await.expect("it can be read");
    let standing = |name: &str| {
        let plane = all.control_planes.iter().find(|plane| plane.name == name);
        plane.map(|plane| plane.standing)
    };
    assert_eq!(standing("new"), Some(Standing::NotReady));
    assert_eq!(standing("old"), Some(Standing::Deleting));
    let placed: Vec<String> = all.placed().into_iter().map(|found| found.name).collect();
    assert_eq!(placed, ["ahead", "ctp1", "ctp2", "old"]);
    let remarks = [
        "default/new has no id yet, and is left out until it has one",
        "default/ahead: its host namespace default-ahead is not there, or not labelled as one",
    ];
    assert_eq!(all.remarks, remarks);
}

#[tokio::test(start_paused = true)]
async fn labels_of_namespaces_are_held_against_the_list() {
    let stage = Stage::new();
    let host = format!("mxp-{ONE}-system");
    let label = |owner: &str| {
        let labels = json!({ "internal.spaces.upbound.io/controlplane-name": owner });
        stage.ask(
            &format!("PATCH api/v1/namespaces/{host}"),
            &json!({ "metadata": { "labels": labels } }),
        );
    };
    label("another");
    let another = found(&stage, ISSUER, &[]).await;
    assert!(
        matches!(&another, Err(KubeError::Contradiction(why)) if why.contains("another's")),
        "{another:?}"
    );
    label("ctp1");
    // It loses its id, as objects do that are restored without their status.
    let lost =
        json!({ "metadata": { "annotations": { "sandbox/pending": "true" } }, "status": null });
    stage.ask(&format!("PATCH {PLANES}/ctp1"), &lost);
    let lost = found(&stage, ISSUER, &[]).await;
    assert!(
        matches!(&lost, Err(KubeError::Contradiction(why)) if why.contains("lost its id")),
        "{lost:?}"
    );
    stage.ask(&format!("DELETE {PLANES}/ctp1"), &Value::Null);
    let left = found(&stage, ISSUER, &[]).await.expect("it can be read");
    assert_eq!(names(&left), ["default/ctp2"]);
    assert!(
        left.remarks[0].contains("which is not there"),
        "{:?}",
        left.remarks
    );
}

#[tokio::test(start_paused = true)]
async fn ids_that_would_end_up_in_policies_must_be_ids() {
    for id in [
        "*",
        "x:y",
        "706C49FA-5BB8-4A7E-9F41-2FC38EF4B065",
        "706c49fa",
    ] {
        let stage = Stage::new();
        let patch = json!({ "status": { "controlPlaneID": id } });
        stage.ask(&format!("PATCH {PLANES}/ctp1"), &patch);
        let came = found(&stage, ISSUER, &[]).await;
        assert!(
            matches!(&came, Err(KubeError::Contradiction(why)) if why.contains("cannot be one")),
            "{id}: {came:?}"
        );
    }
}
