//! What is not wip's stays as it is, to the byte: thousands of roles, and the statements of others in shared policies.
//!
//! Each step of a Space's life is taken in an account that is full of others' things; after each, every record of theirs is compared with what it was before.
//!
//! Not here: what somebody adds to wip's own roles (`cases/drift`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::examples::{Space, example};
use crate::sandbox::Sandbox;

/// How many roles of others are in the account of the Space.
const ROLES: usize = 3_000;
/// The account of the Space.
const ACCOUNT: &str = "111122223333";
/// The account of the bucket and the key.
const BACKUPS: &str = "444455556666";
const REGION: &str = "ap-southeast-2";
const BUCKET: &str = "acme-ap-backups";
const KEY: &str =
    "arn:aws:kms:ap-southeast-2:444455556666:key/7c1e9b52-0f64-4d3e-a1b8-6f2d3c4e5a99";
/// Where the sandbox keeps the bucket and the key, whose policies are not wip's alone.
const SHARED: [&str; 2] = [
    "aws/s3/aws/bucket/acme-ap-backups",
    "aws/444455556666/kms/ap-southeast-2/key/7c1e9b52-0f64-4d3e-a1b8-6f2d3c4e5a99",
];

/// Statements as people and other tools write them: a scalar where a list could be and the reverse, no `Sid`, an empty one, one twice, one of another Space, members in any order, escapes, white space.
const IN_BUCKET: [&str; 10] = [
    r#"{"Sid":"DenyPlainHttp","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::acme-ap-backups","arn:aws:s3:::acme-ap-backups/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
    r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/somebody-0001"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-ap-backups"}"#,
    r#"{"Sid":"Wip0123456789abcdef","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/prod-ap-backup-2"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-ap-backups","Condition":{"StringLike":{"s3:prefix":"prod-ap2/*"}}}"#,
    r#"{ "Resource" :  "arn:aws:s3:::acme-ap-backups/z/*" , "Action" : [ "s3:PutObject" , "s3:GetObject", "s3:GetObject" ] , "Principal" : { "AWS" : [ "arn:aws:iam::444455556666:root" , "111122223333" ] } , "Effect" : "Allow" , "Sid" : "written by hand" }"#,
    "{\n\t\t\t\"Sid\": \"Tabs\",\r\n\t\t\t\"Effect\": \"Deny\",\n\t\t\t\"NotPrincipal\": {\"AWS\": \"arn:aws:iam::444455556666:root\"},\n\t\t\t\"Action\": \"s3:DeleteBucket\",\n\t\t\t\"Resource\": \"arn:aws:s3:::acme-ap-backups\"\n\t\t}",
    r#"{"Sid":"","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root"]},"Action":["s3:GetBucketLocation"],"Resource":["arn:aws:s3:::acme-ap-backups"]}"#,
    r#"{"Sid":"Twice","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-ap-backups/a/*"}"#,
    r#"{"Sid":"Twice","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-ap-backups/b/*"}"#,
    r#"{"Sid":"L\u00f6schen \/ verboten","Effect":"Deny","Principal":{"AWS":"*"},"NotAction":["s3:Get*","s3:List*"],"Resource":"arn:aws:s3:::acme-ap-backups/locked/*"}"#,
    r#"{"Principal":{"Service":"logging.s3.amazonaws.com"},"Sid":"Wip","Resource":"arn:aws:s3:::acme-ap-backups/prod-ap/*","Condition":{"StringEquals":{"aws:SourceAccount":["444455556666"]}},"Effect":"Allow","Action":"s3:PutObject"}"#,
];

