//! Buckets and objects, one's own and another account's.

use super::*;

#[test]
fn a_prefix_of_a_bucket_and_no_more() {
    let stage = Stage::new();
    stage.allow("worker", &backup("own"));
    let key = stage.session(&[]);
    let session = stage.account().of(&key);
    let put = |what: &str| status(&session.s3(what, &[], "x"));
    assert_eq!(put("PUT /own/prod/a"), 200);
    assert_eq!(put("PUT /own/prod"), 403);
    assert_eq!(put("PUT /own/test/a"), 403);
    assert_eq!(put("PUT /other/prod/a"), 403);
    let ask = |what: &str| status(&session.s3(what, &[], ""));
    assert_eq!(ask("GET /own/prod/a"), 200);
    assert_eq!(ask("HEAD /own/prod/a"), 200);
    assert_eq!(ask("GET /own?list-type=2&prefix=prod/"), 200);
    assert_eq!(ask("GET /own?list-type=2&prefix=pro"), 403);
    assert_eq!(ask("GET /own?list-type=2"), 403);
    assert_eq!(ask("HEAD /own"), 403, "HeadBucket asks for no prefix");
    assert_eq!(
        ask("HEAD /own/prod/none"),
        404,
        "the key stands for the prefix"
    );
    assert_eq!(ask("HEAD /own/test/none"), 403);
    assert_eq!(ask("DELETE /own/prod/a"), 204);
    assert_eq!(ask("DELETE /own/test/a"), 403);
    stage.allow(
        "worker",
        &json!([allow(
            &json!(["s3:GetObject", "s3:ListBucket"]),
            &json!("*")
        )]),
    );
    assert_eq!(ask("HEAD /own"), 200);
    assert_eq!(ask("HEAD /own/prod/none"), 404);
    assert_eq!(ask("GET /own/prod/none"), 404);
    assert_eq!(ask("PUT /own/prod/a"), 403);
}

#[test]
fn another_accounts_bucket_needs_both_sides() {
    let stage = Stage::new();
    let key = stage.session(&[]);
    let session = stage.account().of(&key);
    let put = || outcome(&session.s3("PUT /other/prod/a", &[], "x")).0;
    assert_eq!(put(), 403);
    stage.allow("worker", &backup("other"));
    assert_eq!(put(), 403, "the bucket says nothing");
    let mut statement = json!({
        "Effect": "Allow", "Principal": { "AWS": ROLE }, "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::other/prod/*",
    });
    put_policy(&stage, OTHER, "other", &statement);
    assert_eq!(put(), 200);
    assert_eq!(status(&session.s3("GET /other/prod/a", &[], "")), 403);
    let policy = session.s3("GET /other?policy", &[], "");
    assert_eq!(
        said(&policy),
        (403, "AccessDenied".to_owned(), "Access Denied".to_owned())
    );
    stage.allow("worker", &backup("own"));
    assert_eq!(put(), 403, "the role says nothing");
    stage.allow("worker", &backup("other"));
    statement["Effect"] = "Deny".into();
    put_policy(&stage, OTHER, "other", &statement);
    assert_eq!(put(), 403);
}

#[test]
fn ones_own_bucket_needs_one_side() {
    let stage = Stage::new();
    let key = stage.session(&[]);
    let session = stage.account().of(&key);
    let put = || said(&session.s3("PUT /own/a", &[], "x"));
    let statement = |effect: &str, principal: &str| {
        json!({
            "Effect": effect, "Principal": { "AWS": principal }, "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::own/*",
        })
    };
    put_policy(&stage, ACCOUNT, "own", &statement("Allow", ROLE));
    assert_eq!(put().0, 200);
    put_policy(&stage, ACCOUNT, "own", &statement("Allow", ACCOUNT));
    assert_eq!(
        put().0,
        403,
        "the account passes on to what the role has not"
    );
    stage.allow("worker", &json!([allow(&json!("s3:*"), &json!("*"))]));
    assert_eq!(put().0, 200);
    put_policy(&stage, ACCOUNT, "own", &statement("Deny", ROLE));
    assert_eq!(
        put().2,
        format!(
            "User: {SESSION} is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::own/a\" with an explicit deny in a resource-based policy"
        )
    );
}

#[test]
fn everybody_may_read_what_is_public() {
    let stage = Stage::new();
    let account = stage.account();
    assert_eq!(status(&account.s3("PUT /own/public/a", &[], "x")), 200);
    assert_eq!(status(&account.s3("PUT /own/private/a", &[], "x")), 200);
    let get = |key: &str| outcome(&stage.anybody(&format!("GET /own/{key}"))).0;
    assert_eq!(get("public/a"), 403);
    assert_eq!(
        status(&account.s3("DELETE /own?publicAccessBlock", &[], "")),
        204
    );
    assert_eq!(get("public/a"), 403);
    put_policy(
        &stage,
        ACCOUNT,
        "own",
        &json!({
            "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::own/public/*",
        }),
    );
    assert_eq!(get("public/a"), 200);
    assert_eq!(get("private/a"), 403);
    assert_eq!(get("public/none"), 403, "the list is not public");
    assert_eq!(outcome(&stage.anybody("GET /own?list-type=2")).0, 403);
    assert_eq!(outcome(&stage.anybody("PUT /own/public/a")).0, 403);
    assert_eq!(outcome(&stage.anybody("GET /")).0, 403);
    assert_eq!(outcome(&stage.anybody("DELETE /own")).0, 403);
    // Restricting public buckets takes it back from all but the account.
    let block = "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    assert_eq!(
        status(&account.s3("PUT /own?publicAccessBlock", &[], block)),
        200
    );
    assert_eq!(get("public/a"), 403);
    assert_eq!(
        status(&account.of(OTHER).s3("GET /own/public/a", &[], "")),
        403
    );
    assert_eq!(status(&account.s3("GET /own/public/a", &[], "")), 200);
}

#[test]
fn a_bucket_with_tags_asks_for_the_right_to_tag() {
    let stage = Stage::new();
    let allow = json!([{ "Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "*" }]);
    stage.control("rights", &json!({ "account": ACCOUNT, "allow": allow }));
    let make = |tags: &str| {
        let body = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint>{tags}</CreateBucketConfiguration>"
        );
        stage.account().s3("PUT /made", &[], &body).status
    };
    let tags = "<Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags>";
    assert_eq!((make(tags), make("")), (403, 200));
}
