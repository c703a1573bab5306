//! What each fault does, and to which call.

use serde_json::{Value, json};

use super::{answer, control, create, get, next, outcome, request};
use crate::aws::asking::{element, text, world};
use crate::http::Reply;
use crate::{Fault, FaultClass};

fn is_there(sandbox: &crate::Sandbox, name: &str) -> bool {
    outcome(sandbox, &get(name)).0 == 200
}

#[test]
fn faults_without_effect_leave_nothing_behind() {
    let refuse = FaultClass::Refuse {
        status: 409,
        code: "ConcurrentModification".to_owned(),
        message: "busy".to_owned(),
    };
    let cases = [
        (FaultClass::Throttle, 400, "Throttling"),
        (FaultClass::InternalError, 500, "ServiceFailure"),
        (FaultClass::Unavailable, 503, "ServiceUnavailable"),
        (FaultClass::AccessDenied, 403, "AccessDenied"),
        (refuse, 409, "ConcurrentModification"),
    ];
    for (class, status, code) in cases {
        let sandbox = world();
        sandbox.set_faults(next("CreateRole", class));
        assert_eq!(outcome(&sandbox, &create("r")), (status, code.to_owned()));
        assert!(!is_there(&sandbox, "r"), "{code}");
        assert_eq!(
            outcome(&sandbox, &create("r")).0,
            200,
            "{code}: only the next call is hit"
        );
    }
    for (class, reply) in [
        (FaultClass::LostRequest, Reply::Closed),
        (FaultClass::HangBefore, Reply::Hangs),
    ] {
        let sandbox = world();
        sandbox.set_faults(next("CreateRole", class));
        assert_eq!(sandbox.handle(&create("r")), reply);
        assert!(!is_there(&sandbox, "r"), "{reply:?}");
    }
}

#[test]
fn faults_with_effect_keep_it() {
    for class in [
        FaultClass::LostAnswer,
        FaultClass::Hang,
        FaultClass::MalformedBody,
        FaultClass::TruncatedBody,
    ] {
        let sandbox = world();
        sandbox.set_faults(next("CreateRole", class.clone()));
        let reply = sandbox.handle(&create("r"));
        match (&class, &reply) {
            (FaultClass::LostAnswer, Reply::Closed) | (FaultClass::Hang, Reply::Hangs) => {}
            (FaultClass::MalformedBody, Reply::Answer(answer)) => {
                assert_eq!(answer.status, 200);
                assert!(!text(answer).contains("<RoleName>"));
            }
            (FaultClass::TruncatedBody, Reply::Truncated(answer)) => {
                assert!(text(answer).contains("<RoleName>r</RoleName>"));
            }
            _ => panic!("{class:?}: {reply:?}"),
        }
        assert!(is_there(&sandbox, "r"), "{class:?}");
    }
}

#[test]
fn what_was_made_may_be_missed_for_a_while() {
    let sandbox = world();
    sandbox.set_faults(next(
        "CreateRole",
        FaultClass::NotVisible { observations: 3 },
    ));
    assert_eq!(outcome(&sandbox, &create("r")).0, 200);
    let missing = (404, "NoSuchEntity".to_owned());
    assert_eq!(outcome(&sandbox, &get("r")), missing);
    // Uniqueness is decided at once, and is not an observation.
    assert_eq!(
        outcome(&sandbox, &create("r")),
        (409, "EntityAlreadyExists".to_owned())
    );
    let listed = answer(&sandbox, &request("ListRoles", &[]));
    assert_eq!(element(&listed, "RoleName"), "");
    let trusting = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:role/r" }, "Action": "sts:AssumeRole",
    }] })
    .to_string();
    let front = request(
        "CreateRole",
        &[
            ("RoleName", "front"),
            ("AssumeRolePolicyDocument", &trusting),
        ],
    );
    assert_eq!(
        outcome(&sandbox, &front),
        (400, "MalformedPolicyDocument".to_owned())
    );
    assert_eq!(outcome(&sandbox, &front).0, 200);
    assert!(is_there(&sandbox, "r"));
}

#[test]
fn what_is_missed_still_holds_what_it_is_part_of() {
    let sandbox = world();
    outcome(&sandbox, &create("r"));
    let audit = [
        ("RoleName", "r"),
        ("PolicyArn", "arn:aws:iam::aws:policy/SecurityAudit"),
    ];
    let delete = request("DeleteRole", &[("RoleName", "r")]);
    sandbox.set_faults(next(
        "AttachRolePolicy",
        FaultClass::NotVisible { observations: 9 },
    ));
    assert_eq!(
        outcome(&sandbox, &request("AttachRolePolicy", &audit)).0,
        200
    );
    let listed = answer(&sandbox, &request("ListAttachedRolePolicies", &audit[..1]));
    assert_eq!(element(&listed, "PolicyArn"), "");
    assert_eq!(
        outcome(&sandbox, &delete),
        (409, "DeleteConflict".to_owned())
    );
}

