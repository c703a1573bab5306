//! Tokens and sessions, asked as a client asks.

use serde_json::{Value, json};

use crate::aws::access::stage::{ISSUER, OTHER, REGION, Stage, outcome, refused, said, trust};
use crate::aws::asking::{ACCOUNT, Asker, element, text};
use crate::aws::call::clock;
use crate::aws::identity::{Session, session_key};
use crate::http::Answer;

const ROLE: &str = "arn:aws:iam::111122223333:role/worker";
const STS: (&str, &str) = ("sts", "2011-06-15");

fn with(stage: &Stage, token: &str) -> Answer {
    stage.by_token(&[
        ("RoleArn", ROLE),
        ("RoleSessionName", "pod"),
        ("WebIdentityToken", token),
    ])
}

fn asked(stage: &Stage, changes: &Value) -> Answer {
    with(stage, &stage.token(changes))
}

#[test]
fn a_token_of_the_service_account_gets_a_session() {
    let stage = Stage::new();
    for audience in [
        json!("sts.amazonaws.com"),
        json!(["sts.amazonaws.com"]),
        json!(["other", "sts.amazonaws.com"]),
    ] {
        let answer = asked(&stage, &json!({ "audience": audience }));
        assert_eq!(answer.status, 200, "{}", text(&answer));
        assert_eq!(element(&answer, "Audience"), "sts.amazonaws.com");
        assert_eq!(
            element(&answer, "SubjectFromWebIdentityToken"),
            "system:serviceaccount:a:s"
        );
        assert_eq!(
            element(&answer, "Provider"),
            format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")
        );
        let key = element(&answer, "AccessKeyId");
        let who = stage.ask(stage.account().of(&key), STS, "GetCallerIdentity", &[]);
        assert_eq!(
            element(&who, "Arn"),
            "arn:aws:sts::111122223333:assumed-role/worker/pod"
        );
    }
}

#[test]
fn tokens_that_sts_refuses() {
    let stage = Stage::new();
    let denied = (
        403,
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    );
    let no_key = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements";
    let not_validated = "The web identity token that was passed could not be validated by Amazon Web Services. Get a new identity token from the identity provider and then retry the request.";
    let not_a_token = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
    let invalid = |message| (400, "InvalidIdentityToken", message);
    for (changes, expected) in [
        (json!({ "namespace": "b" }), denied),
        (json!({ "serviceAccount": "t" }), denied),
        (
            json!({ "audience": ["other"] }),
            invalid("Incorrect token audience"),
        ),
        (
            json!({ "audience": [] }),
            invalid("Incorrect token audience"),
        ),
        (
            json!({ "issuer": "https://elsewhere.example" }),
            invalid(
                "No OpenIDConnect provider found in your account for https://elsewhere.example",
            ),
        ),
        (json!({ "signed": "stranger" }), invalid(not_validated)),
        (json!({ "signed": "nobody" }), invalid(not_validated)),
        (
            json!({ "claims": { "exp": "tomorrow" } }),
            invalid(not_validated),
        ),
        (json!({ "claims": { "exp": null } }), invalid(not_validated)),
        (
            json!({ "claims": { "nbf": clock() + 3600 } }),
            invalid(not_validated),
        ),
        (
            json!({ "claims": { "iat": clock() + 3600 } }),
            invalid(not_validated),
        ),
        (json!({ "claims": { "sub": null } }), invalid(not_a_token)),
        (json!({ "claims": { "iss": null } }), invalid(not_a_token)),
    ] {
        let (status, code, message) = said(&asked(&stage, &changes));
        assert_eq!(
            (status, code.as_str(), message.as_str()),
            expected,
            "{changes}"
        );
    }
    for token in ["abcd", "a.b.c", "e30.e30.", "...."] {
        let (status, code, message) = said(&with(&stage, token));
        assert_eq!(
            (status, code.as_str(), message.as_str()),
            invalid(not_a_token)
        );
    }
    // A changed payload under a signature of another one.
    let token = stage.token(&json!({}));
    let other = stage.token(&json!({ "namespace": "b" }));
    let parts: Vec<&str> = token.split('.').collect();
    let forged = format!(
        "{}.{}.{}",
        parts[0],
        other.split('.').nth(1).unwrap(),
        parts[2]
    );
    assert_eq!(said(&with(&stage, &forged)).2, not_validated);
    // A key that was changed.
    let foreign = stage.control(
        "issuer-key",
        &json!({ "issuer": "https://elsewhere.example" }),
    );
    let foreign: Value = serde_json::from_slice(&foreign.body).unwrap();
    let issuer = format!("https://{ISSUER}");
    stage.control(
        "issuers",
        &json!({ "issuer": issuer, "keys": [foreign["jwk"]] }),
    );
    assert_eq!(said(&with(&stage, &token)).2, no_key);
}

#[test]
fn five_minutes_of_patience() {
    let stage = Stage::new();
    assert_eq!(asked(&stage, &json!({ "expiresIn": -200 })).status, 200);
    let (status, code, message) = said(&asked(&stage, &json!({ "expiresIn": -400 })));
    assert_eq!((status, code.as_str()), (400, "ExpiredTokenException"));
    assert!(
        message.starts_with("Token expired: current date/time "),
        "{message}"
    );
}

