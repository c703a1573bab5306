//! Restarts: method × component × what changed; and the rollouts themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;
use wip_space::Space;

use super::stage::{ONE, OWN, PLANES, Stage, space};
use crate::observed::{Account, Running, Workload};
use crate::{
    Applied, Expected, How, KubeError, Observed, expected, findings, labels, observe, restart,
    restarts,
};

fn host() -> String {
    format!("mxp-{ONE}-system")
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// One workload with one pod.
fn observed(
    account: &[(&str, &str)],
    labels: &[(&str, &str)],
    template: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> Observed {
    let mut all = texts(labels);
    all.insert("app".to_owned(), "w".to_owned());
    let mut observed = Observed::default();
    observed.accounts.insert(
        (host(), "sa".to_owned()),
        Account {
            annotations: texts(account),
        },
    );
    observed.workloads.push(Workload {
        kind: "deployment",
        namespace: host(),
        name: "w".to_owned(),
        service_account: "sa".to_owned(),
        labels: all.clone(),
        annotations: texts(template),
        selector: texts(&[("app", "w")]),
    });
    observed.pods.push(Running {
        namespace: host(),
        name: "w-1".to_owned(),
        uid: "1".to_owned(),
        service_account: "sa".to_owned(),
        labels: all,
        variables: vec![texts(variables)],
    });
    observed
}

fn of(how: How, component: wip_space::Component) -> Expected {
    Expected {
        identity: "i".to_owned(),
        component,
        namespace: host(),
        service_account: "sa".to_owned(),
        control_plane: None,
        how,
        access: Some("now".to_owned()),
    }
}

const URI: (&str, &str) = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "http://169.254.170.23/v1/credentials",
);

#[test]
fn who_must_restart() {
    use wip_space::Component::{Backup, Billing};
    let irsa = || How::Irsa("r".to_owned());
    let entra = || How::Entra("c".to_owned());
    let gke = || How::GkeServiceAccount("e".to_owned());
    let role = (labels::ROLE, "r");
    let client = (labels::CLIENT, "c");
    let uses = (labels::USE, "true");
    let aware = (labels::ACCESS, "now");
    let unaware = (labels::ACCESS, "before");
    // How, component, annotations, labels, template, variables: whether it must restart.
    let rows = [
        (irsa(), Backup, vec![role], vec![], vec![], vec![], true),
        (
            irsa(),
            Backup,
            vec![role],
            vec![],
            vec![],
            vec![("AWS_ROLE_ARN", "r")],
            false,
        ),
        (
            irsa(),
            Backup,
            vec![role],
            vec![],
            vec![],
            vec![("AWS_ROLE_ARN", "old")],
            true,
        ),
        // While the method changes: the pod still comes by its association.
        (irsa(), Backup, vec![role], vec![], vec![], vec![URI], true),
        // A restart would give it the wrong role: the values come first.
        (
            irsa(),
            Backup,
            vec![(labels::ROLE, "x")],
            vec![],
            vec![],
            vec![],
            false,
        ),
        (irsa(), Backup, vec![], vec![], vec![], vec![], false),
        (
            How::PodIdentity,
            Backup,
            vec![],
            vec![],
            vec![],
            vec![],
            true,
        ),
        (
            How::PodIdentity,
            Backup,
            vec![],
            vec![],
            vec![],
            vec![URI],
            false,
        ),
        (
            How::PodIdentity,
            Backup,
            vec![role],
            vec![],
            vec![],
            vec![("AWS_ROLE_ARN", "r")],
            true,
        ),
        (
            entra(),
            Backup,
            vec![client],
            vec![uses],
            vec![],
            vec![],
            true,
        ),
        (
            entra(),
            Backup,
            vec![client],
            vec![uses],
            vec![],
            vec![("AZURE_CLIENT_ID", "c")],
            false,
        ),
        (
            entra(),
            Backup,
            vec![client],
            vec![uses],
            vec![],
            vec![("AZURE_CLIENT_ID", "old")],
            true,
        ),
        // Without the label nothing is ever injected.
        (entra(), Backup, vec![client], vec![], vec![], vec![], false),
        (gke(), Backup, vec![], vec![], vec![], vec![], false),
        (
            How::GkePrincipal,
            Backup,
            vec![],
            vec![],
            vec![],
            vec![],
            false,
        ),
        // Vector looks at its start, whatever the method.
        (
            How::GkePrincipal,
            Billing,
            vec![],
            vec![],
            vec![],
            vec![],
            true,
        ),
        (
            How::GkePrincipal,
            Billing,
            vec![],
            vec![],
            vec![unaware],
            vec![],
            true,
        ),
        (
            How::GkePrincipal,
            Billing,
            vec![],
            vec![],
            vec![aware],
            vec![],
            false,
        ),
        (
            How::PodIdentity,
            Billing,
            vec![],
            vec![],
            vec![aware],
            vec![URI],
            false,
        ),
        (
            How::PodIdentity,
            Billing,
            vec![],
            vec![],
            vec![aware],
            vec![],
            true,
        ),
        (
            How::NotApplied,
            Billing,
            vec![],
            vec![],
            vec![aware],
            vec![],
            false,
        ),
    ];
    for (row, (how, component, account, labels, template, variables, must)) in
        rows.into_iter().enumerate()
    {
        let observed = observed(&account, &labels, &template, &variables);
        let found = restarts(&[of(how, component)], &observed, None);
        assert_eq!(!found.is_empty(), must, "row {row}: {found:?}");
    }
}

#[test]
fn pods_that_are_told_by_a_config_map_need_no_annotation() {
    let wanted = [of(How::Irsa("r".to_owned()), wip_space::Component::Backup)];
    let codes = |observed: &Observed| -> Vec<&str> {
        let restarts = restarts(&wanted, observed, None);
        let found = findings(&wanted, observed, &restarts);
        found.iter().map(|finding| finding.code).collect()
    };
    assert_eq!(
        codes(&observed(&[], &[], &[], &[("AWS_ROLE_ARN", "r")])),
        [""; 0]
    );
    assert_eq!(codes(&observed(&[], &[], &[], &[])), ["WIP0372"]);
    // An annotation wins over the map.
    let other = observed(&[(labels::ROLE, "x")], &[], &[], &[("AWS_ROLE_ARN", "r")]);
    assert_eq!(codes(&other), ["WIP0372"]);
}

#[test]
fn commands_name_the_namespace_and_the_context() {
    let observed = observed(&[], &[], &[], &[]);
    let command = |component, context| {
        let all = restarts(&[of(How::PodIdentity, component)], &observed, context);
        all[0].command.clone()
    };
    assert_eq!(
        command(wip_space::Component::Backup, Some("prod")),
        format!(
            "kubectl rollout restart deployment/w -n {} --context prod",
            host()
        )
    );
    assert_eq!(
        command(wip_space::Component::Billing, None),
        format!(
            "kubectl patch deployment/w -n {} --type merge -p '{{\"spec\":{{\"template\":{{\"metadata\":{{\"annotations\":{{\"wip/access\":\"now\"}}}}}}}}}}'",
            host()
        )
    );
}

#[test]
fn a_restart_is_under_way_as_long_as_the_pods_are_those_that_it_was_for() {
    let asked_for = crate::restart::short_digest("1");
    for (given, under_way) in [(asked_for.as_str(), true), ("other", false)] {
        let observed = observed(&[], &[], &[(labels::RESTARTED, given)], &[]);
        let component = wip_space::Component::Backup;
        let found = restarts(&[of(How::PodIdentity, component)], &observed, None);
        assert_eq!(found[0].under_way, under_way);
    }
}

fn demo() -> (Space, Applied) {
    let identities = "    backup: { method: irsa, access: [{ s3: { bucket: acme-b, region: eu-west-1 } }] }\n    billing: { method: irsa, access: [{ s3: { bucket: acme-u, region: eu-west-1 } }] }\n";
    let space = space(OWN, PLANES, identities);
    let mut applied = Applied::default();
    for (identity, account) in [("backup", "mxp-controller"), ("billing", "vector")] {
        applied.outputs.insert(
            identity.to_owned(),
            texts(&[(
                "roleArn",
                &format!("arn:aws:iam::111122223333:role/demo-{identity}"),
            )]),
        );
        for host in [host(), "default-ctp2".to_owned()] {
            let subject = format!("system:serviceaccount:{host}:{account}");
            applied
                .of_subjects
                .insert(subject, BTreeSet::from(["s3 write b".to_owned()]));
        }
    }
    (space, applied)
}

/// The values that the two identities need, with Vector as a stateful set.
fn values() -> serde_json::Value {
    let role = |name: &str| json!({ "eks.amazonaws.com/role-arn": format!("arn:aws:iam::111122223333:role/demo-{name}") });
    json!({
        "billing": { "enabled": true },
        "controlPlanes": {
            "mxpController": { "serviceAccount": { "annotations": role("backup") } },
            "vector": {
                "serviceAccount": { "customAnnotations": role("billing") },
                "persistence": { "enabled": true },
            },
        },
    })
}

#[tokio::test(start_paused = true)]
async fn everything_restarts_once() {
    let stage = Stage::new();
    stage.upgrade(&values());
    let (space, applied) = demo();
    let wanted = expected(&space, "own", &applied);
    let groups = BTreeSet::from(["default".to_owned()]);
    let look = async || {
        let observed = observe(&stage.kube, &wanted, &groups)
            .await
            .expect("it can be read");
        restarts(&wanted, &observed, None)
    };
    let found = look().await;
    let names: Vec<String> = found
        .iter()
        .map(|it| format!("{}/{}", it.kind, it.name))
        .collect();
    let each = ["deployment/mxp-controller", "statefulset/vector"];
    assert_eq!(names, [each, each].concat());
    for one in &found {
        let mut seen = Vec::new();
        restart(
            &stage.kube,
            one,
            "2026-01-01T00:00:00Z",
            Duration::from_secs(30),
            |progress| {
                seen.push((progress.ready, progress.wanted));
            },
        )
        .await
        .expect("it comes up again");
        assert_eq!(seen, [(0, 1), (1, 1)]);
    }
    let after = look().await;
    assert_eq!(after, []);
    let observed = observe(&stage.kube, &wanted, &groups)
        .await
        .expect("it can be read");
    assert_eq!(findings(&wanted, &observed, &after), []);
    // With more access, Vector alone restarts; without another control plane's, nobody else's.
    let mut more = applied.clone();
    let subject = format!("system:serviceaccount:{}:vector", host());
    more.of_subjects
        .get_mut(&subject)
        .expect("vector's")
        .insert("s3 list b".to_owned());
    let wanted = expected(&space, "own", &more);
    let observed = observe(&stage.kube, &wanted, &groups)
        .await
        .expect("it can be read");
    let again = restarts(&wanted, &observed, None);
    assert_eq!(again.len(), 1, "{again:?}");
    assert_eq!(
        (again[0].name.as_str(), &again[0].namespace),
        ("vector", &host())
    );
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_was_cut_short_is_waited_for_and_not_done_again() {
    let stage = Stage::new();
    stage.upgrade(&values());
    let (space, applied) = demo();
    let wanted = expected(&space, "own", &applied);
    let groups = BTreeSet::new();
    let look = async || {
        let observed = observe(&stage.kube, &wanted, &groups)
            .await
            .expect("it can be read");
        restarts(&wanted, &observed, None)
    };
    let first = look().await.remove(0);
    let stuck = |stuck: bool| {
        stage.control("kube/stuck", &json!({ "cluster": "own", "namespace": first.namespace, "name": first.name, "stuck": stuck }));
    };
    stuck(true);
    let run = async |one: &crate::Restart| {
        restart(
            &stage.kube,
            one,
            "2026-01-01T00:00:00Z",
            Duration::from_secs(5),
            |_| {},
        )
        .await
    };
    let came = run(&first).await;
    assert!(
        matches!(came, Err(KubeError::Stuck { seconds: 5, .. })),
        "{came:?}"
    );
    let path = format!(
        "apis/apps/v1/namespaces/{}/deployments/{}",
        first.namespace, first.name
    );
    let generation = |stage: &Stage| {
        stage.ask(&format!("GET {path}"), &serde_json::Value::Null)["metadata"]["generation"]
            .clone()
    };
    let before = generation(&stage);
    // The same list, as somebody has it who was cut off: the old pods are what it is for.
    let mut again = first.clone();
    again.under_way = true;
    stuck(false);
    run(&again).await.expect("it comes up");
    assert_eq!(generation(&stage), before);
}
