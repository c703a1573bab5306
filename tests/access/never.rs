//! What no workload may do, whatever it is for: change its own permissions, become somebody else, manage what it uses.
//!
//! Source: none of the permissions that the components' documents name (`components.rs`, `secrets.rs`) is among these.

use serde_json::{Value, json};

use super::asking::{Answer, Caller, everything};
use super::report::Expected::Denied;
use super::report::Report;
use super::spaces::{ACCOUNT, Workload};
use super::stage::{FOREIGN_BUCKET, OTHERS_BUCKET, OTHERS_CLUSTER, OTHERS_ROLE, Stage};

/// What a session is, and what is around it.
struct Around<'a> {
    session: &'a Caller,
    workload: &'a Workload,
    /// The ARN of its role.
    role: String,
    /// The name of its role.
    name: &'a str,
    /// A bucket that it uses, if it uses one.
    bucket: &'a str,
    others_key: String,
}

type Try = (&'static str, fn(&Around<'_>) -> Answer);

/// All cases of a session.
pub(crate) fn check(
    report: &mut Report,
    who: &str,
    workload: &Workload,
    session: &Caller,
    stage: &Stage,
) {
    let around = Around {
        session,
        workload,
        role: format!("arn:aws:iam::{ACCOUNT}:role/{}", workload.role),
        name: workload.role_name(),
        bucket: workload.own.map_or(OTHERS_BUCKET, |own| own.bucket),
        others_key: stage.others_key(),
    };
    for (what, ask) in BUCKETS.iter().chain(IDENTITIES).chain(KEYS) {
        report.case((who, what), (Denied, "nobody's job"), &ask(&around));
    }
}

const BUCKETS: &[Try] = &[
    ("ListBuckets", |a| a.session.s3("GET /", "")),
    ("CreateBucket", |a| a.session.s3("PUT /made-by-a-pod", "")),
    ("DeleteBucket", |a| on_bucket(a, "DELETE", "")),
    ("GetBucketPolicy", |a| on_bucket(a, "GET", "?policy")),
    ("PutBucketPolicy", |a| {
        let text = everything().replace("\"Action\"", "\"Principal\":\"*\",\"Action\"");
        a.session.s3(&format!("PUT /{}?policy", a.bucket), &text)
    }),
    ("DeleteBucketPolicy", |a| on_bucket(a, "DELETE", "?policy")),
    ("PutBucketEncryption", |a| {
        on_bucket(a, "PUT", "?encryption")
    }),
    ("DeleteBucketEncryption", |a| {
        on_bucket(a, "DELETE", "?encryption")
    }),
    ("PutBucketVersioning", |a| {
        on_bucket(a, "PUT", "?versioning")
    }),
    ("DeletePublicAccessBlock", |a| {
        on_bucket(a, "DELETE", "?publicAccessBlock")
    }),
    ("PutBucketTagging", |a| on_bucket(a, "PUT", "?tagging")),
    ("HeadBucket of another bucket", |a| {
        a.session.s3(&format!("HEAD /{OTHERS_BUCKET}"), "")
    }),
    ("ListObjectsV2 of another bucket", |a| {
        a.session
            .s3(&format!("GET /{OTHERS_BUCKET}?list-type=2"), "")
    }),
    ("ListObjectsV2 of another account's bucket", |a| {
        a.session
            .s3(&format!("GET /{FOREIGN_BUCKET}?list-type=2"), "")
    }),
];

