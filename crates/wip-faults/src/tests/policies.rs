//! Policies that others write too, on the wire: every body of a run that writes one, statement by statement.
//!
//! Sources: "Invalid principal in policy" is S3's answer to a policy that names a principal that was deleted, "Policy contains
//! a statement with one or more invalid principals" KMS's ("How can I resolve the AWS KMS key policy error …", AWS re:Post);
//! 20 KB fit a bucket ("Adding a bucket policy by using the Amazon S3 console", Amazon S3 user guide), 32,768 bytes a key
//! (`PutKeyPolicy`, AWS KMS API reference).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use wip_sandbox::{Answer, Fault, FaultClass, Reply, Request};

use crate::small;
use crate::wire::Heard;
use crate::world::{Ended, Treatment, World};

const OWNER: &str = "444455556666";
const KEY: &str = "arn:aws:kms:eu-west-1:444455556666:key/7c1e9b52-0f64-4d3e-a1b8-6f2d3c4e5a99";

/// What holds a policy that wip adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Bucket,
    Key,
}
use Holder::{Bucket, Key};

impl Holder {
    /// The bytes that its policy may have.
    fn limit(self) -> usize {
        match self {
            Bucket => 20_480,
            Key => 32_768,
        }
    }

    /// A statement of [`OTHERS`] about it.
    fn statement(self, template: &str) -> String {
        let (resource, all, read, harm) = match self {
            Bucket => (
                "arn:aws:s3:::acme-backups/x/*",
                "s3:*",
                "s3:GetObject",
                "s3:DeleteObject",
            ),
            Key => ("*", "kms:*", "kms:Decrypt", "kms:ScheduleKeyDeletion"),
        };
        let text = template.replace("RESOURCE", resource).replace("ALL", all);
        text.replace("READ", read).replace("HARM", harm)
    }

    fn request(self, policy: Option<&str>) -> Request {
        let (service, method, path, query) = match (self, policy) {
            (Bucket, Some(_)) => ("s3", "PUT", "/acme-backups", "policy="),
            (Bucket, None) => ("s3", "GET", "/acme-backups", "policy="),
            (Key, _) => ("kms", "POST", "/", ""),
        };
        let operation = if policy.is_some() {
            "PutKeyPolicy"
        } else {
            "GetKeyPolicy"
        };
        let body = match self {
            Bucket => policy.unwrap_or_default().to_owned(),
            Key => json!({ "KeyId": KEY, "Policy": policy }).to_string(),
        };
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers(OWNER, service, &format!("TrentService.{operation}")),
            body: body.into_bytes(),
        }
    }

    /// The policy, as it is shown to its owner.
    fn read(self, world: &World) -> String {
        let answer = answer(world, &self.request(None));
        let text = String::from_utf8(answer.body).expect("text");
        match self {
            Bucket => text,
            Key => {
                let shown: Value = serde_json::from_str(&text).expect("JSON");
                shown["Policy"].as_str().expect("a policy").to_owned()
            }
        }
    }

    /// Writes the policy as its owner; status and body of the answer.
    fn write(self, world: &World, text: &str) -> (u16, String) {
        let answer = answer(world, &self.request(Some(text)));
        (
            answer.status,
            String::from_utf8_lossy(&answer.body).into_owned(),
        )
    }

    /// The policies that a run wrote, in their order, as they were on the wire.
    fn written(self, heard: &Heard) -> Vec<String> {
        let heard = heard.lock().expect("nobody panics");
        let text = |request: &Request| {
            let body = String::from_utf8(request.body.clone()).expect("text");
            let target = request.header("x-amz-target").unwrap_or_default();
            match self {
                Bucket => {
                    // The Space writes the policy of a bucket of its own too.
                    let is_shared = request.path.contains("acme-backups");
                    (request.method == "PUT" && request.query.starts_with("policy") && is_shared)
                        .then_some(body)
                }
                Key => (target == "TrentService.PutKeyPolicy").then(|| {
                    let members: Value = serde_json::from_str(&body).expect("JSON");
                    // Never: a policy that locks its owner out cannot be undone.
                    assert_eq!(
                        members.get("BypassPolicyLockoutSafetyCheck"),
                        None,
                        "{body}"
                    );
                    members["Policy"].as_str().expect("a policy").to_owned()
                }),
            }
        };
        heard.iter().filter_map(text).collect()
    }
}

