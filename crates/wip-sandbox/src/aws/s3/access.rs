//! Who may do what to buckets and objects.
//!
//! Sources: "How Amazon S3 authorizes a request", "Blocking public access to your Amazon S3 storage" (`RestrictPublicBuckets`), "Bucket policy examples using condition keys" and "Troubleshoot access denied (403 Forbidden) errors in Amazon S3" in the S3 user guide.
//! Not here: access control lists, which are off in every bucket (`BucketOwnerEnforced`).

use wip_policy::Verdict;

use super::access_denied;
use super::bucket::{Bucket, arn};
use super::public::is_public;
use crate::aws::access::{self, Asked, Grant, Guard};
use crate::aws::call::{Call, Caller, Refusal, Who};
use crate::db::Db;
use crate::http::Request;

/// Refuses what the caller may not do to a bucket or, with a key, to an object.
pub(super) fn check(
    call: &Call<'_>,
    bucket: &Bucket,
    (name, key): (&str, Option<&str>),
    action: &str,
    keys: Vec<(String, Vec<String>)>,
) -> Result<(), Refusal> {
    let resource = resource(call.partition, name, key);
    let asked = Asked {
        keys,
        ..Asked::of(action, &resource)
    };
    let verdict = verdict(call.db, &call.caller, &call.region, bucket, asked);
    refused(call, (action, &resource), &bucket.account, verdict)
}

/// As [`check`], for what belongs to no bucket that is there.
pub(super) fn check_own(call: &Call<'_>, action: &str, resource: &str) -> Result<(), Refusal> {
    let account = call.account();
    let verdict = access::decide(call, &Asked::of(action, resource), Guard::none(account));
    refused(call, (action, resource), account, verdict)
}

/// More is said to callers of the account only.
fn refused(
    call: &Call<'_>,
    (action, resource): (&str, &str),
    owner: &str,
    verdict: Verdict,
) -> Result<(), Refusal> {
    if verdict.is_allowed() {
        return Ok(());
    }
    if matches!(call.caller.who, Who::Nobody) || call.account() != owner {
        return Err(access_denied());
    }
    let quoted = format!("\"{resource}\"");
    let said = access::words(&call.caller, &Asked::of(action, &quoted), verdict);
    Err(Refusal::new(403, "AccessDenied", said))
}

/// Whether everybody may read an object.
pub(super) fn everybody_reads(
    db: &Db,
    partition: &str,
    bucket: &Bucket,
    name: &str,
    key: &str,
) -> bool {
    let resource = resource(partition, name, Some(key));
    let nobody = Caller {
        account: String::new(),
        arn: String::new(),
        user_id: String::new(),
        who: Who::Nobody,
    };
    verdict(
        db,
        &nobody,
        "",
        bucket,
        Asked::of("s3:GetObject", &resource),
    )
    .is_allowed()
}

fn resource(partition: &str, name: &str, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("{}/{key}", arn(partition, name)),
        None => arn(partition, name),
    }
}

fn verdict(db: &Db, caller: &Caller, region: &str, bucket: &Bucket, asked: Asked<'_>) -> Verdict {
    let policy = bucket.policy.as_ref().map(|policy| policy.shown(db));
    let stranger = caller.account != bucket.account;
    let restricted = bucket
        .public_access_block
        .is_some_and(|block| block.restrict_public_buckets);
    if stranger && restricted && policy.as_deref().is_some_and(is_public) {
        return Verdict::DeniedImplicitly {
            lacking: wip_policy::PolicyKind::Resource,
        };
    }
    let asked = asked
        .with("s3:ResourceAccount", [bucket.account.as_str()])
        .with("s3:TlsVersion", ["1.3"]);
    let guard = Guard {
        owner: &bucket.account,
        policy: policy.as_deref(),
        grant: Grant::Either,
    };
    access::decide_for(db, caller, region, &asked, guard)
}

/// The condition keys that parameters and headers of a request give.
pub(super) fn keys(request: &Request, action: &str) -> Vec<(String, Vec<String>)> {
    let mut keys = Vec::new();
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            keys.push((format!("s3:{name}"), vec![value]));
        }
    };
    match action {
        "s3:ListBucket" if request.method == "GET" => {
            set("prefix", request.query_value("prefix"));
            set("delimiter", request.query_value("delimiter"));
            let most = request.query_value("max-keys");
            set("max-keys", most.or(Some("1000".to_owned())));
        }
        "s3:PutObject" => {
            for name in [
                "x-amz-acl",
                "x-amz-server-side-encryption",
                "x-amz-server-side-encryption-aws-kms-key-id",
            ] {
                set(name, request.header(name).map(str::to_owned));
            }
        }
        _ => {}
    }
    keys
}
