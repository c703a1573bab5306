//! What a role has, and what limits it.

use super::*;

#[test]
fn a_role_without_permissions_may_do_nothing() {
    let stage = Stage::new();
    let key = stage.session(&[]);
    let session = stage.account().of(&key);
    let denied = refused(403, "AccessDenied");
    for what in [
        "GET /",
        "HEAD /own",
        "GET /own?list-type=2",
        "PUT /own/k",
        "GET /own/k",
        "DELETE /own/k",
        "POST /own/k?uploads",
        "GET /own?uploads",
        "GET /own?policy",
        "PUT /own?policy",
        "DELETE /own",
        "PUT /new",
        "GET /own?location",
        "GET /own?encryption",
    ] {
        let answer = session.s3(what, &[], "");
        if what.starts_with("HEAD") {
            assert_eq!(answer.status, 403, "{what}");
        } else {
            assert_eq!(outcome(&answer), denied, "{what}");
        }
    }
    let iam = stage.ask(
        session,
        ("iam", "2010-05-08"),
        "GetRole",
        &[("RoleName", "worker")],
    );
    assert_eq!(
        said(&iam),
        (
            403,
            "AccessDenied".to_owned(),
            format!(
                "User: {SESSION} is not authorized to perform: iam:GetRole on resource: role worker because no identity-based policy allows the iam:GetRole action"
            ),
        )
    );
    let eks = session.eks("GET /clusters/c", "");
    assert_eq!(
        (eks.status, eks.code.as_str()),
        (403, "AccessDeniedException")
    );
    let kms = session.json("kms", "TrentService.DescribeKey", &json!({ "KeyId": KEY }));
    assert_eq!(
        (kms.status, kms.code.as_str()),
        (400, "AccessDeniedException")
    );
    let quotas = session.json(
        "servicequotas",
        "ServiceQuotasV20190624.ListServiceQuotas",
        &json!({ "ServiceCode": "iam" }),
    );
    assert_eq!(
        (quotas.status, quotas.code.as_str()),
        (400, "AccessDeniedException")
    );
    let who = stage.ask(session, ("sts", "2011-06-15"), "GetCallerIdentity", &[]);
    assert_eq!(who.status, 200);
}

