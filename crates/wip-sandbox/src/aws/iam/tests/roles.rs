//! Roles and their inline policies, from making to deleting.

use serde_json::{Value, json};

use super::{all, ask, document, done, fields, make_role, reading, refused, trust};
use crate::aws::asking::{Asker, element, text, world};
use crate::{Options, Quotas, Sandbox};

fn code(refusal: (u16, String, String)) -> (u16, String) {
    (refusal.0, refusal.1)
}

#[test]
fn a_role_is_read_as_it_was_made() {
    let sandbox = world();
    done(
        &sandbox,
        "CreateRole",
        &[
            ("RoleName", "Backup"),
            ("Path", "/wip/prod/"),
            ("Description", "é & <more>"),
            ("MaxSessionDuration", "7200"),
            ("AssumeRolePolicyDocument", &trust()),
            (
                "PermissionsBoundary",
                "arn:aws:iam::aws:policy/PowerUserAccess",
            ),
            ("Tags.member.1.Key", "wip-space"),
            ("Tags.member.1.Value", "prod é 1"),
        ],
    );
    let answer = done(&sandbox, "GetRole", &[("RoleName", "bACKUP")]);
    assert_eq!(element(&answer, "RoleName"), "Backup");
    assert_eq!(
        element(&answer, "Arn"),
        "arn:aws:iam::111122223333:role/wip/prod/Backup"
    );
    assert_eq!(element(&answer, "Description"), "é &amp; <more>");
    assert_eq!(element(&answer, "MaxSessionDuration"), "7200");
    assert_eq!(
        element(&answer, "PermissionsBoundaryArn"),
        "arn:aws:iam::aws:policy/PowerUserAccess"
    );
    assert_eq!(element(&answer, "CreateDate"), "2025-01-01T00:00:01Z");
    assert!(text(&answer).contains("<Description>é &amp; &lt;more&gt;<"));
    let id = element(&answer, "RoleId");
    assert!(id.len() == 21 && id.starts_with("AROA"), "{id}");
    let wanted: Value = serde_json::from_str(&trust()).unwrap();
    assert_eq!(document(&answer, "AssumeRolePolicyDocument"), wanted);
    assert!(!element(&answer, "AssumeRolePolicyDocument").contains(['{', '"', ':', '/', ' ']));
    // The shape `Role` of botocore's model, in its order, where there is something to say.
    let role = [
        "Path",
        "RoleName",
        "RoleId",
        "Arn",
        "CreateDate",
        "AssumeRolePolicyDocument",
        "Description",
        "MaxSessionDuration",
        "PermissionsBoundary",
        "Tags",
        "RoleLastUsed",
    ];
    assert_eq!(fields(&answer, "Role"), role);
}

#[test]
fn a_listing_tells_less_than_a_role() {
    let sandbox = world();
    make_role(&sandbox, "one");
    done(
        &sandbox,
        "TagRole",
        &[
            ("RoleName", "one"),
            ("Tags.member.1.Key", "k"),
            ("Tags.member.1.Value", "v"),
        ],
    );
    let answer = done(&sandbox, "ListRoles", &[]);
    let listed = [
        "Path",
        "RoleName",
        "RoleId",
        "Arn",
        "CreateDate",
        "AssumeRolePolicyDocument",
        "MaxSessionDuration",
    ];
    assert_eq!(fields(&answer, "member"), listed);
}

#[test]
fn names_differ_by_more_than_case() {
    let sandbox = world();
    make_role(&sandbox, "Role");
    let params = [
        ("RoleName", "rOLE"),
        ("AssumeRolePolicyDocument", &*trust()),
    ];
    let (status, code, message) = refused(&sandbox, "CreateRole", &params);
    assert_eq!((status, code.as_str()), (409, "EntityAlreadyExists"));
    assert_eq!(message, "Role with name rOLE already exists.");
}

#[test]
fn listings_come_in_pages() {
    let sandbox = world();
    for index in 0..7 {
        make_role(&sandbox, &format!("role{index}"));
    }
    let mut seen = Vec::new();
    let mut marker = String::new();
    let mut pages = 0;
    loop {
        let mut params = vec![("MaxItems", "3")];
        if !marker.is_empty() {
            params.push(("Marker", &marker));
        }
        let answer = done(&sandbox, "ListRoles", &params);
        seen.extend(all(&answer, "RoleName"));
        pages += 1;
        // What comes between two pages is neither doubled nor lost.
        make_role(&sandbox, &format!("a{pages}"));
        if element(&answer, "IsTruncated") == "false" {
            assert_eq!(element(&answer, "Marker"), "");
            break;
        }
        marker = element(&answer, "Marker");
    }
    assert_eq!(
        seen,
        [
            "role0", "role1", "role2", "role3", "role4", "role5", "role6"
        ]
    );
    assert_eq!(pages, 3);
    for (params, fragment) in [
        ([("Marker", "mine")], "Invalid Marker."),
        ([("MaxItems", "0")], "greater than or equal to 1"),
        ([("MaxItems", "1001")], "less than or equal to 1000"),
        ([("PathPrefix", "wip")], "pathPrefix"),
    ] {
        let (_, code, message) = refused(&sandbox, "ListRoles", &params);
        assert_eq!(code, "ValidationError");
        assert!(message.contains(fragment), "{message}");
    }
    done(
        &sandbox,
        "CreateRole",
        &[
            ("RoleName", "deep"),
            ("Path", "/wip/x/"),
            ("AssumeRolePolicyDocument", &trust()),
        ],
    );
    assert_eq!(
        all(
            &done(&sandbox, "ListRoles", &[("PathPrefix", "/wip/")]),
            "RoleName"
        ),
        ["deep"]
    );
}

