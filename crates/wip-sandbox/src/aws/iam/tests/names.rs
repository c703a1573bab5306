//! Names, paths, descriptions, numbers, tags: what breaks the constraints of the model.

use super::{done, make_role, refused, trust};
use crate::aws::asking::{element, world};

/// `parameters beside the trust policy, code, message fragment`.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

#[test]
fn roles_that_break_a_constraint_are_refused() {
    let sandbox = world();
    let (n64, n65) = ("n".repeat(64), "n".repeat(65));
    let (long_path, long_text) = (format!("/{}/", "p".repeat(511)), "d".repeat(1001));
    let (key, value) = ("k".repeat(129), "v".repeat(257));
    let cases: &[Case<'_>] = &[
        (
            &[],
            "ValidationError",
            "Value at 'roleName' failed to satisfy constraint: Member must not be null",
        ),
        (
            &[("RoleName", "")],
            "ValidationError",
            "'roleName' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            &[("RoleName", &n65)],
            "ValidationError",
            "'roleName' failed to satisfy constraint: Member must have length less than or equal to 64",
        ),
        (
            &[("RoleName", "a/b")],
            "ValidationError",
            "The specified value for roleName is invalid.",
        ),
        (
            &[("RoleName", "é")],
            "ValidationError",
            "The specified value for roleName is invalid.",
        ),
        (
            &[("RoleName", "r"), ("Path", "x/")],
            "ValidationError",
            "The specified value for path is invalid.",
        ),
        (
            &[("RoleName", "r"), ("Path", "/x")],
            "ValidationError",
            "The specified value for path is invalid.",
        ),
        (
            &[("RoleName", "r"), ("Path", "/x y/")],
            "ValidationError",
            "The specified value for path is invalid.",
        ),
        (
            &[("RoleName", "r"), ("Path", "//")],
            "ValidationError",
            "The specified value for path is invalid.",
        ),
        (
            &[("RoleName", "r"), ("Path", &long_path)],
            "ValidationError",
            "'path' failed to satisfy constraint",
        ),
        (
            &[("RoleName", "r"), ("Description", &long_text)],
            "ValidationError",
            "'description' failed to satisfy constraint: Member must have length less than or equal to 1000",
        ),
        (
            &[("RoleName", "r"), ("Description", "→")],
            "ValidationError",
            "'description' failed to satisfy constraint: Member must satisfy regular expression pattern",
        ),
        (
            &[("RoleName", "r"), ("MaxSessionDuration", "3599")],
            "ValidationError",
            "'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600",
        ),
        (
            &[("RoleName", "r"), ("MaxSessionDuration", "43201")],
            "ValidationError",
            "'maxSessionDuration' failed to satisfy constraint: Member must have value less than or equal to 43200",
        ),
        (
            &[("RoleName", "r"), ("MaxSessionDuration", "-1")],
            "ValidationError",
            "greater than or equal to 3600",
        ),
        (
            &[("RoleName", "r"), ("MaxSessionDuration", "99999999999")],
            "ValidationError",
            "less than or equal to 43200",
        ),
        (
            &[("RoleName", "r"), ("MaxSessionDuration", "1h")],
            "MalformedInput",
            "",
        ),
        (
            &[
                ("RoleName", "r"),
                ("Tags.member.1.Key", &key),
                ("Tags.member.1.Value", ""),
            ],
            "ValidationError",
            "'tags.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 128",
        ),
        (
            &[
                ("RoleName", "r"),
                ("Tags.member.1.Key", ""),
                ("Tags.member.1.Value", ""),
            ],
            "ValidationError",
            "Member must have length greater than or equal to 1",
        ),
        (
            &[
                ("RoleName", "r"),
                ("Tags.member.1.Key", "k"),
                ("Tags.member.1.Value", &value),
            ],
            "ValidationError",
            "'tags.1.member.value' failed to satisfy constraint: Member must have length less than or equal to 256",
        ),
        (
            &[("RoleName", "r"), ("Tags.member.1.Key", "k")],
            "ValidationError",
            "'tags.1.member.value' failed to satisfy constraint: Member must not be null",
        ),
        (
            &[
                ("RoleName", "r"),
                ("Tags.member.1.Key", "k#"),
                ("Tags.member.1.Value", ""),
            ],
            "ValidationError",
            r"pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+",
        ),
        (
            &[
                ("RoleName", "r"),
                ("Tags.member.1.Key", "k"),
                ("Tags.member.1.Value", "{}"),
            ],
            "ValidationError",
            r"pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*",
        ),
        (
            &[
                ("RoleName", "r"),
                ("Tags.member.1.Key", "aws:mine"),
                ("Tags.member.1.Value", ""),
            ],
            "InvalidInput",
            "aws:",
        ),
        (
            &[
                ("RoleName", "r"),
                ("Tags.member.1.Key", "k"),
                ("Tags.member.1.Value", ""),
                ("Tags.member.2.Key", "K"),
                ("Tags.member.2.Value", ""),
            ],
            "InvalidInput",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            &[
                ("RoleName", "r"),
                ("PermissionsBoundary", "arn:aws:iam::aws:policy/None"),
            ],
            "NoSuchEntity",
            "Scope ARN: arn:aws:iam::aws:policy/None does not exist or is not attachable.",
        ),
        (
            &[("RoleName", "r"), ("PermissionsBoundary", "short")],
            "ValidationError",
            "'permissionsBoundary' failed to satisfy constraint",
        ),
    ];
    let trust = trust();
    for (params, code, fragment) in cases {
        let mut params = params.to_vec();
        params.push(("AssumeRolePolicyDocument", &trust));
        let (_, got, message) = refused(&sandbox, "CreateRole", &params);
        assert_eq!(got, *code, "{params:?}: {message}");
        assert!(message.contains(fragment), "{params:?}: {message}");
    }
    assert_eq!(sandbox.dump(), "{}\n");
    done(
        &sandbox,
        "CreateRole",
        &[
            ("RoleName", &n64),
            ("Path", "/a!~/b/"),
            ("AssumeRolePolicyDocument", &trust),
        ],
    );
}

