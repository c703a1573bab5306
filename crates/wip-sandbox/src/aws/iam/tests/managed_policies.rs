//! Managed policies, their versions and attachments.

use super::{Params, all, ask, document, done, fields, make_role, reading, refused};
use crate::aws::asking::{element, world};

const ARN: &str = "arn:aws:iam::111122223333:policy/wip/read";
const AUDIT: &str = "arn:aws:iam::aws:policy/SecurityAudit";

fn make(sandbox: &crate::Sandbox) {
    let params = [
        ("PolicyName", "read"),
        ("Path", "/wip/"),
        ("Description", "reads"),
        ("PolicyDocument", &*reading("b")),
        ("Tags.member.1.Key", "k"),
        ("Tags.member.1.Value", "v"),
    ];
    let answer = done(sandbox, "CreatePolicy", &params);
    assert_eq!(element(&answer, "Arn"), ARN);
}

#[test]
fn a_policy_is_read_as_it_was_made() {
    let sandbox = world();
    make(&sandbox);
    let answer = done(&sandbox, "GetPolicy", &[("PolicyArn", ARN)]);
    let policy = [
        "PolicyName",
        "PolicyId",
        "Arn",
        "Path",
        "DefaultVersionId",
        "AttachmentCount",
        "PermissionsBoundaryUsageCount",
        "IsAttachable",
        "CreateDate",
        "UpdateDate",
        "Description",
        "Tags",
    ];
    assert_eq!(fields(&answer, "Policy"), policy);
    assert_eq!(element(&answer, "DefaultVersionId"), "v1");
    let version = done(
        &sandbox,
        "GetPolicyVersion",
        &[("PolicyArn", ARN), ("VersionId", "v1")],
    );
    assert_eq!(
        fields(&version, "PolicyVersion"),
        ["Document", "VersionId", "IsDefaultVersion", "CreateDate"]
    );
    assert_eq!(
        document(&version, "Document").to_string(),
        serde_json::from_str::<serde_json::Value>(&reading("b"))
            .unwrap()
            .to_string()
    );
    done(
        &sandbox,
        "TagPolicy",
        &[
            ("PolicyArn", ARN),
            ("Tags.member.1.Key", "l"),
            ("Tags.member.1.Value", ""),
        ],
    );
    done(
        &sandbox,
        "UntagPolicy",
        &[("PolicyArn", ARN), ("TagKeys.member.1", "k")],
    );
    assert_eq!(
        all(&done(&sandbox, "GetPolicy", &[("PolicyArn", ARN)]), "Key"),
        ["l"]
    );
}

