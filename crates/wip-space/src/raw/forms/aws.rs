//! Accounts, regions, ARNs, and what IAM takes.

use super::too_long;
use crate::Code;
use crate::declare::text;
use crate::form::Fault;
use crate::words::shown;

text! {
    /// The name of an EKS cluster (EKS, CreateCluster: `name`).
    EksName {
        code: BadName,
        what: "a name of an EKS cluster",
        pattern: r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$",
        help: "use the name that `aws eks list-clusters` shows",
        examples: ["prod-eu-1"],
    }
}

text! {
    /// An AWS account id: a text of 12 digits, in quotes.
    AccountId {
        code: BadAccount,
        what: "an account id",
        pattern: r"^[0-9]{12}$",
        help: "an account id is 12 digits in quotes: \"111122223333\"",
        check: digits,
        examples: ["111122223333"],
    }
}

fn digits(text: &str) -> Option<Fault> {
    let all_digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '-');
    let count = text.chars().filter(char::is_ascii_digit).count();
    (all_digits && text.len() != 12).then(|| Fault {
        code: Code::BadAccount,
        message: format!(
            "`{}` is not an account id: it has {count} digits",
            shown(text)
        ),
        label: "not 12 digits",
        help: "an account id is 12 digits in quotes, without dashes: \"111122223333\"".to_owned(),
    })
}

text! {
    /// An AWS region.
    Region {
        code: BadRegion,
        what: "a region",
        pattern: r"^([a-z]{2}|us-gov)-(central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]$",
        help: "a region looks like `eu-west-1`, `cn-north-1` or `us-gov-west-1`, without a zone letter",
        examples: ["eu-west-1"],
    }
}

text! {
    /// The ARN of a KMS key.
    KmsKeyArn {
        code: BadArn,
        what: "an ARN of a KMS key",
        pattern: r"^arn:aws(-cn|-us-gov)?:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$",
        help: "it looks like `arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-…`; `aws kms describe-key` shows it",
        check: key_alias,
    }
}

fn key_alias(text: &str) -> Option<Fault> {
    (text.contains(":alias/") || text.starts_with("alias/")).then(|| Fault {
        code: Code::BadArn,
        message: format!(
            "`{}` is an alias, and policies need the key itself",
            shown(text)
        ),
        label: "an alias",
        help: "write the key's ARN: `aws kms describe-key --key-id ALIAS` shows it".to_owned(),
    })
}

text! {
    /// The ARN of an IAM role.
    RoleArn {
        code: BadArn,
        what: "an ARN of a role",
        pattern: r"^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/([A-Za-z0-9_+=,.@/-]+/)?[A-Za-z0-9_+=,.@-]{1,64}$",
        help: "it looks like `arn:aws:iam::111122223333:role/NAME`",
        examples: ["arn:aws:iam::111122223333:role/wip"],
    }
}

text! {
    /// The ARN of a managed policy.
    PolicyArn {
        code: BadArn,
        what: "an ARN of a managed policy",
        pattern: r"^arn:aws(-cn|-us-gov)?:iam::(aws|[0-9]{12}):policy/([A-Za-z0-9_+=,.@/-]+/)?[A-Za-z0-9_+=,.@-]{1,128}$",
        help: "it looks like `arn:aws:iam::111122223333:policy/NAME` or `arn:aws:iam::aws:policy/NAME`",
        examples: ["arn:aws:iam::111122223333:policy/extra"],
    }
}

text! {
    /// A policy's ARN, or the bare name of a policy.
    Boundary {
        code: BadArn,
        what: "a policy's ARN or name",
        pattern: r"^(arn:aws(-cn|-us-gov)?:iam::(aws|[0-9]{12}):policy/([A-Za-z0-9_+=,.@/-]+/)?)?[A-Za-z0-9_+=,.@-]{1,128}$",
        help: "write `NAME`, or `arn:aws:iam::111122223333:policy/NAME`",
        examples: ["workload-boundary"],
    }
}

text! {
    /// The name of an IAM role (CreateRole: `RoleName`).
    RoleName {
        code: BadIamName,
        what: "a name of a role",
        pattern: r"^[A-Za-z0-9_+=,.@-]{1,64}$",
        help: "use at most 64 letters, digits and `_ + = , . @ -`; the path has a field of its own",
        examples: ["prod-eu-backup"],
    }
}

text! {
    /// The path of an IAM role (CreateRole: `Path`), begins and ends with `/`.
    RolePath {
        code: BadIamName,
        what: "a path of a role",
        pattern: r"^/([A-Za-z0-9_+=,.@/-]+/)?$",
        help: "begin and end it with `/`: `/workloads/`",
        check: |text| too_long(text, 512, Code::BadIamName),
        examples: ["/workloads/"],
    }
}

