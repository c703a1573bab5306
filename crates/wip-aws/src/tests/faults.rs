//! Every call of the lives of roles and associations failing once, in every class that passes.

use serde_json::json;
use wip_provider::Class;
use wip_sandbox::{Fault, FaultClass};

use super::stage::{Hand, Stage, doc, seed, space, wants};

const FILE: &str = r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: { name: demo }
spec:
  clusters:
    - { name: c0, eks: { account: "111122223333", region: eu-west-1, cluster: c0 } }
  buckets:
    - s3: { bucket: acme-data, region: eu-west-1, policy: true }
  identities:
    app:
      method: irsa
      workloads: [ { namespace: a, serviceAccount: sa } ]
      role: { policies: managed }
      access: [ { s3: { bucket: acme-data, region: eu-west-1, allow: [read] } } ]
    pods:
      method: podIdentity
      workloads: [ { namespace: b, serviceAccount: sa } ]
      access: [ { ebsSnapshots: {} } ]
"#;

/// Makes and deletes everything while the `nth` call after the facts fails; whether there was such a call.
async fn life(nth: u64, class: FaultClass) -> bool {
    let stage = Stage::new(&seed(json!({
        "clusters": [{ "account": "111122223333", "region": "eu-west-1", "name": "c0" }],
        "buckets": [{ "account": "111122223333", "region": "eu-west-1", "name": "acme-data" }],
    })));
    let space = space(FILE);
    let driver = stage.driver(&space);
    let before = stage.sandbox.dump();
    let wants = wants(&driver, &space).await;
    stage.sandbox.clear_log();
    stage.sandbox.set_faults(vec![Fault {
        service: None,
        operation: None,
        nth,
        times: 1,
        class: class.clone(),
    }]);
    let what = |step: &str| format!("{step}, call {nth}, {class:?}");
    for want in &wants {
        let hand = Hand::of(&driver, &space, want);
        match hand.create().await {
            Ok(_) => {}
            // The answer was lost: what is there is finished.
            Err(error) if error.class == Class::Conflict => {
                let live = hand.look().await.expect("made");
                let finished = hand.update(&live.doc).await;
                finished.unwrap_or_else(|error| panic!("{}: {error}", what("update")));
            }
            Err(error) => panic!("{}: {error}", what("create")),
        }
        assert_eq!(
            hand.look().await.expect("made").doc,
            *doc(want),
            "{}",
            what("look")
        );
    }
    for want in wants.iter().rev() {
        match Hand::of(&driver, &space, want).delete().await {
            Err(error) if error.class != Class::Missing => panic!("{}: {error}", what("delete")),
            _ => {}
        }
    }
    assert_eq!(stage.sandbox.dump(), before, "{}", what("dump"));
    (stage.calls().len() as u64) > nth
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_once_makes_no_difference() {
    let classes = [
        FaultClass::Throttle,
        FaultClass::InternalError,
        FaultClass::LostRequest,
        FaultClass::LostAnswer,
        FaultClass::TruncatedBody,
    ];
    let of_class = classes.map(|class| async move {
        let mut nth = 1;
        while life(nth, class.clone()).await {
            nth += 1;
        }
        assert!(nth > 25, "{class:?}: only {nth} calls");
    });
    futures_util::future::join_all(of_class).await;
}