#[test]
fn fifty_tags_fit_and_no_more() {
    let sandbox = world();
    make_role(&sandbox, "r");
    let tag = |index: usize| {
        let key = format!("key{index}");
        let params = [
            ("RoleName", "r"),
            ("Tags.member.1.Key", key.as_str()),
            ("Tags.member.1.Value", "ü 1"),
        ];
        super::ask(&sandbox, "TagRole", &params)
    };
    for index in 0..50 {
        assert_eq!(tag(index).status, 200);
    }
    let over = tag(50);
    assert_eq!(
        (over.status, element(&over, "Code").as_str()),
        (409, "LimitExceeded")
    );
    assert_eq!(tag(7).status, 200, "a key that is there is overwritten");
    done(
        &sandbox,
        "TagRole",
        &[
            ("RoleName", "r"),
            ("Tags.member.1.Key", "KEY8"),
            ("Tags.member.1.Value", ""),
        ],
    );
    let keys = super::all(&done(&sandbox, "ListRoleTags", &[("RoleName", "r")]), "Key");
    assert_eq!(keys.len(), 50);
    assert!(keys.contains(&"KEY8".to_owned()) && !keys.contains(&"key8".to_owned()));
    done(
        &sandbox,
        "UntagRole",
        &[
            ("RoleName", "r"),
            ("TagKeys.member.1", "key8"),
            ("TagKeys.member.2", "none"),
        ],
    );
    assert_eq!(
        super::all(&done(&sandbox, "ListRoleTags", &[("RoleName", "r")]), "Key").len(),
        49
    );
}

#[test]
fn required_parameters_are_required() {
    let sandbox = world();
    make_role(&sandbox, "r");
    let cases = [
        ("CreateRole", "assumeRolePolicyDocument"),
        ("UpdateAssumeRolePolicy", "policyDocument"),
        ("PutRolePolicy", "policyName"),
        ("GetRolePolicy", "policyName"),
        ("AttachRolePolicy", "policyArn"),
        ("TagRole", "tags"),
        ("UntagRole", "tagKeys"),
        ("PutRolePermissionsBoundary", "permissionsBoundary"),
        ("GetPolicy", "policyArn"),
        ("CreateOpenIDConnectProvider", "url"),
        ("GetOpenIDConnectProvider", "openIDConnectProviderArn"),
    ];
    for (action, member) in cases {
        let (status, code, message) = refused(&sandbox, action, &[("RoleName", "r")]);
        assert_eq!(
            (status, code.as_str()),
            (400, "ValidationError"),
            "{action}"
        );
        assert!(
            message.contains(&format!("'{member}' failed")),
            "{action}: {message}"
        );
    }
}
