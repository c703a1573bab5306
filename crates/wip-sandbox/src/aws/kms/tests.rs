//! The refusals of KMS, one by one, and what it says when it does not refuse.

use serde_json::{Value, json};

use crate::aws::asking::{ACCOUNT, Asker, Said, world};
use crate::{KeySeed, Options, Sandbox, Seed};

const OTHER: &str = "444455556666";
const UNKNOWN: &str = "00000000-0000-0000-0000-000000000000";

fn ask(asker: &Asker<'_>, operation: &str, members: &Value) -> Said {
    asker.json("kms", &format!("TrentService.{operation}"), members)
}

fn create(asker: &Asker<'_>) -> (String, String) {
    let said = ask(asker, "CreateKey", &json!({}));
    assert_eq!(said.status, 200, "{said:?}");
    let metadata = &said.body["KeyMetadata"];
    let text = |name: &str| metadata[name].as_str().unwrap().to_owned();
    (text("KeyId"), text("Arn"))
}

fn root(account: &str) -> Value {
    json!({
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
        "Action": "kms:*",
        "Resource": "*",
    })
}

/// A statement for a role of an account that nobody knows, with members set or, where null, taken out.
fn with(changes: &Value) -> Value {
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::999988887777:role/backup" },
        "Action": "kms:Decrypt",
        "Resource": "*",
    });
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            statement.as_object_mut().unwrap().remove(name);
        } else {
            statement[name] = value.clone();
        }
    }
    statement
}

fn policy(statements: &[Value]) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn refused(said: &Said, code: &str, message: &str, what: &str) {
    assert_eq!(
        (said.status, said.code.as_str(), said.message()),
        (400, code, message),
        "{what}"
    );
}

#[test]
fn key_policies_that_are_refused() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    let (id, _) = create(&asker);
    let put = |policy: &str| {
        ask(
            &asker,
            "PutKeyPolicy",
            &json!({ "KeyId": id, "Policy": policy }),
        )
    };
    let syntax = "The request was rejected because the specified policy is not syntactically or semantically correct.";
    for document in [
        "x",
        "{}",
        r#"{"Statement":[]}"#,
        r#"{"Statement":["x"]}"#,
        r#"{"Statement":[],"Statement":[]}"#,
        r#"{"Statements":[]}"#,
        r#"{"Version":"2012","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}"#,
    ] {
        refused(
            &put(document),
            "MalformedPolicyDocumentException",
            syntax,
            document,
        );
    }
    let nobody = "Policy contains a statement with no principal.";
    let invalid = "Policy contains a statement with one or more invalid principals.";
    for (changes, message) in [
        (json!({ "Effect": null }), syntax),
        (json!({ "Effect": "allow" }), syntax),
        (json!({ "Actions": "kms:*" }), syntax),
        (json!({ "Action": "s3:GetObject" }), syntax),
        (json!({ "Action": 1 }), syntax),
        (json!({ "Principal": null }), nobody),
        (json!({ "Principal": { "AWS": [] } }), nobody),
        (
            json!({ "Principal": "arn:aws:iam::999988887777:root" }),
            invalid,
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/gone" } }),
            invalid,
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws::999988887777:root" } }),
            invalid,
        ),
        (
            json!({ "Principal": { "AWS": "AROAAAAAAAAAAAAAAAAAA" } }),
            invalid,
        ),
        (
            json!({ "Principal": { "Federated": "cognito-identity.amazonaws.com" } }),
            invalid,
        ),
    ] {
        let said = put(&policy(&[root(ACCOUNT), with(&changes)]));
        refused(
            &said,
            "MalformedPolicyDocumentException",
            message,
            &changes.to_string(),
        );
    }
    let lockout = "The new key policy will not allow you to update the key policy in the future.";
    for statements in [
        vec![with(&json!({}))],
        vec![root(OTHER)],
        vec![
            root(ACCOUNT),
            with(&json!({ "Effect": "Deny", "Principal": "*", "Action": "kms:Put*" })),
        ],
    ] {
        refused(
            &put(&policy(&statements)),
            "MalformedPolicyDocumentException",
            lockout,
            &policy(&statements),
        );
    }
    let large = policy(&[root(ACCOUNT), with(&json!({ "Sid": "x".repeat(32_768) }))]);
    assert_eq!(put(&large).code, "LimitExceededException");
    assert_eq!(put("\u{2713}").code, "ValidationException");
    let bypass = json!({
        "KeyId": id,
        "Policy": policy(&[with(&json!({}))]),
        "BypassPolicyLockoutSafetyCheck": true,
    });
    assert_eq!(ask(&asker, "PutKeyPolicy", &bypass).status, 200);
    let locked = ask(&asker, "GetKeyPolicy", &json!({ "KeyId": id }));
    assert_eq!(locked.code, "AccessDeniedException", "locked out");
    assert!(
        locked
            .message()
            .ends_with("because no resource-based policy allows the kms:GetKeyPolicy action")
    );
}