#[test]
fn the_clock_goes_on_when_what_it_timed_is_missed() {
    let sandbox = world();
    sandbox.set_faults(next(
        "CreateRole",
        FaultClass::NotVisible { observations: 1 },
    ));
    let date = |name| element(&answer(&sandbox, &create(name)), "CreateDate");
    assert_eq!(
        [date("a"), date("b")],
        ["2025-01-01T00:00:01Z", "2025-01-01T00:00:02Z"]
    );
}

#[test]
fn a_fault_hits_the_calls_that_it_names() {
    let sandbox = world();
    let fault = |service: Option<&str>, operation: Option<&str>, nth, times| Fault {
        service: service.map(str::to_owned),
        operation: operation.map(str::to_owned),
        nth,
        times,
        class: FaultClass::Throttle,
    };
    let hit = |faults: Vec<Fault>| -> Vec<u16> {
        sandbox.set_faults(faults);
        let calls = [
            get("a"),
            request("ListRoles", &[]),
            get("b"),
            get("c"),
            get("d"),
        ];
        calls.iter().map(|call| outcome(&sandbox, call).0).collect()
    };
    assert_eq!(hit(vec![]), [404, 200, 404, 404, 404]);
    assert_eq!(
        hit(vec![fault(None, None, 2, 1)]),
        [404, 400, 404, 404, 404]
    );
    assert_eq!(
        hit(vec![fault(Some("iam"), Some("GetRole"), 2, 2)]),
        [404, 200, 400, 400, 404]
    );
    assert_eq!(
        hit(vec![fault(Some("iam"), Some("GetRole"), 3, 0)]),
        [404, 200, 404, 400, 400]
    );
    assert_eq!(
        hit(vec![fault(Some("s3"), None, 1, 0)]),
        [404, 200, 404, 404, 404]
    );
}

#[test]
fn faults_log_dump_and_seed_have_an_address() {
    let sandbox = world();
    let faults = json!([
        { "operation": "CreateRole", "class": "throttle" },
        { "service": "iam", "nth": 3, "class": { "not_visible": { "observations": 1 } } },
    ]);
    assert_eq!(
        control(&sandbox, "POST", "/_sandbox/faults", &faults.to_string()).status,
        204
    );
    assert_eq!(outcome(&sandbox, &create("r")).1, "Throttling");
    assert_eq!(outcome(&sandbox, &create("r")).0, 200);
    let log = text(&control(&sandbox, "GET", "/_sandbox/log", ""));
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let wanted = json!([
        { "n": 1, "service": "iam", "operation": "CreateRole", "account": "111122223333", "region": "eu-west-1", "status": 400, "code": "Throttling" },
        { "n": 2, "service": "iam", "operation": "CreateRole", "account": "111122223333", "region": "eu-west-1", "resource": "r", "status": 200 },
    ]);
    assert_eq!(Value::from(lines), wanted);
    control(&sandbox, "DELETE", "/_sandbox/log", "");
    assert_eq!(sandbox.log(), []);
    let seed = json!({ "roles": [{ "account": "111122223333", "name": "r", "path": "/other/" }, { "account": "444455556666", "name": "seeded" }] });
    assert_eq!(
        control(&sandbox, "POST", "/_sandbox/seed", &seed.to_string()).status,
        204
    );
    let dump = control(&sandbox, "GET", "/_sandbox/dump", "");
    assert_eq!(text(&dump), sandbox.dump());
    let dump: Value = serde_json::from_slice(&dump.body).unwrap();
    let keys: Vec<&String> = dump.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "aws/111122223333/iam/role/r",
            "aws/444455556666/iam/role/seeded"
        ]
    );
    assert_eq!(
        dump["aws/111122223333/iam/role/r"]["path"], "/",
        "what is there is not overwritten"
    );
    for (path, body, status) in [
        ("/_sandbox/faults", "{}", 400),
        ("/_sandbox/seed", "{\"x\":1}", 400),
        ("/_sandbox/x", "", 404),
    ] {
        assert_eq!(
            control(&sandbox, "POST", path, body).status,
            status,
            "{path}"
        );
    }
}