#[test]
fn requests_that_sts_refuses() {
    let stage = Stage::new();
    let token = stage.token(&json!({}));
    let cases: [(&[(&str, &str)], &str); 6] = [
        (
            &[("RoleSessionName", "pod"), ("WebIdentityToken", "abcd")],
            "roleArn",
        ),
        (
            &[("RoleArn", ROLE), ("WebIdentityToken", "abcd")],
            "roleSessionName",
        ),
        (
            &[("RoleArn", ROLE), ("RoleSessionName", "pod")],
            "webIdentityToken",
        ),
        (
            &[
                ("RoleArn", ROLE),
                ("RoleSessionName", "pod"),
                ("WebIdentityToken", "a"),
            ],
            "webIdentityToken",
        ),
        (
            &[
                ("RoleArn", "worker"),
                ("RoleSessionName", "pod"),
                ("WebIdentityToken", "abcd"),
            ],
            "worker",
        ),
        (
            &[
                ("RoleArn", ROLE),
                ("RoleSessionName", "pod"),
                ("WebIdentityToken", "abcd"),
                ("DurationSeconds", "1"),
            ],
            "durationSeconds",
        ),
    ];
    for (params, named) in cases {
        let (status, code, message) = said(&stage.by_token(params));
        assert_eq!((status, code.as_str()), (400, "ValidationError"));
        assert!(message.contains(named), "{message}");
    }
    let more = |more: &[(&str, &str)]| {
        let mut params = vec![
            ("RoleArn", ROLE),
            ("RoleSessionName", "pod"),
            ("WebIdentityToken", &token),
        ];
        params.extend(more);
        outcome(&stage.by_token(&params))
    };
    assert_eq!(
        more(&[("DurationSeconds", "7200")]),
        refused(400, "ValidationError")
    );
    assert_eq!(
        more(&[("Policy", "{}")]),
        refused(400, "MalformedPolicyDocument")
    );
    let long = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "s3:*", "Resource": format!("arn:aws:s3:::{}", "x".repeat(2048)),
    }] })
    .to_string();
    assert_eq!(
        more(&[("Policy", &long)]),
        refused(400, "PackedPolicyTooLarge")
    );
    let none = "arn:aws:iam::111122223333:policy/none";
    assert_eq!(
        more(&[("PolicyArns.member.1.arn", none)]),
        refused(400, "ValidationError")
    );
    let other = stage.by_token(&[
        ("RoleArn", "arn:aws:iam::111122223333:role/none"),
        ("RoleSessionName", "pod"),
        ("WebIdentityToken", &token),
    ]);
    assert_eq!(outcome(&other), refused(403, "AccessDenied"));
    // A provider is known in its account only.
    let away = stage.by_token(&[
        ("RoleArn", "arn:aws:iam::444455556666:role/worker"),
        ("RoleSessionName", "pod"),
        ("WebIdentityToken", &token),
    ]);
    assert_eq!(outcome(&away), refused(400, "InvalidIdentityToken"));
}

#[test]
fn an_issuer_in_a_bucket_is_believed_if_everybody_can_read_it() {
    let stage = Stage::new();
    let issuer = "https://s3.eu-west-1.amazonaws.com/own";
    stage.iam(
        "CreateOpenIDConnectProvider",
        &[
            ("Url", issuer),
            ("ClientIDList.member.1", "sts.amazonaws.com"),
            // With one, IAM asks the issuer nothing, which has no documents yet.
            (
                "ThumbprintList.member.1",
                "0123456789012345678901234567890123456789",
            ),
        ],
    );
    let name = "s3.eu-west-1.amazonaws.com/own";
    stage.make_role(
        "hosted",
        &serde_json::from_str(
            &trust("system:serviceaccount:a:s")
                .to_string()
                .replace(ISSUER, name),
        )
        .unwrap(),
    );
    let token = stage.token(&json!({ "issuer": issuer }));
    let outcome = || {
        outcome(&stage.by_token(&[
            ("RoleArn", "arn:aws:iam::111122223333:role/hosted"),
            ("RoleSessionName", "pod"),
            ("WebIdentityToken", &token),
        ]))
    };
    let no_key = refused(400, "InvalidIdentityToken");
    assert_eq!(outcome(), no_key);
    let account = stage.account();
    let put = |what: &str, body: &str| {
        let answer = account.s3(what, &[], body);
        assert!(answer.status < 300, "{}", text(&answer));
    };
    let key = stage.control("issuer-key", &json!({ "issuer": issuer }));
    let key: Value = serde_json::from_slice(&key.body).unwrap();
    let document = json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys.json") });
    put(
        "PUT /own/.well-known/openid-configuration",
        &document.to_string(),
    );
    put(
        "PUT /own/keys.json",
        &json!({ "keys": [key["jwk"]] }).to_string(),
    );
    assert_eq!(outcome(), no_key, "nobody else can read them");
    put("DELETE /own?publicAccessBlock", "");
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": ["arn:aws:s3:::own/.well-known/openid-configuration", "arn:aws:s3:::own/keys.json"],
    }] });
    put("PUT /own?policy", &policy.to_string());
    assert_eq!(outcome().0, 200);
    let other =
        json!({ "issuer": format!("{issuer}/"), "jwks_uri": format!("{issuer}/keys.json") });
    put(
        "PUT /own/.well-known/openid-configuration",
        &other.to_string(),
    );
    assert_eq!(outcome(), no_key, "the document is another issuer's");
    put(
        "PUT /own/.well-known/openid-configuration",
        &document.to_string(),
    );
    put("PUT /own/keys.json", "{}");
    assert_eq!(outcome(), no_key, "no keys");
}

