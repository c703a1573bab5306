//! STS: who calls, and sessions of roles.

use serde_json::json;

use super::{Params, REGION, ask_as, done};
use crate::aws::asking::{Asker, element, text, world};
use crate::http::Answer;
use crate::{Options, Sandbox};

const STS: (&str, &str) = ("sts", "2011-06-15");

fn identity(asker: Asker<'_>) -> Answer {
    ask_as(asker, STS, "GetCallerIdentity", &[])
}

#[test]
fn an_account_is_its_own_key() {
    let sandbox = Sandbox::in_memory(Options {
        default_account: "999999999999".to_owned(),
        ..Options::default()
    });
    let asker = Asker::new(&sandbox, REGION);
    let arn = |asker| element(&identity(asker), "Arn");
    assert_eq!(
        arn(asker.of("444455556666")),
        "arn:aws:iam::444455556666:user/sandbox"
    );
    assert_eq!(
        arn(asker.of("AKIAEXAMPLE")),
        "arn:aws:iam::999999999999:user/sandbox"
    );
    assert_eq!(
        arn(asker.of("444455556666").from("cn-north-1")),
        "arn:aws-cn:iam::444455556666:user/sandbox"
    );
    assert_eq!(
        arn(asker.of("444455556666").from("us-gov-west-1")),
        "arn:aws-us-gov:iam::444455556666:user/sandbox"
    );
    let unknown = identity(asker.of("ASIAUNKNOWN"));
    assert_eq!(
        (unknown.status, element(&unknown, "Code").as_str()),
        (403, "InvalidClientTokenId")
    );
}

#[test]
fn a_session_is_the_role_that_it_was_issued_for() {
    let sandbox = world();
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": "444455556666" },
            "Action": "sts:AssumeRole",
        }],
    })
    .to_string();
    let role = [
        ("RoleName", "r"),
        ("AssumeRolePolicyDocument", trust.as_str()),
    ];
    done(&sandbox, "CreateRole", &role);
    let asker = Asker::new(&sandbox, REGION);
    let arn = "arn:aws:iam::111122223333:role/r";
    let assume =
        |params: &[(&str, &str)]| ask_as(asker.of("444455556666"), STS, "AssumeRole", params);
    let answer = assume(&[("RoleArn", arn), ("RoleSessionName", "me@home")]);
    assert_eq!(answer.status, 200, "{}", text(&answer));
    let id = element(&done(&sandbox, "GetRole", &[("RoleName", "r")]), "RoleId");
    assert_eq!(element(&answer, "AssumedRoleId"), format!("{id}:me@home"));
    let key = element(&answer, "AccessKeyId");
    assert!(key.starts_with("ASIA") && key.len() == 20, "{key}");
    let who = identity(asker.of(&key));
    assert_eq!(
        element(&who, "Arn"),
        "arn:aws:sts::111122223333:assumed-role/r/me@home"
    );
    assert_eq!(element(&who, "Account"), "111122223333");
    let refusals: [(Params<'_>, u16, &str); 7] = [
        (
            &[
                ("RoleArn", "arn:aws:iam::111122223333:role/none"),
                ("RoleSessionName", "me"),
            ],
            403,
            "AccessDenied",
        ),
        (
            &[("RoleArn", "r"), ("RoleSessionName", "me")],
            400,
            "ValidationError",
        ),
        (&[("RoleSessionName", "me")], 400, "ValidationError"),
        (
            &[("RoleArn", arn), ("RoleSessionName", "m")],
            400,
            "ValidationError",
        ),
        (
            &[("RoleArn", arn), ("RoleSessionName", "a b")],
            400,
            "ValidationError",
        ),
        (
            &[
                ("RoleArn", arn),
                ("RoleSessionName", "me"),
                ("DurationSeconds", "899"),
            ],
            400,
            "ValidationError",
        ),
        (
            &[
                ("RoleArn", arn),
                ("RoleSessionName", "me"),
                ("DurationSeconds", "3601"),
            ],
            400,
            "ValidationError",
        ),
    ];
    for (params, status, code) in refusals {
        let answer = assume(params);
        assert_eq!(
            (answer.status, element(&answer, "Code").as_str()),
            (status, code),
            "{params:?}"
        );
    }
}