#[test]
fn key_policies_that_are_taken() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    let (id, arn) = create(&asker);
    let get = || {
        ask(&asker, "GetKeyPolicy", &json!({ "KeyId": id })).body["Policy"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let default: Value = serde_json::from_str(&get()).unwrap();
    assert_eq!(default["Statement"], json!([root(ACCOUNT)]));
    asker.make_role("there");
    for changes in [
        json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/there" } }),
        json!({ "Action": null }),
        json!({ "Resource": null }),
        json!({ "Principal": { "Service": "logs.us-east-1.amazonaws.com" } }),
        json!({ "Condition": { "StringEquals": { "kms:ViaService": "s3.us-east-1.amazonaws.com" } } }),
    ] {
        let policy = policy(&[with(&changes), root(ACCOUNT)]).replace(',', " ,\n");
        let said = ask(
            &asker,
            "PutKeyPolicy",
            &json!({ "KeyId": arn, "Policy": policy, "PolicyName": "default" }),
        );
        assert_eq!((said.status, said.body), (200, Value::Null), "{changes}");
        assert_eq!(get(), policy, "byte for byte");
    }
    let policy = policy(&[
        root(ACCOUNT),
        with(&json!({ "Principal": { "AWS": ["arn:aws:iam::111122223333:role/there"] } })),
    ]);
    assert_eq!(
        ask(
            &asker,
            "PutKeyPolicy",
            &json!({ "KeyId": id, "Policy": policy })
        )
        .status,
        200
    );
    asker.iam("Action=DeleteRole&RoleName=there");
    assert!(
        get().contains("[\"AROA") && !get().contains("role/there"),
        "{}",
        get()
    );
    let back = ask(
        &asker,
        "PutKeyPolicy",
        &json!({ "KeyId": id, "Policy": get() }),
    );
    let invalid = "Policy contains a statement with one or more invalid principals.";
    refused(
        &back,
        "MalformedPolicyDocumentException",
        invalid,
        "an orphan is not taken back",
    );
}

#[test]
fn keys_that_are_not_found() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    let (id, arn) = create(&asker);
    let missing = format!("Key 'arn:aws:kms:us-east-1:{ACCOUNT}:key/{UNKNOWN}' does not exist");
    let describe = |key_id: &str| ask(&asker, "DescribeKey", &json!({ "KeyId": key_id }));
    let alias = format!("Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/a is not found.");
    for (key_id, code, message) in [
        (UNKNOWN.to_owned(), "NotFoundException", missing.as_str()),
        ("abc".to_owned(), "NotFoundException", "Invalid keyId abc"),
        ("alias/a".to_owned(), "NotFoundException", &alias),
        (
            arn.replace("us-east-1", "eu-west-1"),
            "NotFoundException",
            "Invalid arn eu-west-1",
        ),
        (
            "arn:aws:s3:::abc".to_owned(),
            "InvalidArnException",
            "Invalid arn arn:aws:s3:::abc",
        ),
    ] {
        refused(&describe(&key_id), code, message, &key_id);
    }
    assert_eq!(
        ask(&asker, "DescribeKey", &json!({})).code,
        "ValidationException"
    );
    let said = ask(
        &asker,
        "GetKeyPolicy",
        &json!({ "KeyId": id, "PolicyName": "AWS_RAM" }),
    );
    refused(
        &said,
        "NotFoundException",
        "No such policy exists",
        "AWS_RAM",
    );
    let put =
        |name: &str| json!({ "KeyId": id, "Policy": policy(&[root(ACCOUNT)]), "PolicyName": name });
    let said = ask(&asker, "PutKeyPolicy", &put("AWS_RAM"));
    refused(
        &said,
        "ValidationException",
        "The AWS_RAM policy can only be managed by the RAM service",
        "AWS_RAM",
    );
    assert_eq!(
        ask(&asker, "PutKeyPolicy", &put("a b")).code,
        "ValidationException"
    );
    let said = ask(&asker, "CreateKey", &json!({ "KeySpec": "RSA_2048" }));
    assert_eq!(said.code, "UnsupportedOperationException");
    assert_eq!(
        ask(&asker, "ScheduleKeyDeletion", &json!({})).code,
        "UnknownOperationException"
    );
    assert_eq!(describe(&arn).body["KeyMetadata"]["KeyId"], id.as_str());
}