#[test]
fn a_listing_without_a_size_has_a_hundred_items() {
    let sandbox = world();
    for index in 0..101 {
        make_role(&sandbox, &format!("role{index}"));
    }
    assert_eq!(
        all(&done(&sandbox, "ListRoles", &[]), "RoleName").len(),
        100
    );
    assert_eq!(
        all(
            &done(&sandbox, "ListRoles", &[("MaxItems", "1000")]),
            "RoleName"
        )
        .len(),
        101
    );
}

#[test]
fn a_role_that_holds_something_is_not_deleted() {
    let sandbox = world();
    make_role(&sandbox, "r");
    let role = ("RoleName", "r");
    let arn = ("PolicyArn", "arn:aws:iam::aws:policy/SecurityAudit");
    done(
        &sandbox,
        "PutRolePolicy",
        &[role, ("PolicyName", "p"), ("PolicyDocument", &reading("b"))],
    );
    done(&sandbox, "AttachRolePolicy", &[role, arn]);
    let (status, code, message) = refused(&sandbox, "DeleteRole", &[role]);
    assert_eq!((status, code.as_str()), (409, "DeleteConflict"));
    assert_eq!(
        message,
        "Cannot delete entity, must detach all policies first."
    );
    done(&sandbox, "DetachRolePolicy", &[role, arn]);
    let (_, _, message) = refused(&sandbox, "DeleteRole", &[role]);
    assert_eq!(message, "Cannot delete entity, must delete policies first.");
    done(&sandbox, "DeleteRolePolicy", &[role, ("PolicyName", "p")]);
    done(&sandbox, "DeleteRole", &[role]);
    let (status, code, message) = refused(&sandbox, "DeleteRole", &[role]);
    assert_eq!((status, code.as_str()), (404, "NoSuchEntity"));
    assert_eq!(message, "The role with name r cannot be found.");
}

#[test]
fn a_role_made_again_is_another_role() {
    let sandbox = world();
    let id = || {
        make_role(&sandbox, "r");
        let id = element(&done(&sandbox, "GetRole", &[("RoleName", "r")]), "RoleId");
        done(&sandbox, "DeleteRole", &[("RoleName", "r")]);
        id
    };
    let (first, second) = (id(), id());
    assert_ne!(first, second);
    let repeated = world();
    make_role(&repeated, "r");
    assert_eq!(
        element(&done(&repeated, "GetRole", &[("RoleName", "r")]), "RoleId"),
        first
    );
}

#[test]
fn updates_change_what_they_name() {
    let sandbox = world();
    let create = [
        ("RoleName", "r"),
        ("Description", "old"),
        ("MaxSessionDuration", "7200"),
        ("AssumeRolePolicyDocument", &*trust()),
    ];
    done(&sandbox, "CreateRole", &create);
    let read = |name: &str| element(&done(&sandbox, "GetRole", &[("RoleName", "r")]), name);
    done(
        &sandbox,
        "UpdateRole",
        &[("RoleName", "r"), ("MaxSessionDuration", "3700")],
    );
    assert_eq!(
        (read("Description"), read("MaxSessionDuration")),
        ("old".to_owned(), "3700".to_owned())
    );
    // The documented trap: a session length that is left out is set to one hour.
    done(
        &sandbox,
        "UpdateRole",
        &[("RoleName", "r"), ("Description", "new")],
    );
    assert_eq!(
        (read("Description"), read("MaxSessionDuration")),
        ("new".to_owned(), "3600".to_owned())
    );
    let other = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "444455556666" }, "Action": "sts:AssumeRole" }] });
    done(
        &sandbox,
        "UpdateAssumeRolePolicy",
        &[("RoleName", "r"), ("PolicyDocument", &other.to_string())],
    );
    assert_eq!(
        document(
            &done(&sandbox, "GetRole", &[("RoleName", "r")]),
            "AssumeRolePolicyDocument"
        ),
        other
    );
    done(
        &sandbox,
        "PutRolePermissionsBoundary",
        &[
            ("RoleName", "r"),
            (
                "PermissionsBoundary",
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
            ),
        ],
    );
    assert_eq!(
        read("PermissionsBoundaryArn"),
        "arn:aws:iam::aws:policy/ReadOnlyAccess"
    );
    done(
        &sandbox,
        "DeleteRolePermissionsBoundary",
        &[("RoleName", "r")],
    );
    assert_eq!(read("PermissionsBoundaryArn"), "");
    assert_eq!(
        all(
            &done(
                &sandbox,
                "ListInstanceProfilesForRole",
                &[("RoleName", "r")]
            ),
            "member"
        )
        .len(),
        0
    );
    for action in [
        "UpdateRole",
        "DeleteRolePermissionsBoundary",
        "ListRoleTags",
        "ListInstanceProfilesForRole",
    ] {
        assert_eq!(
            code(refused(&sandbox, action, &[("RoleName", "none")])),
            (404, "NoSuchEntity".to_owned())
        );
    }
}