#[test]
fn assume_role_asks_both_sides() {
    let stage = Stage::new();
    let trusting = |principal: &str, actions: &Value, condition: &Value| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "AWS": principal }, "Action": actions, "Condition": condition,
        }] })
    };
    let assume = json!("sts:AssumeRole");
    stage.make_role(
        "open",
        &trusting(&format!("arn:aws:iam::{ACCOUNT}:root"), &assume, &json!({})),
    );
    stage.make_role(
        "away",
        &trusting(
            OTHER,
            &assume,
            &json!({ "StringEquals": { "sts:ExternalId": "abc" } }),
        ),
    );
    stage.make_role(
        "tagged",
        &trusting(
            ACCOUNT,
            &json!(["sts:AssumeRole", "sts:TagSession"]),
            &json!({ "StringLike": { "aws:RequestTag/team": "*" } }),
        ),
    );
    let by = |asker: Asker<'_>, role: &str, more: &[(&str, &str)]| {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
        let mut params = vec![("RoleArn", arn.as_str()), ("RoleSessionName", "me")];
        params.extend(more);
        stage.ask(asker, STS, "AssumeRole", &params)
    };
    let account = stage.account();
    let denied = refused(403, "AccessDenied");
    assert_eq!(by(account, "open", &[]).status, 200);
    assert_eq!(outcome(&by(account, "away", &[])), denied);
    assert_eq!(outcome(&by(account.of(OTHER), "open", &[])), denied);
    assert_eq!(outcome(&by(account.of(OTHER), "away", &[])), denied);
    assert_eq!(
        by(account.of(OTHER), "away", &[("ExternalId", "abc")]).status,
        200
    );
    let tags = [
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "red"),
    ];
    assert_eq!(
        outcome(&by(account, "open", &tags)),
        denied,
        "sts:TagSession is not trusted"
    );
    assert_eq!(outcome(&by(account, "tagged", &[])), denied);
    let mut handed_on = tags.to_vec();
    handed_on.push(("TransitiveTagKeys.member.1", "team"));
    let first = by(account, "tagged", &handed_on);
    assert_eq!(first.status, 200, "{}", text(&first));
    // A chain: the session may go on if its role lets it, for an hour, with the tag that is handed on.
    let key = element(&first, "AccessKeyId");
    let session = account.of(&key);
    assert_eq!(outcome(&by(session, "tagged", &[])), denied);
    let allow = json!([{ "Effect": "Allow", "Action": "sts:*", "Resource": "*" }]);
    stage.allow("tagged", &allow);
    assert_eq!(by(session, "tagged", &[]).status, 200);
    assert_eq!(
        outcome(&by(session, "tagged", &tags)),
        refused(400, "InvalidParameterValue")
    );
    stage.iam(
        "UpdateRole",
        &[("RoleName", "tagged"), ("MaxSessionDuration", "7200")],
    );
    let long = by(session, "tagged", &[("DurationSeconds", "7200")]);
    assert_eq!(outcome(&long), refused(400, "ValidationError"));
    assert_eq!(
        by(
            account,
            "tagged",
            &[tags[0], tags[1], ("DurationSeconds", "7200")]
        )
        .status,
        200
    );
}

#[test]
fn a_session_ends() {
    let stage = Stage::new();
    let key = stage.session(&[]);
    {
        let mut world = stage.0.world();
        let mut session: Session = world.db.get(&session_key(&key)).unwrap();
        session.expires = clock() - 1;
        world.db.put(&session_key(&key), &session);
        world.db.commit(0).unwrap();
    }
    let asker = Asker::new(&stage.0, REGION).of(&key);
    let who = stage.ask(asker, STS, "GetCallerIdentity", &[]);
    assert_eq!(outcome(&who), refused(403, "ExpiredToken"));
    let list = asker.s3("GET /own?list-type=2", &[], "");
    assert_eq!(outcome(&list), refused(400, "ExpiredToken"));
    let keys = asker.json("kms", "TrentService.ListKeys", &json!({}));
    assert_eq!(
        (keys.status, keys.code.as_str()),
        (400, "ExpiredTokenException")
    );
}

#[test]
fn keys_and_tokens_are_not_in_the_dump() {
    let stage = Stage::new();
    let before = stage.0.dump();
    stage.session(&[]);
    assert_eq!(stage.0.dump(), before);
}