#[test]
fn keys_of_another_account() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    let stranger = asker.of(OTHER);
    let (id, arn) = create(&asker);
    let denied = |operation: &str| {
        format!(
            "User: arn:aws:iam::{OTHER}:user/sandbox is not authorized to perform: kms:{operation} on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
        )
    };
    let describe = |key_id: &str| ask(&stranger, "DescribeKey", &json!({ "KeyId": key_id }));
    refused(
        &describe(&arn),
        "AccessDeniedException",
        &denied("DescribeKey"),
        "not named",
    );
    refused(
        &describe(&arn.replace(&id, UNKNOWN)),
        "AccessDeniedException",
        &denied("DescribeKey"),
        "not there",
    );
    assert_eq!(
        describe(&id).code,
        "NotFoundException",
        "an id means the caller's own account"
    );
    let shared = policy(&[root(ACCOUNT), root(OTHER)]);
    assert_eq!(
        ask(
            &asker,
            "PutKeyPolicy",
            &json!({ "KeyId": id, "Policy": shared })
        )
        .status,
        200
    );
    assert_eq!(describe(&arn).status, 200);
    let said = ask(
        &stranger,
        "PutKeyPolicy",
        &json!({ "KeyId": arn, "Policy": shared }),
    );
    refused(
        &said,
        "AccessDeniedException",
        &denied("PutKeyPolicy"),
        "not across accounts",
    );
    let said = ask(&stranger, "GetKeyPolicy", &json!({ "KeyId": arn }));
    refused(
        &said,
        "AccessDeniedException",
        &denied("GetKeyPolicy"),
        "not across accounts",
    );
}

#[test]
fn aliases() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    let (id, arn) = create(&asker);
    let make = |name: &str| {
        ask(
            &asker,
            "CreateAlias",
            &json!({ "AliasName": name, "TargetKeyId": arn }),
        )
    };
    for (name, code) in [
        ("backup", "ValidationException"),
        ("alias/", "ValidationException"),
        ("alias/a:b", "InvalidAliasNameException"),
        ("alias/a b", "ValidationException"),
        ("alias/aws/s3", "NotAuthorizedException"),
    ] {
        assert_eq!(
            (make(name).status, make(name).code.as_str()),
            (400, code),
            "{name}"
        );
    }
    assert_eq!(make("alias/backup").status, 200);
    let taken = format!(
        "An alias with the name arn:aws:kms:us-east-1:{ACCOUNT}:alias/backup already exists"
    );
    refused(
        &make("alias/backup"),
        "AlreadyExistsException",
        &taken,
        "taken",
    );
    for key_id in [
        "alias/backup",
        &format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/backup"),
    ] {
        let said = ask(&asker, "DescribeKey", &json!({ "KeyId": key_id }));
        assert_eq!(said.body["KeyMetadata"]["Arn"], arn.as_str(), "{key_id}");
    }
    let said = ask(&asker, "GetKeyPolicy", &json!({ "KeyId": "alias/backup" }));
    refused(
        &said,
        "NotFoundException",
        "Invalid keyId alias/backup",
        "a policy has no alias",
    );
    let listed = ask(&asker, "ListAliases", &json!({ "KeyId": id }));
    assert_eq!(listed.body["Aliases"][0]["TargetKeyId"], id.as_str());
}

#[test]
fn listings_come_in_pages() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    let mut ids: Vec<String> = (0..3).map(|_| create(&asker).0).collect();
    ids.sort();
    let first = ask(&asker, "ListKeys", &json!({ "Limit": 2 }));
    assert_eq!(first.body["Keys"].as_array().unwrap().len(), 2);
    assert_eq!(first.body["Truncated"], true);
    let next = json!({ "Limit": 2, "Marker": first.body["NextMarker"] });
    let second = ask(&asker, "ListKeys", &next);
    assert_eq!(
        (&second.body["Keys"][0]["KeyId"], &second.body["Truncated"]),
        (&json!(ids[2]), &json!(false))
    );
    assert_eq!(second.body.get("NextMarker"), None);
    assert_eq!(
        ask(&asker, "ListKeys", &json!({ "Limit": 0 })).code,
        "ValidationException"
    );
    assert_eq!(
        ask(&asker, "ListKeys", &json!({ "Marker": "x" })).code,
        "InvalidMarkerException"
    );
    let said = ask(&asker, "ListKeyPolicies", &json!({ "KeyId": ids[0] }));
    assert_eq!(said.body["PolicyNames"], json!(["default"]));
    assert_eq!(
        ask(&asker, "ListGrants", &json!({ "KeyId": ids[0] })).body["Grants"],
        json!([])
    );
    let elsewhere = ask(&asker.from("eu-west-1"), "ListKeys", &json!({}));
    assert_eq!(elsewhere.body["Keys"], json!([]));
}

#[test]
fn seeds_overwrite_nothing() {
    let sandbox = Sandbox::in_memory(Options::default());
    let arn = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    let key = |policy: Option<Value>| Seed {
        keys: vec![KeySeed {
            arn: arn.clone(),
            policy,
        }],
        ..Seed::default()
    };
    sandbox.seed(&key(None)).unwrap();
    sandbox
        .seed(&key(Some(json!({ "Statement": [] }))))
        .unwrap();
    let asker = Asker::new(&sandbox, "us-east-1");
    let said = ask(
        &asker,
        "GetKeyPolicy",
        &json!({ "KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab" }),
    );
    assert!(said.body["Policy"].as_str().unwrap().contains(":root"));
}
