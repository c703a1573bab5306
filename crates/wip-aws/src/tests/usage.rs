//! What is counted of an account before anything is made in it.

use serde_json::{Value, json};
use wip_provider::Cloud as _;
use wip_sandbox::{Fault, FaultClass};
use wip_space::Space;

use super::stage::{Stage, seed, space};
use crate::Aws;

const ACCOUNT: &str = "111122223333";

/// Two roles, one of them only referred to, on one cluster.
fn file() -> Space {
    space(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: { name: demo }
spec:
  clusters: [ { name: c0, eks: { account: "111122223333", region: eu-west-1, cluster: c0 } } ]
  identities:
    one:
      method: irsa
      workloads: [ { namespace: one, serviceAccount: one } ]
      access: [ { ebsSnapshots: {} } ]
    two:
      method: irsa
      role: { existing: reference, name: theirs }
      workloads: [ { namespace: two, serviceAccount: two } ]
      access: [ { ebsSnapshots: {} } ]
"#,
    )
}

/// An account with five roles of others.
fn account(quotas: &Value) -> Stage {
    let other = |n: usize| json!({ "account": ACCOUNT, "name": format!("other-{n}") });
    Stage::new(&seed(json!({
        "clusters": [{ "account": ACCOUNT, "region": "eu-west-1", "name": "c0" }],
        "roles": (0..5).map(other).collect::<Vec<_>>(),
        "quotas": quotas,
    })))
}

async fn make_providers(stage: &Stage, count: usize) {
    let client = stage.somebody(&file()).await;
    for n in 0..count {
        let ask = client.iam().create_open_id_connect_provider();
        let url = format!("https://issuer.example.com/{n}");
        ask.url(url).send().await.expect("a provider");
    }
}

/// What the rooms say, one a line.
async fn said(stage: &Stage) -> String {
    let facts = stage.facts(&file()).await;
    let room = |room: wip_plan::Room| match room.used {
        Ok(used) => format!("{used} of {} {}; {}", room.most, room.what, room.ways_out),
        Err(why) => format!("{} unknown: {why}", room.what),
    };
    let rooms: Vec<String> = Aws::rooms(&facts).into_iter().map(room).collect();
    rooms.join("\n")
}

#[tokio::test(start_paused = true)]
async fn the_summary_says_how_many_there_are_and_how_many_fit() {
    let stage = account(&json!({ "roles": 7, "policies": 9 }));
    make_providers(&stage, 78).await;
    stage.sandbox.clear_log();
    insta::assert_snapshot!(said(&stage).await, @"
        5 of 7 IAM roles; raise the quota L-FE177D64 (Service Quotas, IAM, roles per account), delete roles that nobody uses, or use roles that are there: role.existing: reference
        0 of 9 managed policies; raise the quota L-E95E4862 (Service Quotas, IAM, customer managed policies per account), delete policies that nobody uses, or role.policies: inline, which needs none
        78 of 100 OIDC providers; raise the quota L-858F3967 (Service Quotas, IAM, OpenId connect providers per account), delete those of clusters that are gone, or method: podIdentity, which needs none
        ");
    assert_eq!(
        stage.iam_calls(),
        2,
        "the summary, and the role that is referred to: {:?}",
        stage.calls()
    );
}

#[tokio::test(start_paused = true)]
async fn many_providers_are_counted_exactly() {
    let stage = account(&json!({ "oidc_providers": 81 }));
    make_providers(&stage, 79).await;
    insta::assert_snapshot!(said(&stage).await, @"
        5 of 1000 IAM roles; raise the quota L-FE177D64 (Service Quotas, IAM, roles per account), delete roles that nobody uses, or use roles that are there: role.existing: reference
        0 of 1500 managed policies; raise the quota L-E95E4862 (Service Quotas, IAM, customer managed policies per account), delete policies that nobody uses, or role.policies: inline, which needs none
        79 of 81 OIDC providers; raise the quota L-858F3967 (Service Quotas, IAM, OpenId connect providers per account), delete those of clusters that are gone, or method: podIdentity, which needs none
        ");
    let no_quota = Fault {
        service: Some("servicequotas".to_owned()),
        operation: None,
        nth: 1,
        times: 0,
        class: FaultClass::AccessDenied,
    };
    stage.sandbox.set_faults(vec![no_quota]);
    insta::assert_snapshot!(said(&stage).await.lines().last().unwrap_or_default(), @"79 of 100 OIDC providers; raise the quota L-858F3967 (Service Quotas, IAM, OpenId connect providers per account), delete those of clusters that are gone, or method: podIdentity, which needs none; 100 is the default of AWS, because the quota could not be read: servicequotas:GetServiceQuota: AccessDeniedException: User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: servicequotas:GetServiceQuota because no identity-based policy allows the servicequotas:GetServiceQuota action");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_list_providers_goes_by_the_summary() {
    let stage = account(&json!({ "oidc_providers": 81 }));
    make_providers(&stage, 80).await;
    stage.sandbox.set_faults(vec![Fault {
        service: Some("iam".to_owned()),
        operation: Some("ListOpenIDConnectProviders".to_owned()),
        nth: 1,
        times: 0,
        class: FaultClass::AccessDenied,
    }]);
    let said = said(&stage).await;
    assert!(said.contains("80 of 81 OIDC providers; raise"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_count_is_told_so_once() {
    let stage = account(&json!({}));
    stage.sandbox.set_faults(vec![Fault {
        service: Some("iam".to_owned()),
        operation: Some("GetAccountSummary".to_owned()),
        nth: 1,
        times: 0,
        class: FaultClass::AccessDenied,
    }]);
    insta::assert_snapshot!(said(&stage).await, @"roles, policies and providers unknown: iam:GetAccountSummary: AccessDenied: User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: iam:GetAccountSummary because no identity-based policy allows the iam:GetAccountSummary action");
}
