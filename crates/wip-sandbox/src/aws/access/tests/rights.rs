//! What the account's own user may do.

use super::*;

#[test]
fn the_accounts_user_may_do_what_it_is_given() {
    let stage = Stage::new();
    let account = stage.account();
    let rights = |allow: &Value| {
        status(&stage.control("rights", &json!({ "account": ACCOUNT, "allow": allow })))
    };
    let role = |action: &str, name: &str| {
        outcome(&stage.ask(
            account,
            ("iam", "2010-05-08"),
            action,
            &[("RoleName", name)],
        ))
    };
    assert_eq!(role("GetRole", "worker").0, 200);
    assert_eq!(
        rights(&json!([])),
        400,
        "a policy without statements is none"
    );
    assert_eq!(
        rights(&json!([allow(&json!("nonsense"), &json!("*"))])),
        400
    );
    let own = format!("arn:aws:iam::{ACCOUNT}:role/w*");
    let statements = json!([allow(
        &json!(["iam:GetRole", "iam:CreateRole"]),
        &json!(own)
    )]);
    assert_eq!(rights(&statements), 204);
    assert_eq!(role("GetRole", "worker").0, 200);
    assert_eq!(role("GetRole", "other"), refused(403, "AccessDenied"));
    assert_eq!(role("DeleteRole", "worker"), refused(403, "AccessDenied"));
    assert_eq!(status(&account.s3("GET /own?list-type=2", &[], "")), 403);
    assert_eq!(
        account
            .of(OTHER)
            .s3("GET /other?list-type=2", &[], "")
            .status,
        200
    );
    // Tags of a new role need their own action.
    let trust = stage::trust("system:serviceaccount:a:s").to_string();
    let create = |name: &str, more: &[(&str, &str)]| {
        let mut params = vec![("RoleName", name), ("AssumeRolePolicyDocument", &trust)];
        params.extend(more);
        said(&stage.ask(account, ("iam", "2010-05-08"), "CreateRole", &params))
    };
    assert_eq!(create("w1", &[]).0, 200);
    let tagged = create(
        "w2",
        &[("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")],
    );
    assert!(
        tagged.2.contains("iam:TagRole on resource: role w2"),
        "{tagged:?}"
    );
    assert_eq!(
        status(&stage.control("rights", &json!({ "account": ACCOUNT, "allow": null }))),
        204
    );
    assert_eq!(status(&account.s3("GET /own?list-type=2", &[], "")), 200);
}

#[test]
fn conditions_of_iam_see_what_is_asked() {
    let stage = Stage::new();
    let role = format!("arn:aws:iam::{ACCOUNT}:role/*");
    stage.iam("CreatePolicy", &[("PolicyName", "limit"), ("PolicyDocument", &json!({ "Version": "2012-10-17", "Statement": [allow(&json!("s3:*"), &json!("*"))] }).to_string())]);
    let limit = format!("arn:aws:iam::{ACCOUNT}:policy/limit");
    let statements = json!([
        { "Effect": "Allow", "Action": ["iam:CreateRole", "iam:TagRole"], "Resource": role,
          "Condition": { "StringEquals": { "iam:PermissionsBoundary": limit, "aws:RequestTag/owner": "wip" } } },
        { "Effect": "Allow", "Action": "iam:DeleteRole", "Resource": role,
          "Condition": { "StringEquals": { "aws:ResourceTag/owner": "wip" } } },
    ]);
    stage.control(
        "rights",
        &json!({ "account": ACCOUNT, "allow": statements }),
    );
    let trust = stage::trust("system:serviceaccount:a:s").to_string();
    let ask = |action: &str, params: &[(&str, &str)]| {
        status(&stage.ask(stage.account(), ("iam", "2010-05-08"), action, params))
    };
    let mut params = vec![
        ("RoleName", "new"),
        ("AssumeRolePolicyDocument", trust.as_str()),
    ];
    assert_eq!(ask("CreateRole", &params), 403);
    params.extend([
        ("Tags.member.1.Key", "owner"),
        ("Tags.member.1.Value", "wip"),
    ]);
    assert_eq!(ask("CreateRole", &params), 403);
    params.push(("PermissionsBoundary", &limit));
    assert_eq!(ask("CreateRole", &params), 200);
    assert_eq!(ask("DeleteRole", &[("RoleName", "worker")]), 403);
    assert_eq!(ask("DeleteRole", &[("RoleName", "new")]), 200);
}