text! {
    /// The name of an inline policy (PutRolePolicy: `PolicyName`).
    PolicyName {
        code: BadIamName,
        what: "a name of a policy",
        pattern: r"^[A-Za-z0-9_+=,.@-]{1,128}$",
        help: "use at most 128 letters, digits and `_ + = , . @ -`",
    }
}

text! {
    /// The description of an IAM role (CreateRole: `Description`): Latin-1, at most 1,000 characters.
    RoleDescription {
        code: BadIamName,
        what: "a description that IAM takes",
        pattern: "^[\\t\\n\\r -~¡-ÿ]*$",
        help: "use Latin letters, digits and punctuation; IAM takes nothing else here",
        check: |text| too_long(text, 1000, Code::BadIamName),
        wildcards: "allowed",
    }
}

text! {
    /// What a role's trust policy asks for (AssumeRole: `ExternalId`).
    ExternalId {
        code: BadIamName,
        what: "an external id",
        pattern: r"^[A-Za-z0-9_+=,.@:/-]{2,}$",
        help: "use 2 to 1224 letters, digits and `_ + = , . @ : / -`",
        check: |text| too_long(text, 1224, Code::BadIamName),
    }
}

text! {
    /// An OIDC issuer (IAM, CreateOpenIDConnectProvider: `Url`): https, no port, no query.
    Issuer {
        code: BadIssuer,
        what: "an issuer",
        pattern: r"^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(/[A-Za-z0-9._~-]+)*$",
        help: "it looks like `https://oidc.eks.eu-west-1.amazonaws.com/id/…`: https, lower-case host, no port, no query, no `/` at the end",
        check: |text| too_long(text, 255, Code::BadIssuer),
        wildcards: "allowed",
    }
}

text! {
    /// A tag's key (IAM, Tag): at most 128 letters, digits, spaces and `_ . : / = + - @`.
    TagKey {
        code: BadLabel,
        what: "a tag's key",
        pattern: r##"^[^!"#$%&'()*,;<>?\[\\\]^`{|}~\x00-\x1f\x7f]+$"##,
        help: "use at most 128 letters, digits, spaces and `_ . : / = + - @`",
        check: tag_key,
        examples: ["team"],
    }
}

fn tag_key(text: &str) -> Option<Fault> {
    let reserved = ["aws:", "wip-"]
        .into_iter()
        .find(|start| text.to_lowercase().starts_with(start));
    let reserved = reserved.map(|start| Fault {
        code: Code::BadLabel,
        message: format!(
            "the label `{}` begins with `{start}`, which is reserved",
            shown(text)
        ),
        label: "reserved",
        help: "choose another key".to_owned(),
    });
    reserved
        .or_else(|| tag_characters(text))
        .or_else(|| too_long(text, 128, Code::BadLabel))
}

text! {
    /// A tag's value (IAM, Tag): at most 256 letters, digits, spaces and `_ . : / = + - @`.
    TagValue {
        code: BadLabel,
        what: "a tag's value",
        pattern: r##"^[^!"#$%&'()*,;<>?\[\\\]^`{|}~\x00-\x1f\x7f]*$"##,
        help: "use at most 256 letters, digits, spaces and `_ . : / = + - @`",
        check: |text| tag_characters(text).or_else(|| too_long(text, 256, Code::BadLabel)),
        examples: ["platform"],
    }
}

/// Of characters beyond ASCII, tags take letters, digits and spaces.
fn tag_characters(text: &str) -> Option<Fault> {
    let bad = text
        .chars()
        .find(|c| !c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace())?;
    Some(Fault {
        code: Code::BadLabel,
        message: format!("a tag cannot hold `{}`", bad.escape_debug()),
        label: "not for a tag",
        help: "use letters, digits, spaces and `_ . : / = + - @`".to_owned(),
    })
}

text! {
    /// The name of a statement.
    Sid {
        code: BadStatement,
        what: "a statement's name",
        pattern: r"^[A-Za-z0-9]*$",
        help: "use letters and digits only",
    }
}

text! {
    /// An action, or a pattern of actions.
    Action {
        code: BadStatement,
        what: "an action",
        pattern: r"^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$",
        help: "an action looks like `s3:GetObject`, with `*` for any part of what follows the colon",
        wildcards: "allowed",
        examples: ["s3:GetObject"],
    }
}

text! {
    /// A resource: an ARN, or `*`.
    ResourceText {
        code: BadStatement,
        what: "a resource",
        pattern: r"^(\*|arn:[!-~]+)$",
        help: "write an ARN, or `*`",
        wildcards: "allowed",
    }
}
