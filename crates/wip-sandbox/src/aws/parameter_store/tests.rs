//! Parameters, asked for by the account and by a session.

use serde_json::{Value, json};

use crate::aws::access::stage::{KEY, Stage};
use crate::aws::asking::{Asker, Said};

fn ask(asker: Asker<'_>, operation: &str, body: &Value) -> Said {
    asker.json("ssm", &format!("AmazonSSM.{operation}"), body)
}

fn refused(said: &Said) -> (u16, &str) {
    (said.status, said.code.as_str())
}

#[test]
fn a_path_of_parameters_and_no_more() {
    let stage = Stage::new();
    let account = stage.account();
    for name in ["/prod/a", "/prod/deep/b", "/test/a", "plain"] {
        let put = ask(
            account,
            "PutParameter",
            &json!({ "Name": name, "Type": "String", "Value": name }),
        );
        assert_eq!((put.status, &put.body["Version"]), (200, &json!(1)));
    }
    stage.allow(
        "worker",
        &json!([{
            "Effect": "Allow", "Action": ["ssm:GetParameter", "ssm:GetParametersByPath"],
            "Resource": "arn:aws:ssm:eu-west-1:111122223333:parameter/prod*",
        }]),
    );
    let key = stage.session(&[]);
    let session = account.of(&key);
    let get = |name: &str| ask(session, "GetParameter", &json!({ "Name": name }));
    assert_eq!(get("/prod/a").body["Parameter"]["Value"], "/prod/a");
    assert_eq!(
        get("arn:aws:ssm:eu-west-1:111122223333:parameter/prod/a").body["Parameter"]["Name"],
        "/prod/a"
    );
    let denied = (400, "AccessDeniedException");
    assert_eq!(refused(&get("/test/a")), denied);
    assert_eq!(refused(&get("plain")), denied);
    assert_eq!(refused(&get("/prod/none")), (400, "ParameterNotFound"));
    let by_path = |body: &Value| ask(session, "GetParametersByPath", body);
    let count = |said: &Said| said.body["Parameters"].as_array().unwrap().len();
    assert_eq!(count(&by_path(&json!({ "Path": "/prod" }))), 1);
    assert_eq!(
        count(&by_path(&json!({ "Path": "/prod/", "Recursive": true }))),
        2
    );
    assert_eq!(refused(&by_path(&json!({ "Path": "/test" }))), denied);
    assert_eq!(
        refused(&ask(session, "DescribeParameters", &json!({}))),
        denied
    );
    assert_eq!(count(&ask(account, "DescribeParameters", &json!({}))), 4);
    assert_eq!(
        refused(&ask(
            session,
            "PutParameter",
            &json!({ "Name": "/prod/a", "Value": "x", "Overwrite": true })
        )),
        denied
    );
}

#[test]
fn secure_strings_and_refusals() {
    let stage = Stage::new();
    let account = stage.account();
    let put = |body: &Value| ask(account, "PutParameter", body);
    let secure = json!({ "Name": "/s", "Type": "SecureString", "Value": "s3cret", "KeyId": KEY });
    assert_eq!(put(&secure).status, 200);
    assert_eq!(refused(&put(&secure)), (400, "ParameterAlreadyExists"));
    assert_eq!(
        refused(&put(
            &json!({ "Name": "a/b", "Type": "String", "Value": "x" })
        )),
        (400, "ValidationException")
    );
    assert_eq!(
        refused(&put(&json!({ "Name": "c", "Value": "x" }))),
        (400, "ValidationException")
    );
    let again = put(&json!({ "Name": "/s", "Value": "n3w", "KeyId": KEY, "Overwrite": true }));
    assert_eq!(again.body["Version"], 2);
    let read = json!({ "Effect": "Allow", "Action": "ssm:*", "Resource": "*" });
    stage.allow("worker", &json!([read]));
    let key = stage.session(&[]);
    let get = |decrypt: bool| {
        ask(
            account.of(&key),
            "GetParameter",
            &json!({ "Name": "/s", "WithDecryption": decrypt }),
        )
    };
    let sealed = get(false);
    assert_eq!(
        (sealed.status, sealed.body["Parameter"]["Value"] == "n3w"),
        (200, false)
    );
    assert_eq!(refused(&get(true)), (400, "AccessDeniedException"));
    stage.allow("worker", &json!([read, {
        "Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY,
        "Condition": { "StringEquals": {
            "kms:ViaService": "ssm.eu-west-1.amazonaws.com",
            "kms:EncryptionContext:PARAMETER_ARN": "arn:aws:ssm:eu-west-1:111122223333:parameter/s",
        } },
    }]));
    assert_eq!(get(true).body["Parameter"]["Value"], "n3w");
    let write = ask(
        account.of(&key),
        "PutParameter",
        &json!({ "Name": "/s", "Value": "x", "KeyId": KEY, "Overwrite": true }),
    );
    assert_eq!(refused(&write), (400, "AccessDeniedException"));
}
