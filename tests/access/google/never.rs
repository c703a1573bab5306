//! What opens to no workload: policies, accounts, buckets and clusters.
//!
//! Source: none of the roles that wip gives has a permission of these ("IAM roles and permissions index"); a condition on secrets' names holds for no project.

use serde_json::{Value, json};

use super::super::report::Report;
use super::data::{NO_OBJECT, NO_ROLE};
use super::stage::{CLUSTER, NUMBER, PROJECT, Stage, issuer, member};
use super::workloads::Workload;

/// All cases of a workload.
pub(crate) fn check(report: &mut Report, who: &str, workload: &Workload, stage: &Stage) {
    let token = stage.token(workload);
    let mut case = |what: &str, request: &str, body: &Value, expected| {
        let answer = stage.ask(&token, request, body);
        report.case(
            (who, what),
            (expected, "no role that wip gives has it"),
            &answer,
        );
    };
    let owner = json!({ "version": 3, "bindings": [{ "role": "roles/storage.admin", "members": [member(workload)] }] });
    let wrapped = json!({ "policy": { "bindings": [{ "role": "roles/owner", "members": [member(workload)] }] } });
    let own = workload.own.or(workload.adds).or(workload.reads);
    for bucket in own
        .map(|(bucket, _)| bucket)
        .into_iter()
        .chain(["acme-others"])
    {
        let at = format!("storage/storage/v1/b/{bucket}");
        let what = format!("the policy of bucket {bucket}");
        case(&what, &format!("GET {at}/iam"), &Value::Null, NO_OBJECT);
        case(
            &format!("to set {what}"),
            &format!("PUT {at}/iam"),
            &owner,
            NO_OBJECT,
        );
        case(
            &format!("to change {bucket}"),
            &format!("PATCH {at}"),
            &json!({ "labels": { "a": "b" } }),
            NO_OBJECT,
        );
        case(
            &format!("to delete {bucket}"),
            &format!("DELETE {at}"),
            &Value::Null,
            NO_OBJECT,
        );
    }
    let all = format!("storage/storage/v1/b?project={PROJECT}");
    case(
        "all buckets",
        &format!("GET {all}"),
        &Value::Null,
        NO_OBJECT,
    );
    case(
        "a bucket of its own",
        &format!("POST {all}"),
        &json!({ "name": "mine-own" }),
        NO_OBJECT,
    );
    for secret in workload
        .secrets
        .iter()
        .copied()
        .filter(|it| !it.ends_with('-'))
        .chain(["apps-db"])
    {
        let at = format!("secretmanager/v1/projects/{PROJECT}/secrets/{secret}");
        case(
            &format!("the policy of {secret}"),
            &format!("GET {at}:getIamPolicy"),
            &Value::Null,
            NO_ROLE,
        );
        case(
            &format!("to set the policy of {secret}"),
            &format!("POST {at}:setIamPolicy"),
            &wrapped,
            NO_ROLE,
        );
    }
    for project in [PROJECT, NUMBER, "others"] {
        let at = format!("cloudresourcemanager/v3/projects/{project}");
        case(
            &format!("project {project}"),
            &format!("GET {at}"),
            &Value::Null,
            NO_ROLE,
        );
        case(
            &format!("the policy of project {project}"),
            &format!("POST {at}:getIamPolicy"),
            &json!({}),
            NO_ROLE,
        );
        case(
            &format!("to set the policy of project {project}"),
            &format!("POST {at}:setIamPolicy"),
            &wrapped,
            NO_ROLE,
        );
    }
    let accounts = format!("gcpiam/v1/projects/{PROJECT}/serviceAccounts");
    case(
        "all service accounts",
        &format!("GET {accounts}"),
        &Value::Null,
        NO_ROLE,
    );
    case(
        "a service account of its own",
        &format!("POST {accounts}"),
        &json!({ "accountId": "mine-own" }),
        NO_ROLE,
    );
    let others = format!("others@{PROJECT}.iam.gserviceaccount.com");
    for email in workload.account.into_iter().chain([others.as_str()]) {
        let at = format!("{accounts}/{email}");
        case(
            &format!("account {email}"),
            &format!("GET {at}"),
            &Value::Null,
            NO_ROLE,
        );
        case(
            &format!("to delete account {email}"),
            &format!("DELETE {at}"),
            &Value::Null,
            NO_ROLE,
        );
        case(
            &format!("the policy of account {email}"),
            &format!("POST {at}:getIamPolicy"),
            &json!({}),
            NO_ROLE,
        );
        case(
            &format!("to set the policy of account {email}"),
            &format!("POST {at}:setIamPolicy"),
            &wrapped,
            NO_ROLE,
        );
        let token = format!(
            "POST iamcredentials/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        );
        case(
            &format!("a token of account {email}"),
            &token,
            &json!({ "scope": ["s"] }),
            NO_ROLE,
        );
    }
    let cluster = issuer(CLUSTER);
    let path = cluster
        .strip_prefix("https://container.googleapis.com/")
        .expect("a URL");
    case(
        "the cluster",
        &format!("GET container/{path}"),
        &Value::Null,
        NO_ROLE,
    );
}