#[test]
fn boundaries_and_session_policies_limit() {
    let stage = Stage::new();
    stage.allow("worker", &json!([allow(&json!("s3:*"), &json!("*"))]));
    let only = |action: &str| {
        json!({ "Version": "2012-10-17", "Statement": [allow(&json!(action), &json!("*"))] })
            .to_string()
    };
    let narrow = only("s3:GetObject");
    let wide = only("s3:*");
    let put = |key: &str| said(&stage.account().of(key).s3("PUT /own/a", &[], "x"));
    let session = stage.session(&[("Policy", &narrow)]);
    assert!(
        put(&session)
            .2
            .ends_with("because no session policy allows the s3:PutObject action"),
        "{:?}",
        put(&session)
    );
    assert_eq!(put(&stage.session(&[("Policy", &wide)])).0, 200);
    stage.iam(
        "CreatePolicy",
        &[("PolicyName", "limit"), ("PolicyDocument", &narrow)],
    );
    let limit = format!("arn:aws:iam::{ACCOUNT}:policy/limit");
    let managed = stage.session(&[("PolicyArns.member.1.arn", &limit)]);
    assert_eq!(put(&managed).0, 403);
    let free = stage.session(&[]);
    assert_eq!(put(&free).0, 200);
    stage.iam(
        "PutRolePermissionsBoundary",
        &[("RoleName", "worker"), ("PermissionsBoundary", &limit)],
    );
    assert!(
        put(&free)
            .2
            .ends_with("because no permissions boundary allows the s3:PutObject action")
    );
    // What the bucket gives the session itself is not limited by either.
    put_policy(
        &stage,
        ACCOUNT,
        "own",
        &json!({
            "Effect": "Allow", "Principal": { "AWS": SESSION }, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::own/*",
        }),
    );
    assert_eq!(put(&session).0, 200);
    put_policy(
        &stage,
        ACCOUNT,
        "own",
        &json!({
            "Effect": "Allow", "Principal": { "AWS": ROLE }, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::own/*",
        }),
    );
    assert_eq!(put(&session).0, 403);
}

#[test]
fn managed_policies_count_and_changes_count_at_once() {
    let stage = Stage::new();
    let key = stage.session(&[]);
    let put = || status(&stage.account().of(&key).s3("PUT /own/a", &[], "x"));
    let attach = |action: &str, name: &str| {
        let arn = format!("arn:aws:iam::{name}");
        stage.iam(action, &[("RoleName", "worker"), ("PolicyArn", &arn)]);
    };
    attach("AttachRolePolicy", "aws:policy/AmazonS3ReadOnlyAccess");
    assert_eq!(put(), 403);
    attach("AttachRolePolicy", "aws:policy/AmazonS3FullAccess");
    assert_eq!(put(), 200);
    attach("AttachRolePolicy", "aws:policy/AWSDenyAll");
    assert_eq!(put(), 403);
    attach("DetachRolePolicy", "aws:policy/AWSDenyAll");
    attach("DetachRolePolicy", "aws:policy/AmazonS3FullAccess");
    attach("AttachRolePolicy", "aws:policy/ReadOnlyAccess");
    assert_eq!(
        put(),
        403,
        "what a policy allows that nobody knows is nothing"
    );
    let wide =
        json!({ "Version": "2012-10-17", "Statement": [allow(&json!("s3:*"), &json!("*"))] })
            .to_string();
    stage.iam(
        "CreatePolicy",
        &[("PolicyName", "own"), ("PolicyDocument", &wide)],
    );
    attach("AttachRolePolicy", "111122223333:policy/own");
    assert_eq!(put(), 200);
    let narrow = wide.replace("s3:*", "s3:Get*");
    let own = "arn:aws:iam::111122223333:policy/own";
    stage.iam(
        "CreatePolicyVersion",
        &[
            ("PolicyArn", own),
            ("PolicyDocument", &narrow),
            ("SetAsDefault", "true"),
        ],
    );
    assert_eq!(put(), 403);
    // A role of the same name is another one.
    stage.allow("worker", &json!([allow(&json!("s3:*"), &json!("*"))]));
    assert_eq!(put(), 200);
    for (action, more) in [
        ("DetachRolePolicy", [("PolicyArn", own)]),
        (
            "DetachRolePolicy",
            [(
                "PolicyArn",
                "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
            )],
        ),
        (
            "DetachRolePolicy",
            [("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")],
        ),
        ("DeleteRolePolicy", [("PolicyName", "p")]),
    ] {
        let mut params = vec![("RoleName", "worker")];
        params.extend(more);
        stage.iam(action, &params);
    }
    stage.iam("DeleteRole", &[("RoleName", "worker")]);
    stage.make_role("worker", &stage::trust("system:serviceaccount:a:s"));
    stage.allow("worker", &json!([allow(&json!("s3:*"), &json!("*"))]));
    assert_eq!(put(), 403);
}

#[test]
fn tags_of_role_and_session_are_variables() {
    let stage = Stage::new();
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": ["sts:AssumeRole", "sts:TagSession"],
    }] });
    stage.make_role("team", &trust);
    stage.iam(
        "TagRole",
        &[
            ("RoleName", "team"),
            ("Tags.member.1.Key", "team"),
            ("Tags.member.1.Value", "red"),
        ],
    );
    stage.allow(
        "team",
        &json!([allow(
            &json!("s3:PutObject"),
            &json!("arn:aws:s3:::own/${aws:PrincipalTag/team}/*")
        )]),
    );
    let session = |more: &[(&str, &str)]| {
        let mut params = vec![
            ("RoleArn", "arn:aws:iam::111122223333:role/team"),
            ("RoleSessionName", "me"),
        ];
        params.extend(more);
        let answer = stage.ask(
            stage.account(),
            ("sts", "2011-06-15"),
            "AssumeRole",
            &params,
        );
        assert_eq!(answer.status, 200, "{}", text(&answer));
        element(&answer, "AccessKeyId")
    };
    let put = |key: &str, team: &str| {
        let asker = Asker::new(&stage.0, REGION).of(key);
        status(&asker.s3(&format!("PUT /own/{team}/a"), &[], "x"))
    };
    let plain = session(&[]);
    assert_eq!((put(&plain, "red"), put(&plain, "blue")), (200, 403));
    // A session's tag stands instead of the role's of the same key.
    let tagged = session(&[
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "blue"),
    ]);
    assert_eq!((put(&tagged, "red"), put(&tagged, "blue")), (403, 200));
}