fn headers(account: &str, service: &str, target: &str) -> BTreeMap<String, String> {
    let scope = format!("{account}/20250101/eu-west-1/{service}/aws4_request");
    let signature = "0".repeat(64);
    let signed =
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={signature}");
    [
        ("authorization", signed.as_str()),
        ("x-amz-date", "20250101T000000Z"),
        ("x-amz-target", target),
        ("content-type", "application/x-amz-json-1.1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn answer(world: &World, request: &Request) -> Answer {
    match world.sandbox.handle(request) {
        Reply::Answer(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// Statements as people and other tools write them: a scalar where a list could be, no `Sid`, an empty one, one twice, one of another Space, white space, escapes, members in any order.
const OTHERS: [&str; 9] = [
    r#"{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"ALL","Resource":"RESOURCE"}"#,
    r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/somebody-elses"},"Action":"READ","Resource":"RESOURCE"}"#,
    r#"{"Sid":"Wip0123456789abcdef","Effect":"Allow","Principal":{"AWS":["111122223333"]},"Action":["READ"],"Resource":["RESOURCE"]}"#,
    r#"{ "Resource" :  "RESOURCE" , "Action" : [ "READ" , "READ" ] , "Principal" : { "AWS" : [ "444455556666" , "111122223333" ] } , "Effect" : "Allow" , "Sid" : "written by hand" }"#,
    "{\n\t\t\"Sid\": \"Tabs\",\r\n\t\t\"Effect\": \"Deny\",\n\t\t\"NotPrincipal\": {\"AWS\": \"arn:aws:iam::444455556666:root\"},\n\t\t\"Action\": \"HARM\",\n\t\t\"Resource\": \"RESOURCE\"\n\t}",
    r#"{"Sid":"","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"READ","Resource":"RESOURCE"}"#,
    r#"{"Sid":"Twice","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"READ","Resource":"RESOURCE"}"#,
    r#"{"Sid":"Twice","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"HARM","Resource":"RESOURCE"}"#,
    r#"{"Principal":{"Service":"logging.s3.amazonaws.com"},"Sid":"L\u00f6schen \/ Wip","Resource":"RESOURCE","Condition":{"StringEquals":{"aws:SourceAccount":["444455556666"]}},"Effect":"Allow","Action":"READ"}"#,
];

/// A policy of nine statements and one that names as many principals as it takes to make it `bytes` long.
fn document(holder: Holder, bytes: usize) -> (String, Vec<String>) {
    let mut others: Vec<String> = OTHERS.iter().map(|text| holder.statement(text)).collect();
    let condition = r#"{"Sid":"Long","Effect":"Deny","Principal":"*","Action":"HARM","Resource":"RESOURCE","Condition":{"StringEquals":{"aws:PrincipalTag/x":"PAD"}}}"#;
    let long = holder.statement(condition);
    let whole = |others: &[String]| {
        format!(
            "{{ \"Id\":\"of many\",\n\"Statement\" :[\n  {}\n  ],\t\"Version\" : \"2012-10-17\" }}",
            others.join(" ,\n  ")
        )
    };
    others.push(long.clone());
    let missing = bytes + "PAD".len() - whole(&others).len();
    others.pop();
    others.push(long.replace("PAD", &"p".repeat(missing)));
    let text = whole(&others);
    assert_eq!(text.len(), bytes);
    (text, others)
}

/// The small Space's world, with these policies.
fn world(policies: &[(Holder, String)]) -> World {
    let story = small::aws();
    let world = World::new(&story.seed).expect("a world");
    // What the file takes for granted is there once somebody has looked.
    run(&world, 0, None);
    for (holder, text) in policies {
        let (status, body) = holder.write(&world, text);
        assert!(status < 300, "{holder:?}: {status} {body}");
    }
    world
}

/// Plays an act of the small Space: 0 is to plan, 1 to apply, 3 to change, 4 to destroy.
fn run(world: &World, act: usize, heard: Option<Heard>) -> Ended {
    let act = small::aws().acts.remove(act);
    let mut words = act.words.to_vec();
    if heard.is_some() && act.name == "apply" {
        words.push("--skip-blocked");
    }
    let how = Treatment {
        heard,
        ..Treatment::default()
    };
    world.run(&act.space, &words, how).expect("a run")
}

/// The statements of a policy, byte for byte.
fn statements(text: &str) -> Vec<String> {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).expect("JSON");
    let list: Vec<Box<RawValue>> =
        serde_json::from_str(members["Statement"].get()).expect("a list");
    list.iter().map(|raw| raw.get().to_owned()).collect()
}

/// How long wip's own statements are, with a comma before each.
fn length_of_ours(holder: Holder) -> usize {
    let (before, _) = document(holder, 4_000);
    let world = world(&[(holder, before.clone())]);
    assert_eq!(run(&world, 1, None).code, Some(0));
    holder.read(&world).len() - before.len()
}

#[test]
fn on_the_wire_each_statement_of_others_is_as_it_was_read() {
    for holder in [Bucket, Key] {
        let fits = holder.limit() - length_of_ours(holder);
        assert!(holder.limit() - fits < 1_000, "{holder:?}: {fits}");
        let (before, others) = document(holder, fits);
        let world = world(&[(holder, before.clone())]);
        let heard = Heard::default();
        for act in [1, 3, 4] {
            let ended = run(&world, act, Some(Arc::clone(&heard)));
            assert_eq!(ended.code, Some(0), "{holder:?} {act}: {}", ended.said);
        }
        let written = holder.written(&heard);
        // Of a key nothing changes with the prefix.
        assert_eq!(
            written.len(),
            if holder == Bucket { 3 } else { 2 },
            "{holder:?}"
        );
        let mut longest = 0;
        for text in &written {
            let mut found = statements(text);
            found.retain(|statement| others.contains(statement));
            assert_eq!(found, others, "{holder:?}: {text}");
            let (head, tail) = (&before[..20], "\n  ],\t\"Version\" : \"2012-10-17\" }");
            assert!(text.starts_with(head) && text.ends_with(tail), "{text}");
            longest = longest.max(text.len());
        }
        assert_eq!(longest, holder.limit(), "{holder:?}");
        assert_eq!(written.last(), Some(&before), "{holder:?}");
        assert_eq!(holder.read(&world), before, "{holder:?}");
    }
}

#[test]
fn what_no_longer_fits_is_blocked_with_the_sizes_and_nothing_is_written() {
    for (holder, sizes) in [
        (
            Bucket,
            "would take 20,481 bytes with our statements, and 20,480 fit",
        ),
        (
            Key,
            "would take 32,769 bytes with our statements, and 32,768 fit",
        ),
    ] {
        let (before, _) = document(holder, holder.limit() - length_of_ours(holder) + 1);
        let world = world(&[(holder, before.clone())]);
        let heard = Heard::default();
        let ended = run(&world, 1, Some(Arc::clone(&heard)));
        assert_eq!(ended.code, Some(4), "{}", ended.said);
        assert!(ended.said.contains(sizes), "{}", ended.said);
        assert_eq!(holder.written(&heard), Vec::<String>::new());
        assert_eq!(holder.read(&world), before);
    }
}

#[test]
fn a_deleted_principal_blocks_by_name_and_nothing_is_written() {
    for (holder, refusal) in [
        (Bucket, "Invalid principal in policy"),
        (
            Key,
            "Policy contains a statement with one or more invalid principals.",
        ),
    ] {
        let (mut before, _) = document(holder, 4_000);
        let gone = r#"{"Sid":"Gone","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/somebody-elses"},"Action":"READ","Resource":"RESOURCE"}"#;
        before = before.replace("[\n", &format!("[\n  {},\n", holder.statement(gone)));
        for applied in [false, true] {
            let world = world(&[(holder, before.clone())]);
            if applied {
                assert_eq!(run(&world, 1, None).code, Some(0));
            }
            let delete = Request {
                method: "POST".to_owned(),
                path: "/".to_owned(),
                headers: headers("111122223333", "iam", ""),
                body: b"Action=DeleteRole&RoleName=somebody-elses&Version=2010-05-08".to_vec(),
                ..Request::default()
            };
            assert_eq!(answer(&world, &delete).status, 200);
            let shown = holder.read(&world);
            assert!(
                shown.contains("AROA") && !shown.contains("somebody-elses"),
                "{shown}"
            );
            let (status, body) = holder.write(&world, &shown);
            assert!(status == 400 && body.contains(refusal), "{status} {body}");
            let heard = Heard::default();
            let ended = run(
                &world,
                if applied { 4 } else { 1 },
                Some(Arc::clone(&heard)),
            );
            assert_eq!(ended.code, Some(4), "{}", ended.said);
            let named = "its statement Gone names a principal that was deleted (AROA";
            assert!(ended.said.contains(named), "{}", ended.said);
            assert_eq!(holder.written(&heard), Vec::<String>::new());
            assert_eq!(holder.read(&world), shown, "{holder:?}");
        }
    }
}

/// A principal that was made a moment ago may not be visible yet (`PutKeyPolicy`, AWS KMS API reference).
#[test]
fn a_role_that_is_not_visible_yet_is_waited_for() {
    for (holder, service, operation, code, message) in [
        (
            Bucket,
            "s3",
            "PutBucketPolicy",
            "MalformedPolicy",
            "Invalid principal in policy",
        ),
        (
            Key,
            "kms",
            "PutKeyPolicy",
            "MalformedPolicyDocumentException",
            "Policy contains a statement with one or more invalid principals.",
        ),
    ] {
        let (before, _) = document(holder, 4_000);
        let world = world(&[(holder, before)]);
        let heard = Heard::default();
        let not_yet = Fault {
            service: Some(service.to_owned()),
            operation: Some(operation.to_owned()),
            nth: 1,
            times: 3,
            class: FaultClass::Refuse {
                status: 400,
                code: code.to_owned(),
                message: message.to_owned(),
            },
        };
        let how = Treatment {
            faults: vec![not_yet],
            heard: Some(Arc::clone(&heard)),
            ..Treatment::default()
        };
        let act = small::aws().acts.remove(1);
        // No other bucket's policy is written, which the fault would hit.
        let space = act.space.replace("denyInsecureTransport: true, ", "");
        assert_ne!(space, act.space);
        let ended = world.run(&space, act.words, how).expect("a run");
        assert_eq!(ended.code, Some(0), "{}", ended.said);
        assert_eq!(holder.written(&heard).len(), 4, "{holder:?}");
    }
}

/// A key whose owner may write its policy on a condition: KMS does not count that, and refuses whatever policy holds it.
#[test]
fn a_key_whose_owner_could_be_locked_out_is_explained() {
    let on_condition = r#"{"Statement":[{"Sid":"Mine","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}}]}"#;
    let world = world(&[]);
    let mut request = Key.request(Some(on_condition));
    request.body =
        json!({ "KeyId": KEY, "Policy": on_condition, "BypassPolicyLockoutSafetyCheck": true })
            .to_string()
            .into_bytes();
    assert_eq!(answer(&world, &request).status, 200);
    let heard = Heard::default();
    let ended = run(&world, 1, Some(Arc::clone(&heard)));
    assert_eq!(ended.code, Some(3), "{}", ended.said);
    for words in [
        "The new key policy will not allow you to update the key policy in the future.",
        "must allow whoever runs wip kms:PutKeyPolicy",
    ] {
        assert!(ended.said.contains(words), "{}", ended.said);
    }
    // What is refused for good is not tried again, and not in another way.
    assert_eq!(Key.written(&heard).len(), 1);
    assert_eq!(Key.read(&world), on_condition);
}
