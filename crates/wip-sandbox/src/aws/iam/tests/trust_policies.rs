//! Which trust policies are refused, and with what.

use serde_json::{Value, json};

use super::{PROVIDER, REGION, ask, ask_as, document, done, make_role, refused, trust};
use crate::aws::asking::{Asker, element, text, world};
use crate::{Options, Quotas, Sandbox};

const MALFORMED: &str = "MalformedPolicyDocument";
const AUD: &str = "oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud";

/// A document with one statement: the good one, with these fields instead; `null` takes a field away.
fn with(changes: Value) -> String {
    let mut document: Value = serde_json::from_str(&trust()).unwrap();
    let statement = document["Statement"][0].as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            statement.remove(name);
        } else {
            statement.insert(name.clone(), value.clone());
        }
    }
    document.to_string()
}

fn principal(value: Value) -> String {
    with(json!({ "Principal": value, "Action": "sts:AssumeRole", "Condition": null }))
}

fn federated(name: &str) -> String {
    with(json!({ "Principal": { "Federated": name }, "Condition": null }))
}

/// `policy, code, message fragment`.
fn refusals() -> Vec<(String, &'static str, &'static str)> {
    let good: Value = serde_json::from_str(&trust()).unwrap();
    let statement = good["Statement"][0].clone();
    let github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    let upbound = "arn:aws:iam::111122223333:oidc-provider/proidc.upbound.io";
    let long = json!({ "StringEquals": { AUD: "x".repeat(2048) } });
    vec![
        // No policy at all.
        ("no json".to_owned(), MALFORMED, "invalid Json"),
        ("{\"Version\":".to_owned(), MALFORMED, "invalid Json"),
        (format!("{}x{}", "[".repeat(5000), "]".repeat(5000)), MALFORMED, "invalid Json"),
        ("[]".to_owned(), MALFORMED, "Syntax error at position (1,1)"),
        ("{\n  \"Version\": 2012\n}".to_owned(), MALFORMED, "Syntax error at position (2,14)"),
        ("{\"Version\":\"2012-10-17\"}".to_owned(), MALFORMED, "Missing required field Statement"),
        (json!({ "Version": "2012-10-17", "Statement": [] }).to_string(), MALFORMED, "Statement is empty!"),
        (json!({ "Version": "2012-10-17", "Statement": "x" }).to_string(), MALFORMED, "Syntax error at position"),
        (json!({ "Version": "2012-10-17", "statement": [statement] }).to_string(), MALFORMED, "Unknown field statement"),
        (json!({ "Version": "2012-10-18", "Statement": [statement] }).to_string(), MALFORMED, "must contain a valid version string"),
        (json!({ "Version": "2012-10-17", "Statement": [statement], "Comment": "" }).to_string(), MALFORMED, "Unknown field Comment"),
        // Fields of a statement.
        (with(json!({ "principal": {} })), MALFORMED, "Unknown field principal"),
        (with(json!({ "Effect": null })), MALFORMED, "Missing required field Effect"),
        (with(json!({ "Effect": "allow" })), MALFORMED, "Invalid effect: allow"),
        (with(json!({ "Effect": ["Allow"] })), MALFORMED, "Syntax error at position"),
        (with(json!({ "Action": null })), MALFORMED, "Missing required field Action"),
        (with(json!({ "Action": [] })), MALFORMED, "Missing required field Action cannot be empty!"),
        (with(json!({ "Action": 1 })), MALFORMED, "Syntax error at position"),
        (with(json!({ "NotAction": "sts:AssumeRole" })), MALFORMED, "Syntax error at position"),
        (with(json!({ "Sid": "a-b" })), MALFORMED, "Statement IDs (SID) must be alpha-numeric"),
        (with(json!({ "Sid": 1 })), MALFORMED, "Syntax error at position"),
        (
            json!({ "Version": "2012-10-17", "Statement": [with_sid(&statement), with_sid(&statement)] }).to_string(),
            MALFORMED,
            "The Statement Ids in the policy are not unique",
        ),
        // Resources have no place in a trust policy.
        (with(json!({ "Resource": "*" })), MALFORMED, "Has prohibited field Resource"),
        (with(json!({ "NotResource": "*" })), MALFORMED, "AssumeRole policy must not contain resources."),
        // Actions.
        (with(json!({ "Action": "*" })), MALFORMED, "may only specify STS AssumeRole actions"),
        (with(json!({ "Action": "s3:GetObject" })), MALFORMED, "may only specify STS AssumeRole actions"),
        (with(json!({ "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSessions"] })), MALFORMED, "may only specify STS AssumeRole actions"),
        (with(json!({ "Action": "sts:GetCallerIdentity" })), MALFORMED, "may only specify STS AssumeRole actions"),
        // Principals.
        (with(json!({ "Principal": null })), MALFORMED, "Missing required field Principal"),
        (with(json!({ "Principal": {} })), MALFORMED, "Missing required field Principal cannot be empty!"),
        (principal(json!("*")), MALFORMED, "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\"."),
        (principal(json!("arn:aws:iam::111122223333:root")), MALFORMED, "Principal must be a JSON object."),
        (principal(json!([])), MALFORMED, "Syntax error at position"),
        (principal(json!({ "AWS": [] })), MALFORMED, "statement with no principals!"),
        (principal(json!({ "AWS": 111_122_223_333_u64 })), MALFORMED, "Syntax error at position"),
        (principal(json!({ "Human": "me" })), MALFORMED, "Invalid principal in policy: \"Human\""),
        (with(json!({ "Principal": null, "NotPrincipal": { "AWS": "*" } })), MALFORMED, "Allow with NotPrincipal is not allowed."),
        (
            with(json!({ "Effect": "Deny", "Principal": null, "NotPrincipal": { "AWS": "*" } })),
            MALFORMED,
            "AssumeRole policy must not contain NotPrincipal field.",
        ),
        (
            principal(json!({ "AWS": "arn:aws:iam::111122223333:role/nobody" })),
            MALFORMED,
            "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/nobody\"",
        ),
        (principal(json!({ "AWS": "arn:aws:iam::111122223333:user/nobody" })), MALFORMED, "Invalid principal in policy: \"AWS\""),
        (principal(json!({ "AWS": "arn:aws:iam::111122223333:role/there/is" })), MALFORMED, "Invalid principal in policy: \"AWS\""),
        (principal(json!({ "AWS": "arn:aws:iam::111122223333:role/*" })), MALFORMED, "Invalid principal in policy: \"AWS\""),
        (principal(json!({ "AWS": "arn:aws:iam::111122223333:group/g" })), MALFORMED, "Invalid principal in policy: \"AWS\""),
        (principal(json!({ "AWS": "arn:aws-cn:iam::111122223333:root" })), MALFORMED, "Invalid principal in policy: \"AWS\""),
        (principal(json!({ "AWS": "11112222333" })), MALFORMED, "Invalid principal in policy: \"AWS\":\"11112222333\""),
        (principal(json!({ "AWS": "AROAAAAAAAAAAAAAAAAAA" })), MALFORMED, "Invalid principal in policy: \"AWS\""),
        (principal(json!({ "AWS": PROVIDER })), MALFORMED, "Invalid principal in policy: \"AWS\""),
        (principal(json!({ "Service": "ec2" })), MALFORMED, "Invalid principal in policy: \"SERVICE\":\"ec2\""),
        (principal(json!({ "Service": "*.amazonaws.com" })), MALFORMED, "Invalid principal in policy: \"SERVICE\""),
        (principal(json!({ "Service": "pods.eks.amazonaws.com.cn" })), MALFORMED, "Invalid principal in policy: \"SERVICE\""),
        (federated(""), MALFORMED, "Federated principals must be valid domain names or SAML metadata ARNs"),
        (federated("localhost"), MALFORMED, "Federated principals must be valid domain names or SAML metadata ARNs"),
        (federated("https://accounts.google.com"), MALFORMED, "Federated principals must be valid domain names or SAML metadata ARNs"),
        (federated("arn:aws:iam::111122223333:role/is"), MALFORMED, "Federated principals must be valid domain names or SAML metadata ARNs"),
        (federated("arn:aws:iam::1111:oidc-provider/a.example"), MALFORMED, "Federated principals must be valid domain names or SAML metadata ARNs"),
        (federated("arn:aws:iam::111122223333:oidc-provider/https://a.example"), MALFORMED, "Federated principals must be valid domain names or SAML metadata ARNs"),
        (federated("arn:aws-cn:iam::111122223333:oidc-provider/a.example"), MALFORMED, "Federated principals must be valid domain names or SAML metadata ARNs"),
        (federated("cognito-identity.amazonaws.com"), MALFORMED, "A condition block must be present for the Cognito provider"),
        (federated(github), MALFORMED, "token.actions.githubusercontent.com:sub"),
        (
            with(json!({
                "Principal": { "Federated": upbound },
                "Condition": { "StringLike": { "proidc.upbound.io:sub": "*" } },
            })),
            MALFORMED,
            "proidc.upbound.io:sub",
        ),
        // Conditions.
        (with(json!({ "Condition": { "StringIs": { AUD: "x" } } })), MALFORMED, "Invalid Condition type : StringIs"),
        (with(json!({ "Condition": { "stringequals": { AUD: "x" } } })), MALFORMED, "Invalid Condition type : stringequals"),
        (with(json!({ "Condition": { "AnyValue:StringEquals": { AUD: "x" } } })), MALFORMED, "Invalid Condition type"),
        (with(json!({ "Condition": [] })), MALFORMED, "Syntax error at position"),
        (with(json!({ "Condition": { "StringEquals": AUD } })), MALFORMED, "Syntax error at position"),
        (with(json!({ "Condition": { "StringEquals": { AUD: { "a": 1 } } } })), MALFORMED, "Syntax error at position"),
        (with(json!({ "Condition": { "StringEquals": { AUD: [null] } } })), MALFORMED, "Syntax error at position"),
        // Sizes and characters.
        (with(json!({ "Condition": long })), "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"),
        (with(json!({ "Condition": { "StringEquals": { AUD: "snow ☃" } } })), "ValidationError", "regular expression pattern"),
        (" ".repeat(131_073), "ValidationError", "length less than or equal to 131072"),
        (String::new(), "ValidationError", "length greater than or equal to 1"),
    ]
}