const ON_KEY: [&str; 10] = [
    r#"{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"kms:*","Resource":"*"}"#,
    r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/somebody-0001"},"Action":"kms:Decrypt","Resource":"*"}"#,
    r#"{"Sid":"Wip0123456789abcdef","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/prod-ap-backup-2"},"Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.ap-southeast-2.amazonaws.com"}}}"#,
    r#"{ "Resource" :  "*" , "Action" : [ "kms:Encrypt" , "kms:Decrypt", "kms:Decrypt" ] , "Principal" : { "AWS" : [ "444455556666" , "arn:aws:iam::111122223333:root" ] } , "Effect" : "Allow" , "Sid" : "written by hand" }"#,
    "{\n\t\t\t\"Sid\": \"Tabs\",\r\n\t\t\t\"Effect\": \"Deny\",\n\t\t\t\"NotPrincipal\": {\"AWS\": \"arn:aws:iam::444455556666:root\"},\n\t\t\t\"Action\": \"kms:ScheduleKeyDeletion\",\n\t\t\t\"Resource\": \"*\"\n\t\t}",
    r#"{"Sid":"","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root"]},"Action":["kms:DescribeKey"],"Resource":["*"]}"#,
    r#"{"Sid":"Twice","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"kms:ListGrants","Resource":"*"}"#,
    r#"{"Sid":"Twice","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"kms:RevokeGrant","Resource":"*"}"#,
    r#"{"Sid":"L\u00f6schen \/ verboten","Effect":"Deny","Principal":{"AWS":"*"},"Action":["kms:DeleteImportedKeyMaterial"],"Resource":"*"}"#,
    r#"{"Principal":{"Service":"logs.amazonaws.com"},"Sid":"Wip","Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":["444455556666"]}},"Effect":"Allow","Action":"kms:GenerateDataKey*"}"#,
];

#[test]
fn others_roles_and_statements_stay_as_they_are() {
    let before = example("cross-account-backup").destroyable();
    let after = before
        .clone()
        .with_control_plane("ctp3")
        .with("prefix: prod-ap/", "prefix: moved/");
    let (in_bucket, on_key) = (document(&IN_BUCKET), document(&ON_KEY));
    let world = World::new("prod-ap", [&after, &before], 1, |sandbox| {
        sandbox.put_bucket_policy(BACKUPS, REGION, BUCKET, &in_bucket);
        sandbox.put_key_policy(BACKUPS, REGION, KEY, &on_key);
    });
    world.live(&after, |sandbox| {
        let bucket = sandbox.bucket_policy(BACKUPS, REGION, BUCKET);
        check_shared(&bucket, &in_bucket, &IN_BUCKET, 2);
        let key = sandbox.key_policy(BACKUPS, REGION, KEY);
        check_shared(&key, &on_key, &ON_KEY, 1);
    });
}

#[test]
fn three_thousand_roles_of_others_stay_as_they_are() {
    let before = example("eks-irsa").destroyable();
    let after = before.clone().with_control_plane("ctp3");
    World::new("prod-eu", [&after, &before], 3, |_| {}).live(&after, |_| {});
}

/// A policy of ten statements, on which nobody has agreed with anybody.
fn document(statements: &[&str]) -> String {
    let list = statements.join(" ,\n    ");
    format!(
        "{{ \"Statement\" :[\n    {list}\n  ],\t\"Id\":\"of many\", \"Version\" : \"2012-10-17\" }}"
    )
}

/// The policy is `before` to the byte, but for `ours` statements behind the last of the others'.
fn check_shared(now: &str, before: &str, others: &[&str], ours: usize) {
    let last = others.last().expect("ten");
    let (head, tail) = before.split_once(last).expect("the last of them");
    let start = format!("{head}{last}");
    assert!(now.starts_with(&start), "not as it was: {now}");
    assert!(now.ends_with(tail), "not as it was: {now}");
    let parsed: Value = serde_json::from_str(now).expect("a policy is JSON");
    let all = parsed["Statement"].as_array().expect("a list");
    let sid = |statement: &Value| statement["Sid"].as_str().map(str::to_owned);
    let added: Vec<_> = all[others.len()..].iter().filter_map(sid).collect();
    assert_eq!(added.len(), ours, "{added:?}");
    assert_eq!(all.len(), others.len() + ours, "{now}");
}

/// An account full of others' things, and a Space that comes into it.
struct World {
    sandbox: Sandbox,
    /// The name of the Space.
    space: &'static str,
    /// How many roles it has.
    roles: usize,
    /// Everything that was there before.
    before: String,
}

impl World {
    /// The world of Space files, the last of which comes first.
    fn new(name: &'static str, spaces: [&Space; 2], roles: usize, fill: impl Fn(&Sandbox)) -> Self {
        let sandbox = Sandbox::new(&format!("untouched-{name}"));
        sandbox.seed(&others());
        for space in spaces {
            sandbox.write(&space.0);
            // Only now are there the bucket, the key and the control planes, which a Space takes for granted.
            sandbox.run(&["plan", "--detailed-exitcode"], 2);
        }
        add_busy_role(&sandbox);
        fill(&sandbox);
        let before = sandbox.dump();
        assert!(before.matches("/iam/role/").count() >= ROLES);
        Self {
            sandbox,
            space: name,
            roles,
            before,
        }
    }