#[test]
fn an_account_holds_so_many_roles() {
    let quotas = Quotas {
        roles: 2,
        ..Quotas::default()
    };
    let sandbox = Sandbox::in_memory(Options {
        quotas,
        ..Options::default()
    });
    make_role(&sandbox, "a");
    make_role(&sandbox, "b");
    let params = [("RoleName", "c"), ("AssumeRolePolicyDocument", &*trust())];
    let (status, code, message) = refused(&sandbox, "CreateRole", &params);
    assert_eq!((status, code.as_str()), (409, "LimitExceeded"));
    assert_eq!(message, "Cannot exceed quota for RolesPerAccount: 2");
    // Another account has its own.
    Asker::new(&sandbox, "eu-west-1")
        .of("444455556666")
        .make_role("c");
}

#[test]
fn inline_policies_are_read_listed_and_deleted() {
    let sandbox = world();
    make_role(&sandbox, "r");
    let put = |name: &str, policy: &str| {
        ask(
            &sandbox,
            "PutRolePolicy",
            &[
                ("RoleName", "R"),
                ("PolicyName", name),
                ("PolicyDocument", policy),
            ],
        )
    };
    let spaced = reading("b").replace("\":", "\" : ");
    assert_eq!(put("two", &reading("b")).status, 200);
    assert_eq!(put("one", &spaced).status, 200);
    let answer = done(
        &sandbox,
        "GetRolePolicy",
        &[("RoleName", "r"), ("PolicyName", "one")],
    );
    assert_eq!(
        fields(&answer, "GetRolePolicyResult"),
        ["RoleName", "PolicyName", "PolicyDocument"]
    );
    assert!(
        element(&answer, "PolicyDocument").contains("%22%20%3A%20%22"),
        "kept byte for byte, encoded by RFC 3986"
    );
    let names =
        |params: &[(&str, &str)]| all(&done(&sandbox, "ListRolePolicies", params), "member");
    assert_eq!(names(&[("RoleName", "r")]), ["one", "two"]);
    assert_eq!(names(&[("RoleName", "r"), ("MaxItems", "1")]), ["one"]);
    done(
        &sandbox,
        "DeleteRolePolicy",
        &[("RoleName", "r"), ("PolicyName", "one")],
    );
    for action in ["GetRolePolicy", "DeleteRolePolicy"] {
        let (status, code, message) = refused(
            &sandbox,
            action,
            &[("RoleName", "r"), ("PolicyName", "one")],
        );
        assert_eq!((status, code.as_str()), (404, "NoSuchEntity"));
        assert_eq!(message, "The role policy with name one cannot be found.");
    }
    assert_eq!(
        element(&put("x/y", &reading("b")), "Code"),
        "ValidationError"
    );
    assert_eq!(
        element(&put(&"x".repeat(129), &reading("b")), "Code"),
        "ValidationError"
    );
}

#[test]
fn inline_policies_of_a_role_share_their_size() {
    let sandbox = world();
    make_role(&sandbox, "r");
    let sized = |size: usize| {
        let policy = reading(&"b".repeat(size - reading("").len()));
        assert_eq!(policy.len(), size);
        policy
    };
    let put = |name: &str, policy: &str| {
        ask(
            &sandbox,
            "PutRolePolicy",
            &[
                ("RoleName", "r"),
                ("PolicyName", name),
                ("PolicyDocument", policy),
            ],
        )
    };
    assert_eq!(
        put("a", &sized(10_000).replace(',', ",\n\t    ")).status,
        200,
        "white space is not counted"
    );
    let over = put("b", &sized(241));
    assert_eq!(
        (over.status, element(&over, "Code").as_str()),
        (409, "LimitExceeded")
    );
    assert_eq!(
        element(&over, "Message"),
        "Maximum policy size of 10240 bytes exceeded for role r"
    );
    assert_eq!(put("b", &sized(240)).status, 200);
    assert_eq!(
        put("a", &sized(9_999)).status,
        200,
        "a policy does not count beside the one that it replaces"
    );
}
