//! Secrets, asked for by the account and by a session.

use serde_json::{Value, json};

use crate::aws::access::stage::{KEY, Stage};
use crate::aws::asking::{Asker, Said};

fn ask(asker: Asker<'_>, operation: &str, body: &Value) -> Said {
    asker.json(
        "secretsmanager",
        &format!("secretsmanager.{operation}"),
        body,
    )
}

fn refused(said: &Said) -> (u16, &str) {
    (said.status, said.code.as_str())
}

#[test]
fn a_prefix_of_secrets_and_no_more() {
    let stage = Stage::new();
    let account = stage.account();
    for name in ["prod/db", "test/db"] {
        let made = ask(
            account,
            "CreateSecret",
            &json!({ "Name": name, "SecretString": "s3cret" }),
        );
        assert_eq!(made.status, 200, "{made:?}");
    }
    let key = stage.session(&[]);
    let session = account.of(&key);
    let get = |id: &str| ask(session, "GetSecretValue", &json!({ "SecretId": id }));
    let denied = (400, "AccessDeniedException");
    assert_eq!(refused(&get("prod/db")), denied);
    stage.allow("worker", &json!([
        { "Effect": "Allow", "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds"],
          "Resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/*" },
        { "Effect": "Allow", "Action": "secretsmanager:BatchGetSecretValue", "Resource": "*" },
    ]));
    let said = get("prod/db");
    assert_eq!(said.body["SecretString"], "s3cret");
    let arn = said.body["ARN"].as_str().unwrap();
    assert_eq!(get(arn).body, said.body);
    let (partial, _) = arn.rsplit_once('-').unwrap();
    assert_eq!(get(partial).body, said.body);
    assert_eq!(refused(&get("test/db")), denied);
    assert_eq!(
        refused(&get("prod/none")),
        (400, "ResourceNotFoundException")
    );
    assert_eq!(
        refused(&get("test/none")),
        denied,
        "what may not be read is not told apart"
    );
    assert!(get("test/db").message().contains("secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-1:111122223333:secret:test/db-"));
    let about = json!({ "SecretId": "prod/db" });
    assert_eq!(
        ask(session, "DescribeSecret", &about).body["Name"],
        "prod/db"
    );
    assert_eq!(
        ask(session, "ListSecretVersionIds", &about).body["Versions"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let batch = ask(
        session,
        "BatchGetSecretValue",
        &json!({ "SecretIdList": ["prod/db", "test/db", "prod/none"] }),
    );
    assert_eq!(batch.body["SecretValues"].as_array().unwrap().len(), 1);
    let errors: Vec<&Value> = batch.body["Errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["ErrorCode"])
        .collect();
    assert_eq!(
        errors,
        ["AccessDeniedException", "ResourceNotFoundException"]
    );
    assert_eq!(refused(&ask(session, "ListSecrets", &json!({}))), denied);
    assert_eq!(
        ask(account, "ListSecrets", &json!({})).body["SecretList"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        refused(&ask(
            session,
            "PutSecretValue",
            &json!({ "SecretId": "prod/db", "SecretString": "x" })
        )),
        denied
    );
    assert_eq!(
        refused(&ask(
            session,
            "CreateSecret",
            &json!({ "Name": "prod/new" })
        )),
        denied
    );
}

#[test]
fn versions_and_refusals() {
    let stage = Stage::new();
    let account = stage.account();
    let create = |body: &Value| ask(account, "CreateSecret", body);
    assert_eq!(create(&json!({ "Name": "a" })).status, 200);
    assert_eq!(
        refused(&create(&json!({ "Name": "a" }))),
        (400, "ResourceExistsException")
    );
    assert_eq!(
        refused(&create(&json!({ "Name": "a b" }))),
        (400, "ValidationException")
    );
    assert_eq!(
        refused(&create(
            &json!({ "Name": "b", "SecretString": "x".repeat(65_537) })
        )),
        (400, "InvalidParameterException")
    );
    let get = |more: &Value| {
        let mut body = json!({ "SecretId": "a" });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        ask(account, "GetSecretValue", &body)
    };
    assert_eq!(
        refused(&get(&json!({}))),
        (400, "ResourceNotFoundException")
    );
    let put = |value: &str| {
        ask(
            account,
            "PutSecretValue",
            &json!({ "SecretId": "a", "SecretString": value }),
        )
    };
    let first = put("1").body["VersionId"].clone();
    assert_eq!(put("2").status, 200);
    assert_eq!(get(&json!({})).body["SecretString"], "2");
    assert_eq!(
        get(&json!({ "VersionStage": "AWSPREVIOUS" })).body["SecretString"],
        "1"
    );
    assert_eq!(
        get(&json!({ "VersionId": first })).body["SecretString"],
        "1"
    );
    assert_eq!(
        refused(&ask(account, "PutSecretValue", &json!({ "SecretId": "a" }))),
        (400, "InvalidParameterException")
    );
    assert_eq!(
        refused(&ask(account, "BatchGetSecretValue", &json!({}))),
        (400, "InvalidParameterException")
    );
    assert_eq!(
        refused(&ask(account, "RotateSecret", &json!({}))),
        (400, "UnknownOperationException")
    );
}

#[test]
fn a_key_of_kms_has_its_say() {
    let stage = Stage::new();
    let account = stage.account();
    let made = ask(
        account,
        "CreateSecret",
        &json!({ "Name": "a", "SecretString": "x", "KmsKeyId": KEY }),
    );
    assert_eq!(made.status, 200, "{made:?}");
    let read = json!({ "Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*" });
    stage.allow("worker", &json!([read]));
    let key = stage.session(&[]);
    let get = || {
        ask(
            account.of(&key),
            "GetSecretValue",
            &json!({ "SecretId": "a" }),
        )
    };
    assert_eq!(
        (refused(&get()), get().message()),
        (
            (400, "AccessDeniedException"),
            "Access to KMS is not allowed"
        )
    );
    let decrypt = |service: &str| {
        json!({
            "Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY,
            "Condition": {
                "StringEquals": { "kms:ViaService": format!("{service}.eu-west-1.amazonaws.com") },
                "StringLike": { "kms:EncryptionContext:SecretARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-*" },
            },
        })
    };
    stage.allow("worker", &json!([read, decrypt("s3")]));
    assert_eq!(get().status, 400);
    stage.allow("worker", &json!([read, decrypt("secretsmanager")]));
    assert_eq!(get().status, 200);
    let put = ask(
        account.of(&key),
        "PutSecretValue",
        &json!({ "SecretId": "a", "SecretString": "y" }),
    );
    assert_eq!(refused(&put), (400, "AccessDeniedException"));
}