    /// Everything that happens to a Space; `check_policies` looks at what is shared while it is there.
    fn live(self, after: &Space, check_policies: impl Fn(&Sandbox)) {
        let check = |what: &str| {
            self.check(what);
            check_policies(&self.sandbox);
            self.plan(0);
        };
        self.plan(2);
        assert!(self.sandbox.dump() == self.before, "a plan changes nothing");
        self.sandbox.run(&["apply", "--auto-approve"], 0);
        check("apply");
        self.sandbox.write(&after.0);
        self.plan(2);
        let change = ["apply", "--auto-approve", "--allow-revokes", "99"];
        self.sandbox.run(&change, 0);
        check("change");
        self.sandbox.run(&["destroy", "--auto-approve"], 0);
        assert!(
            self.sandbox.dump() == self.before,
            "what is left after destroy is not what was there before apply"
        );
        self.sandbox.remove();
    }

    /// Plans, within the requests that a plan may make of IAM: three, and four for each role.
    fn plan(&self, code: i32) {
        self.sandbox.clear_log();
        let options = ["plan", "--detailed-exitcode", "--allow-revokes", "99"];
        self.sandbox.run(&options, code);
        let log = self.sandbox.log();
        let asked = log.iter().filter(|call| call["service"] == "iam").count();
        let limit = 3 + 4 * self.roles;
        assert!((1..=limit).contains(&asked), "{asked} requests of IAM");
    }

    /// Every record that was there before is as it was, but for the policies that are shared; every other is ours.
    fn check(&self, what: &str) {
        let before = records(&self.before);
        let now = records(&self.sandbox.dump());
        for (key, record) in &before {
            let mut record = record.clone();
            let mut found = now.get(key).cloned().unwrap_or_default();
            if SHARED.contains(&key.as_str()) {
                record["policy"] = Value::Null;
                found["policy"] = Value::Null;
            }
            assert_eq!(found, record, "{key}, after {what}");
        }
        let iam = format!("aws/{ACCOUNT}/iam");
        let ours = [
            format!("{iam}/role/{}-", self.space),
            format!("{iam}/role-policy/{}-", self.space),
            format!("{iam}/oidc-provider/"),
        ];
        for key in now.keys().filter(|key| !before.contains_key(*key)) {
            let is_ours = ours.iter().any(|start| key.starts_with(start));
            assert!(is_ours, "{key} is new, after {what}");
        }
    }
}

fn records(dump: &str) -> BTreeMap<String, Value> {
    serde_json::from_str(dump).expect("a dump is JSON")
}

/// Roles of others; some have names that begin as ours do.
fn others() -> Value {
    let near = [
        "prod-ap",
        "prod-ap-backup-2",
        "prod-eu-backup2",
        "prod-eu-b",
        "wip",
    ];
    let far = (1..=ROLES - near.len()).map(|n| format!("somebody-{n:04}"));
    let names = near.map(str::to_owned).into_iter().chain(far);
    let roles: Vec<Value> = names
        .enumerate()
        .map(|(n, name)| match n % 3 {
            0 => json!({ "account": ACCOUNT, "name": name, "path": "/teams/" }),
            _ => json!({ "account": ACCOUNT, "name": name }),
        })
        .collect();
    json!({ "roles": roles, "quotas": { "roles": 2 * ROLES } })
}

/// One of them has all that a role can have, and tags like ours.
fn add_busy_role(sandbox: &Sandbox) {
    let role = ("RoleName", "prod-eu-backup2");
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
    ] });
    let policy = policy.to_string();
    let inline = [role, ("PolicyName", "wip"), ("PolicyDocument", &policy)];
    sandbox.iam(ACCOUNT, "PutRolePolicy", &inline);
    let tag = |key, value| {
        let tag = [
            role,
            ("Tags.member.1.Key", key),
            ("Tags.member.1.Value", value),
        ];
        sandbox.iam(ACCOUNT, "TagRole", &tag);
    };
    tag("wip-space", "prod-eu");
    tag("wip-lineage", "00000000-0000-4000-8000-000000000000");
    tag("wip-address", "aws/iam-role:prod-eu/backup2");
}