#[test]
fn policies_that_cannot_be_made_are_refused() {
    let sandbox = world();
    make(&sandbox);
    let policy = reading("b");
    let long = reading(&"b".repeat(6145 - reading("").len()));
    let cases: [(Params<'_>, u16, &str, &str); 5] = [
        (
            &[("PolicyName", "READ"), ("PolicyDocument", &policy)],
            409,
            "EntityAlreadyExists",
            "A policy called READ already exists. Duplicate names are not allowed.",
        ),
        (
            &[("PolicyName", "long"), ("PolicyDocument", &long)],
            409,
            "LimitExceeded",
            "Cannot exceed quota for PolicySize: 6144",
        ),
        (
            &[("PolicyName", "a b"), ("PolicyDocument", &policy)],
            400,
            "ValidationError",
            "policyName",
        ),
        (
            &[
                ("PolicyName", "a"),
                ("Path", "/a b/"),
                ("PolicyDocument", &policy),
            ],
            400,
            "ValidationError",
            "path",
        ),
        (
            &[
                ("PolicyName", "a"),
                ("Path", "/a//b/"),
                ("PolicyDocument", &policy),
            ],
            400,
            "ValidationError",
            "path",
        ),
    ];
    for (params, status, code, fragment) in cases {
        let (got_status, got, message) = refused(&sandbox, "CreatePolicy", params);
        assert_eq!((got_status, got.as_str()), (status, code), "{message}");
        assert!(message.contains(fragment), "{message}");
    }
    let fits = reading(&"b".repeat(6144 - reading("").len()));
    done(
        &sandbox,
        "CreatePolicy",
        &[("PolicyName", "long"), ("PolicyDocument", &fits)],
    );
}

#[test]
fn a_policy_has_five_versions_and_one_in_force() {
    let sandbox = world();
    make(&sandbox);
    let create = |default: &str| {
        ask(
            &sandbox,
            "CreatePolicyVersion",
            &[
                ("PolicyArn", ARN),
                ("PolicyDocument", &reading("c")),
                ("SetAsDefault", default),
            ],
        )
    };
    assert_eq!(element(&create("true"), "VersionId"), "v2");
    for _ in 0..3 {
        assert_eq!(element(&create("false"), "IsDefaultVersion"), "false");
    }
    let over = create("true");
    assert_eq!(
        (over.status, element(&over, "Code").as_str()),
        (409, "LimitExceeded")
    );
    let list = done(&sandbox, "ListPolicyVersions", &[("PolicyArn", ARN)]);
    assert_eq!(all(&list, "VersionId"), ["v5", "v4", "v3", "v2", "v1"]);
    assert_eq!(
        all(&list, "IsDefaultVersion"),
        ["false", "false", "false", "true", "false"]
    );
    assert_eq!(
        fields(&list, "member"),
        ["VersionId", "IsDefaultVersion", "CreateDate"],
        "documents are left out"
    );
    let version = |id| [("PolicyArn", ARN), ("VersionId", id)];
    let (status, code, message) = refused(&sandbox, "DeletePolicyVersion", &version("v2"));
    assert_eq!((status, code.as_str()), (409, "DeleteConflict"));
    assert_eq!(message, "Cannot delete the default version of a policy.");
    let (_, _, message) = refused(&sandbox, "DeletePolicy", &[("PolicyArn", ARN)]);
    assert!(
        message.starts_with("This policy has more than one version."),
        "{message}"
    );
    for id in ["v1", "v3", "v4", "v5"] {
        done(&sandbox, "DeletePolicyVersion", &version(id));
    }
    assert_eq!(
        refused(&sandbox, "DeletePolicyVersion", &version("v1")).1,
        "NoSuchEntity"
    );
    for id in ["1", "v0", "v01", "vx"] {
        assert_eq!(
            refused(&sandbox, "GetPolicyVersion", &version(id)).1,
            "ValidationError",
            "{id}"
        );
    }
    assert_eq!(
        element(&create("false"), "VersionId"),
        "v6",
        "numbers are not used again"
    );
    done(&sandbox, "DeletePolicyVersion", &version("v6"));
    done(&sandbox, "DeletePolicy", &[("PolicyArn", ARN)]);
    assert_eq!(sandbox.dump(), "{}\n");
}

#[test]
fn attachments_hold_a_policy_and_count() {
    let sandbox = world();
    make(&sandbox);
    make_role(&sandbox, "r");
    make_role(&sandbox, "bounded");
    let pair = |arn| [("RoleName", "r"), ("PolicyArn", arn)];
    done(&sandbox, "AttachRolePolicy", &pair(ARN));
    done(&sandbox, "AttachRolePolicy", &pair(ARN));
    done(&sandbox, "AttachRolePolicy", &pair(AUDIT));
    done(
        &sandbox,
        "PutRolePermissionsBoundary",
        &[("RoleName", "bounded"), ("PermissionsBoundary", ARN)],
    );
    let list = done(&sandbox, "ListAttachedRolePolicies", &[("RoleName", "r")]);
    assert_eq!(all(&list, "PolicyArn"), [ARN, AUDIT]);
    assert_eq!(all(&list, "PolicyName"), ["read", "SecurityAudit"]);
    let wip = done(
        &sandbox,
        "ListAttachedRolePolicies",
        &[("RoleName", "r"), ("PathPrefix", "/wip/")],
    );
    assert_eq!(all(&wip, "PolicyArn"), [ARN]);
    let policy = done(&sandbox, "GetPolicy", &[("PolicyArn", ARN)]);
    assert_eq!(
        (
            element(&policy, "AttachmentCount"),
            element(&policy, "PermissionsBoundaryUsageCount")
        ),
        ("1".to_owned(), "1".to_owned())
    );
    let entities = |filter: &[(&str, &str)]| {
        let mut params = vec![("PolicyArn", ARN)];
        params.extend(filter);
        all(
            &done(&sandbox, "ListEntitiesForPolicy", &params),
            "RoleName",
        )
    };
    assert_eq!(entities(&[]), ["bounded", "r"]);
    assert_eq!(
        entities(&[("PolicyUsageFilter", "PermissionsPolicy")]),
        ["r"]
    );
    assert_eq!(
        entities(&[("PolicyUsageFilter", "PermissionsBoundary")]),
        ["bounded"]
    );
    assert_eq!(entities(&[("EntityFilter", "User")]).len(), 0);
    let (status, code, message) = refused(&sandbox, "DeletePolicy", &[("PolicyArn", ARN)]);
    assert_eq!((status, code.as_str()), (409, "DeleteConflict"));
    assert_eq!(message, "Cannot delete a policy attached to entities.");
    done(&sandbox, "DetachRolePolicy", &pair(ARN));
    let (status, code, message) = refused(&sandbox, "DetachRolePolicy", &pair(ARN));
    assert_eq!((status, code.as_str()), (404, "NoSuchEntity"));
    assert_eq!(message, format!("Policy {ARN} was not found."));
}

#[test]
fn what_is_no_policy_is_not_attached() {
    let sandbox = world();
    make_role(&sandbox, "r");
    let cases = [
        (
            "arn:aws:iam::aws:policy/NoSuchPolicy",
            "NoSuchEntity",
            "does not exist or is not attachable.",
        ),
        (
            "arn:aws-cn:iam::aws:policy/SecurityAudit",
            "NoSuchEntity",
            "does not exist or is not attachable.",
        ),
        (
            "arn:aws:iam::111122223333:policy/none",
            "NoSuchEntity",
            "does not exist or is not attachable.",
        ),
        (
            "SecurityAudit",
            "ValidationError",
            "'policyArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
        ),
        (
            "SecurityAuditSecurityAudit",
            "InvalidInput",
            "ARN SecurityAuditSecurityAudit is not valid.",
        ),
    ];
    for (arn, code, fragment) in cases {
        let (_, got, message) = refused(
            &sandbox,
            "AttachRolePolicy",
            &[("RoleName", "r"), ("PolicyArn", arn)],
        );
        assert_eq!(got, code, "{arn}");
        assert!(message.contains(fragment), "{message}");
    }
    let (status, code, _) = refused(&sandbox, "DeletePolicy", &[("PolicyArn", AUDIT)]);
    assert_eq!((status, code.as_str()), (403, "AccessDenied"));
    assert_eq!(
        element(
            &done(&sandbox, "GetPolicy", &[("PolicyArn", AUDIT)]),
            "PolicyName"
        ),
        "SecurityAudit"
    );
}

#[test]
fn ten_policies_fit_on_a_role() {
    let sandbox = world();
    make_role(&sandbox, "r");
    for index in 0..11 {
        let name = format!("p{index}");
        done(
            &sandbox,
            "CreatePolicy",
            &[("PolicyName", &name), ("PolicyDocument", &reading("b"))],
        );
        let arn = format!("arn:aws:iam::111122223333:policy/{name}");
        let answer = ask(
            &sandbox,
            "AttachRolePolicy",
            &[("RoleName", "r"), ("PolicyArn", &arn)],
        );
        if index < 10 {
            assert_eq!(answer.status, 200);
        } else {
            assert_eq!(
                (answer.status, element(&answer, "Code").as_str()),
                (409, "LimitExceeded")
            );
            assert_eq!(
                element(&answer, "Message"),
                "Cannot exceed quota for PoliciesPerRole: 10"
            );
        }
    }
}
