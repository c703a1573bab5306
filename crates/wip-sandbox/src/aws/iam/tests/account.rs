//! The account's summary and its details.

use super::{all, ask, done, fields, make_role, reading};
use crate::aws::asking::{element, text, world};
use crate::{Options, Sandbox};

fn filled(sandbox: &Sandbox, roles: usize) {
    for index in 0..roles {
        let name = format!("role{index}");
        make_role(sandbox, &name);
        done(
            sandbox,
            "PutRolePolicy",
            &[
                ("RoleName", &name),
                ("PolicyName", "inline"),
                ("PolicyDocument", &reading("b")),
            ],
        );
        done(
            sandbox,
            "AttachRolePolicy",
            &[
                ("RoleName", &name),
                ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
            ],
        );
    }
    done(
        sandbox,
        "CreatePolicy",
        &[("PolicyName", "own"), ("PolicyDocument", &reading("b"))],
    );
}

#[test]
fn the_summary_counts() {
    let sandbox = world();
    filled(&sandbox, 3);
    done(
        &sandbox,
        "CreateOpenIDConnectProvider",
        &[("Url", "https://a.example")],
    );
    let body = text(&done(&sandbox, "GetAccountSummary", &[]));
    for (key, value) in [
        ("Roles", "3"),
        ("RolesQuota", "1000"),
        ("Policies", "1"),
        ("Providers", "1"),
        ("AssumeRolePolicySizeQuota", "2048"),
    ] {
        assert!(
            body.contains(&format!(
                "<entry><key>{key}</key><value>{value}</value></entry>"
            )),
            "{key}"
        );
    }
}

#[test]
fn details_come_in_pages_smaller_than_asked_for() {
    let sandbox = Sandbox::in_memory(Options {
        details_page: 2,
        ..Options::default()
    });
    filled(&sandbox, 5);
    let mut names = Vec::new();
    let mut marker = String::new();
    let mut pages = 0;
    loop {
        let mut params = vec![("Filter.member.1", "Role"), ("MaxItems", "1000")];
        if !marker.is_empty() {
            params.push(("Marker", &marker));
        }
        let answer = done(&sandbox, "GetAccountAuthorizationDetails", &params);
        assert!(all(&answer, "RoleName").len() <= 2);
        names.extend(all(&answer, "RoleName"));
        pages += 1;
        marker = element(&answer, "Marker");
        if element(&answer, "IsTruncated") == "false" {
            break;
        }
    }
    assert_eq!(names, ["role0", "role1", "role2", "role3", "role4"]);
    assert_eq!(pages, 3);
}

#[test]
fn details_of_a_role_are_those_of_the_model() {
    let sandbox = world();
    filled(&sandbox, 1);
    done(
        &sandbox,
        "UpdateRole",
        &[("RoleName", "role0"), ("Description", "not told here")],
    );
    let answer = done(&sandbox, "GetAccountAuthorizationDetails", &[]);
    let role = [
        "Path",
        "RoleName",
        "RoleId",
        "Arn",
        "CreateDate",
        "AssumeRolePolicyDocument",
        "InstanceProfileList",
        "RolePolicyList",
        "AttachedManagedPolicies",
        "Tags",
        "RoleLastUsed",
    ];
    assert_eq!(fields(&answer, "member"), role);
    assert!(!text(&answer).contains("not told here"));
    assert!(
        text(&answer)
            .contains("<RolePolicyList><member><PolicyName>inline</PolicyName><PolicyDocument>%7B")
    );
    assert_eq!(
        all(&answer, "PolicyArn"),
        ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    );
    assert!(text(&answer).contains("<Policies><member><PolicyName>own</PolicyName>"));
    let policies = done(
        &sandbox,
        "GetAccountAuthorizationDetails",
        &[("Filter.member.1", "LocalManagedPolicy")],
    );
    assert_eq!(all(&policies, "RoleName").len(), 0);
    assert_eq!(element(&policies, "VersionId"), "v1");
    assert_eq!(
        element(
            &ask(
                &sandbox,
                "GetAccountAuthorizationDetails",
                &[("Filter.member.1", "Roles")]
            ),
            "Code"
        ),
        "ValidationError"
    );
}

#[test]
fn details_of_an_account_with_everything_come_once() {
    let sandbox = Sandbox::in_memory(Options {
        details_page: 1,
        ..Options::default()
    });
    filled(&sandbox, 2);
    let mut seen = Vec::new();
    let mut marker = String::new();
    loop {
        let marked = [("Marker", marker.as_str())];
        let params: &[(&str, &str)] = if marker.is_empty() { &[] } else { &marked };
        let answer = done(&sandbox, "GetAccountAuthorizationDetails", params);
        seen.extend(all(&answer, "Arn"));
        marker = element(&answer, "Marker");
        if marker.is_empty() {
            break;
        }
    }
    seen.sort();
    assert_eq!(
        seen,
        [
            "arn:aws:iam::111122223333:policy/own",
            "arn:aws:iam::111122223333:role/role0",
            "arn:aws:iam::111122223333:role/role1"
        ]
    );
}