fn with_sid(statement: &Value) -> Value {
    let mut statement = statement.clone();
    statement["Sid"] = "Same".into();
    statement
}

fn known_world() -> Sandbox {
    let sandbox = world();
    make_role(&sandbox, "is");
    sandbox
}

#[test]
fn trust_policies_that_iam_refuses_are_refused_at_create_and_at_update() {
    let sandbox = known_world();
    let before = sandbox.dump();
    let refusals = refusals();
    assert!(refusals.len() >= 25);
    for (policy, code, fragment) in refusals {
        for (action, parameter, role) in [
            ("CreateRole", "AssumeRolePolicyDocument", "new"),
            ("UpdateAssumeRolePolicy", "PolicyDocument", "is"),
        ] {
            let params = [("RoleName", role), (parameter, policy.as_str())];
            let (status, got, message) = refused(&sandbox, action, &params);
            let shown: String = policy.chars().take(300).collect();
            assert_eq!(got, code, "{action} {shown}: {message}");
            assert!(message.contains(fragment), "{action} {shown}: {message}");
            assert_eq!(
                status,
                if code == "LimitExceeded" { 409 } else { 400 },
                "{shown}"
            );
        }
    }
    assert_eq!(sandbox.dump(), before, "a refused call must change nothing");
}

#[test]
fn trust_policies_that_iam_takes_are_taken() {
    let sandbox = known_world();
    let accepted = [
        trust(),
        trust().replace("\"Version\":\"2012-10-17\",", ""),
        trust().replace("2012-10-17", "2008-10-17"),
        json!({ "Version": "2012-10-17", "Id": "x", "Statement": {
            "Sid": "", "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole",
        } })
        .to_string(),
        principal(json!({ "AWS": "*" })),
        principal(json!({ "AWS": ["444455556666", "arn:aws:iam::444455556666:root"] })),
        principal(json!({ "AWS": "arn:aws:iam::111122223333:role/is" })),
        principal(json!({ "AWS": "arn:aws:iam::111122223333:user/sandbox" })),
        principal(json!({ "AWS": "arn:aws:sts::111122223333:assumed-role/is/me" })),
        // Nobody here knows what another account holds.
        principal(json!({ "AWS": "arn:aws:iam::444455556666:role/path/any" })),
        principal(json!({ "Service": ["ec2.amazonaws.com", "pods.eks.amazonaws.com"] })),
        with(json!({ "Action": ["sts:AssumeRole*", "sts:TagSession", "sts:SetSourceIdentity"] })),
        with(json!({ "Action": "STS:assumerolewithwebidentity" })),
        with(json!({ "Action": "sts:*" })),
        federated("arn:aws:iam::111122223333:oidc-provider/not.there.example/yet"),
        federated("arn:aws:iam::111122223333:saml-provider/corp"),
        federated("accounts.google.com"),
        with(json!({ "Condition": {} })),
        with(
            json!({ "Condition": { "ForAnyValue:StringLikeIfExists": { AUD: ["a", "b*"] }, "Bool": { "aws:SecureTransport": true }, "Null": { AUD: "false" } } }),
        ),
        with(json!({
            "Principal": { "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" },
            "Condition": { "StringLike": { "token.actions.githubusercontent.com:sub": "repo:a/b:*" } },
        })),
        // 2,048 characters and much white space.
        fitting(2048).replace("\":", "\"\n \t:"),
    ];
    for (index, policy) in accepted.iter().enumerate() {
        let name = format!("role{index}");
        let params = [
            ("RoleName", name.as_str()),
            ("AssumeRolePolicyDocument", policy.as_str()),
        ];
        let answer = ask(&sandbox, "CreateRole", &params);
        assert_eq!(answer.status, 200, "{policy}: {}", text(&answer));
    }
}

