//! Sessions and what they may do, asked as a client asks.

mod buckets;
mod limits;
mod rights;
mod sealed;

use serde_json::{Value, json};

use super::stage;
use super::stage::{KEY, OTHER, REGION, Stage, outcome, refused, said};
use crate::aws::asking::{ACCOUNT, Asker, element, text};
use crate::http::Answer;

const ROLE: &str = "arn:aws:iam::111122223333:role/worker";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/worker/pod";

fn allow(actions: &Value, resources: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

/// The components' permissions on a prefix of a bucket.
fn backup(bucket: &str) -> Value {
    let arn = format!("arn:aws:s3:::{bucket}");
    json!([
        allow(&json!(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]), &json!(format!("{arn}/prod/*"))),
        {
            "Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn,
            "Condition": { "StringLike": { "s3:prefix": "prod/*" } },
        },
    ])
}

fn status(answer: &Answer) -> u16 {
    answer.status
}

fn put_policy(stage: &Stage, account: &str, bucket: &str, statement: &Value) {
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let asker = stage.account().of(account);
    let answer = asker.s3(&format!("PUT /{bucket}?policy"), &[], &policy);
    assert_eq!(answer.status, 204, "{}", text(&answer));
}

fn key_policy(stage: &Stage, statements: &Value) {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let body = json!({ "KeyId": KEY, "Policy": policy, "BypassPolicyLockoutSafetyCheck": true });
    let said = stage
        .account()
        .json("kms", "TrentService.PutKeyPolicy", &body);
    assert_eq!(said.status, 200, "{said:?}");
}