const IDENTITIES: &[Try] = &[
    ("CreateRole", |a| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "sts:AssumeRole",
        }] });
        let trust = trust.to_string();
        let with = [
            ("RoleName", "made-by-a-pod"),
            ("AssumeRolePolicyDocument", &trust),
        ];
        a.session.iam("CreateRole", &with)
    }),
    ("PutRolePolicy on itself", |a| {
        let text = everything();
        on_itself(
            a,
            "PutRolePolicy",
            &[("PolicyName", "wip"), ("PolicyDocument", &text)],
        )
    }),
    ("DeleteRolePolicy on itself", |a| {
        on_itself(a, "DeleteRolePolicy", &[("PolicyName", "wip")])
    }),
    ("AttachRolePolicy on itself", |a| {
        let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
        on_itself(a, "AttachRolePolicy", &[("PolicyArn", arn)])
    }),
    ("UpdateAssumeRolePolicy on itself", |a| {
        let text = everything();
        on_itself(a, "UpdateAssumeRolePolicy", &[("PolicyDocument", &text)])
    }),
    ("DeleteRolePermissionsBoundary on itself", |a| {
        on_itself(a, "DeleteRolePermissionsBoundary", &[])
    }),
    ("UpdateRole on itself", |a| {
        on_itself(a, "UpdateRole", &[("MaxSessionDuration", "43200")])
    }),
    ("TagRole on itself", |a| {
        let tag = [
            ("Tags.member.1.Key", "team"),
            ("Tags.member.1.Value", "red"),
        ];
        on_itself(a, "TagRole", &tag)
    }),
    ("GetRole on itself", |a| on_itself(a, "GetRole", &[])),
    ("DeleteRole on itself", |a| on_itself(a, "DeleteRole", &[])),
    ("ListRoles", |a| a.session.iam("ListRoles", &[])),
    ("CreateOpenIDConnectProvider", |a| {
        let with = [
            ("Url", "https://issuer.example"),
            ("ClientIDList.member.1", "sts.amazonaws.com"),
        ];
        a.session.iam("CreateOpenIDConnectProvider", &with)
    }),
    ("AssumeRole of another role", |a| {
        assume(a, &format!("arn:aws:iam::{ACCOUNT}:role/{OTHERS_ROLE}"))
    }),
    ("AssumeRole of its own role", |a| assume(a, &a.role)),
    ("DescribeCluster", |a| on_eks(a, "GET", "", &Value::Null)),
    ("ListPodIdentityAssociations", |a| {
        on_eks(a, "GET", "/pod-identity-associations", &Value::Null)
    }),
    ("CreatePodIdentityAssociation", |a| {
        let wish = json!({ "namespace": "x", "serviceAccount": "x", "roleArn": a.role });
        on_eks(a, "POST", "/pod-identity-associations", &wish)
    }),
];

const KEYS: &[Try] = &[
    ("DescribeKey of another key", |a| {
        a.session
            .kms("DescribeKey", &json!({ "KeyId": a.others_key }))
    }),
    ("GetKeyPolicy of another key", |a| {
        let key = json!({ "KeyId": a.others_key, "PolicyName": "default" });
        a.session.kms("GetKeyPolicy", &key)
    }),
    ("PutKeyPolicy of another key", |a| {
        let key = json!({ "KeyId": a.others_key, "PolicyName": "default", "Policy": everything() });
        a.session.kms("PutKeyPolicy", &key)
    }),
];

fn on_bucket(around: &Around<'_>, method: &str, rest: &str) -> Answer {
    let bucket = around.bucket;
    around.session.s3(&format!("{method} /{bucket}{rest}"), "")
}

fn on_itself(around: &Around<'_>, action: &str, more: &[(&str, &str)]) -> Answer {
    let mut parameters = vec![("RoleName", around.name)];
    parameters.extend(more);
    around.session.iam(action, &parameters)
}

fn assume(around: &Around<'_>, role: &str) -> Answer {
    let with = [("RoleArn", role), ("RoleSessionName", "pod")];
    around.session.sts("AssumeRole", &with)
}

fn on_eks(around: &Around<'_>, method: &str, rest: &str, members: &Value) -> Answer {
    let cluster = match method {
        "GET" => around.workload.cluster,
        _ => OTHERS_CLUSTER,
    };
    let what = format!("{method} /clusters/{cluster}{rest}");
    around.session.eks("eks", &what, members)
}