/// A trust policy of so many characters.
fn fitting(size: usize) -> String {
    let value =
        |count: usize| with(json!({ "Condition": { "StringEquals": { AUD: "x".repeat(count) } } }));
    let policy = value(size - value(0).len());
    assert_eq!(policy.len(), size);
    policy
}

#[test]
fn a_raised_quota_lets_longer_trust_policies_in() {
    let quotas = Quotas {
        trust_policy_size: 4096,
        ..Quotas::default()
    };
    let sandbox = Sandbox::in_memory(Options {
        quotas,
        ..Options::default()
    });
    let create = |size| {
        let params = [
            ("RoleName", "long"),
            ("AssumeRolePolicyDocument", &*fitting(size)),
        ];
        ask(&sandbox, "CreateRole", &params)
    };
    let over = create(4097);
    assert_eq!(
        element(&over, "Message"),
        "Cannot exceed quota for ACLSizePerRole: 4096"
    );
    assert_eq!(create(4096).status, 200);
}

#[test]
fn a_deleted_principal_is_shown_by_its_id_and_cannot_be_written_again() {
    let sandbox = known_world();
    let policy = principal(json!({ "AWS": "arn:aws:iam::111122223333:role/is" }));
    done(
        &sandbox,
        "CreateRole",
        &[("RoleName", "front"), ("AssumeRolePolicyDocument", &policy)],
    );
    let principal_of = |name: &str| {
        let answer = done(&sandbox, "GetRole", &[("RoleName", name)]);
        document(&answer, "AssumeRolePolicyDocument")["Statement"][0]["Principal"]["AWS"].clone()
    };
    let id = element(&done(&sandbox, "GetRole", &[("RoleName", "is")]), "RoleId");
    assert_eq!(principal_of("front"), "arn:aws:iam::111122223333:role/is");
    done(&sandbox, "DeleteRole", &[("RoleName", "is")]);
    assert_eq!(principal_of("front"), id.as_str());
    make_role(&sandbox, "is");
    assert_eq!(
        principal_of("front"),
        id.as_str(),
        "another role of that name is another principal"
    );
    let again = principal(json!({ "AWS": id }));
    let (_, code, message) = refused(
        &sandbox,
        "UpdateAssumeRolePolicy",
        &[("RoleName", "front"), ("PolicyDocument", &again)],
    );
    assert_eq!(code, MALFORMED);
    assert!(message.contains(&id));
}

#[test]
fn china_has_its_own_partition_and_services() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, REGION).from("cn-north-1");
    let create = |name: &str, policy: &str| {
        let params = [("RoleName", name), ("AssumeRolePolicyDocument", policy)];
        ask_as(asker, ("iam", "2010-05-08"), "CreateRole", &params)
    };
    let good = principal(json!({ "Service": "ec2.amazonaws.com.cn" }));
    assert_eq!(
        element(&create("a", &good), "Arn"),
        "arn:aws-cn:iam::111122223333:role/a"
    );
    assert_eq!(element(&create("b", &trust()), "Code"), MALFORMED);
}
