//! The forms of texts: what an account id, a bucket name or an ARN looks like.
//!
//! Owns one pattern for each, which the reader checks and the JSON Schema says.
//! Whether two of them fit together is `lower`'s.

use crate::Code;
use crate::read::{Fault, shown, text};

text! {
    /// The Space's name: a DNS label of at most 40 characters.
    SpaceName {
        code: BadName,
        what: "a name for a Space",
        pattern: r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$",
        help: "use at most 40 lower-case letters, digits and `-`, with a letter or digit at both ends",
        check: leaves_folder,
        examples: ["prod-eu"],
    }
}

/// State lies in a folder of the Space's name.
fn leaves_folder(text: &str) -> Option<Fault> {
    (text.contains(['/', '\\']) || text.starts_with('.')).then(|| Fault {
        code: Code::BadName,
        message: format!(
            "the name `{}` would lead out of the Space's own folder",
            shown(text)
        ),
        label: "a path, not a name",
        help: "use lower-case letters, digits and `-` only".to_owned(),
    })
}

text! {
    /// The name of an identity: letters, digits and `-`, at most 40, begins with a letter.
    IdentityName {
        code: BadName,
        what: "a name for an identity",
        pattern: r"^[A-Za-z]([A-Za-z0-9-]{0,38}[A-Za-z0-9])?$",
        help: "use at most 40 letters, digits and `-`, with a letter first",
        examples: ["backup", "velero"],
    }
}

text! {
    /// The name of a cluster within the Space.
    ClusterName {
        code: BadName,
        what: "a name for a cluster",
        pattern: r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$",
        help: "use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
        examples: ["prod-eu-1"],
    }
}

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
    /// A Kubernetes namespace: a DNS label.
    Namespace {
        code: BadKubernetesName,
        what: "a namespace",
        pattern: r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        help: "use at most 63 lower-case letters, digits and `-`, with a letter or digit at both ends",
        examples: ["default"],
    }
}

text! {
    /// A Kubernetes service account: a DNS subdomain.
    ServiceAccount {
        code: BadKubernetesName,
        what: "a service account",
        pattern: r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        help: "use at most 253 lower-case letters, digits, `-` and `.`, with a letter or digit at both ends",
        check: |text| too_long(text, 253, Code::BadKubernetesName),
        examples: ["velero"],
    }
}

text! {
    /// The name of a control plane.
    ControlPlaneName {
        code: BadKubernetesName,
        what: "a name of a control plane",
        pattern: r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        help: "use the name that `kubectl get controlplanes.spaces.upbound.io -A` shows",
        examples: ["ctp1"],
    }
}

text! {
    /// A control plane of the Space: `GROUP/NAME`.
    ControlPlaneRef {
        code: BadKubernetesName,
        what: "a control plane, `GROUP/NAME`",
        pattern: r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        help: "write the group, a slash and the name: `default/ctp1`",
        examples: ["default/ctp1"],
    }
}

text! {
    /// Control planes of the Space: `NAME` in any group, or `GROUP/NAME`.
    ControlPlaneSelect {
        code: BadKubernetesName,
        what: "a control plane, `NAME` or `GROUP/NAME`",
        pattern: r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        help: "write `ctp1`, or `default/ctp1` for the one of a group",
        examples: ["ctp1", "default/ctp1"],
    }
}

text! {
    /// A control plane's id: `status.controlPlaneID`, a UUID.
    ControlPlaneId {
        code: BadControlPlaneId,
        what: "a control plane's id",
        pattern: r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        help: "copy it from `kubectl get controlplanes.spaces.upbound.io NAME -n GROUP -o jsonpath='{.status.controlPlaneID}'`",
        examples: ["706c49fa-5bb8-4a7e-9f41-2fc38ef4b065"],
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
    /// An S3 bucket's name (S3, "General purpose bucket naming rules").
    BucketName {
        code: BadBucket,
        what: "a bucket name",
        pattern: r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        help: "use 3 to 63 lower-case letters, digits, `-` and `.`, with a letter or digit at both ends",
        check: bucket,
        examples: ["acme-backups"],
    }
}

/// The rules for bucket names that are more than a set of characters.
fn bucket(text: &str) -> Option<Fault> {
    const STARTS: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
    const ENDS: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let fault = |why: String, help: &str| {
        Some(Fault {
            code: Code::BadBucket,
            message: format!("`{}` is not a bucket name: {why}", shown(text)),
            label: "not a bucket name",
            help: help.to_owned(),
        })
    };
    if text.starts_with("arn:") || text.contains("://") {
        return fault(
            "it is an ARN or a URL".to_owned(),
            "write the bare name of the bucket",
        );
    }
    if text.contains('/') {
        return fault(
            "it holds a `/`".to_owned(),
            "write what follows the `/` into `prefix`",
        );
    }
    if text.chars().any(|c| c.is_ascii_uppercase()) {
        return fault(
            "it holds upper-case letters".to_owned(),
            "bucket names are lower case",
        );
    }
    if text.contains("..") {
        return fault(
            "it holds two dots in a row".to_owned(),
            "check the name in S3",
        );
    }
    if text.split('.').count() == 4 && text.split('.').all(|part| part.parse::<u8>().is_ok()) {
        return fault(
            "it looks like an IP address".to_owned(),
            "check the name in S3",
        );
    }
    if let Some(start) = STARTS.into_iter().find(|start| text.starts_with(start)) {
        return fault(format!("`{start}` is reserved"), "check the name in S3");
    }
    if let Some(end) = ENDS.into_iter().find(|end| text.ends_with(end)) {
        return fault(
            format!("`{end}` is reserved"),
            "name a general purpose bucket, not an alias or another kind of bucket",
        );
    }
    None
}

text! {
    /// The beginning of object keys: ends with `/`, does not begin with it.
    S3Prefix {
        code: BadPrefix,
        what: "a prefix of object keys",
        pattern: r"^([A-Za-z0-9!_.'()&@=;:+, -][A-Za-z0-9!_.'()&@=;:+, /-]*/)?$",
        help: "use letters, digits and `! - _ . ' ( ) & @ = ; : + ,`, with `/` at the end",
        check: s3_prefix,
        examples: ["prod-eu/"],
    }
}

fn s3_prefix(text: &str) -> Option<Fault> {
    if text.contains(['*', '?']) || text.contains("${") {
        return None;
    }
    if text.starts_with('/') {
        let rest = text.trim_start_matches('/');
        return Some(Fault {
            code: Code::BadPrefix,
            message: format!(
                "the prefix `{}` begins with `/`, and keys of objects do not",
                shown(text)
            ),
            label: "begins with `/`",
            help: format!("write `{}`", shown(rest)),
        });
    }
    if !text.is_empty() && !text.ends_with('/') {
        return Some(Fault {
            code: Code::BadPrefix,
            message: format!("the prefix `{0}` also matches `{0}2/…`", shown(text)),
            label: "does not end with `/`",
            help: format!("write `{}/`", shown(text)),
        });
    }
    too_long(text, 1024, Code::BadPrefix)
}

text! {
    /// The beginning of names of secrets; ends in one of `/ - _ .`.
    SecretPrefix {
        code: BadPrefix,
        what: "a prefix of secrets",
        pattern: r"^[A-Za-z0-9/_+=.@-]*[/_.-]$",
        help: "use letters, digits and `/ _ + = . @ -`",
        check: separated,
        examples: ["prod/"],
    }
}

text! {
    /// The beginning of names of parameters; ends in one of `/ - _ .`.
    ParameterPrefix {
        code: BadPrefix,
        what: "a prefix of parameters",
        pattern: r"^((/[A-Za-z0-9_.-]+)+/|(/[A-Za-z0-9_.-]+)*/?[A-Za-z0-9_.-]*[_.-])$",
        help: "use letters, digits and `_ . -`; with a `/` in it, it begins with `/`: `/prod/`",
        check: separated,
        examples: ["/prod/"],
    }
}

/// A prefix that ends within a word matches other words too.
fn separated(text: &str) -> Option<Fault> {
    let word = text.ends_with(|c: char| c.is_ascii_alphanumeric());
    (word && !text.contains(['*', '?', '$'])).then(|| Fault {
        code: Code::BadPrefix,
        message: format!("the prefix `{0}` also matches `{0}2`", shown(text)),
        label: "ends within a word",
        help: format!(
            "write `{0}/`, or `{{ startsWith: {0} }}` if every name that begins so is meant",
            shown(text)
        ),
    })
}

text! {
    /// The name of a secret in Secrets Manager (CreateSecret: `Name`).
    SecretName {
        code: BadSecretName,
        what: "a name of a secret",
        pattern: r"^[A-Za-z0-9/_+=.@-]+$",
        help: "use at most 512 letters, digits and `/ _ + = . @ -`; write the name, not the ARN",
        check: |text| too_long(text, 512, Code::BadSecretName),
        examples: ["prod/db"],
    }
}

text! {
    /// The name of a parameter in Parameter Store (PutParameter: `Name`).
    ParameterName {
        code: BadSecretName,
        what: "a name of a parameter",
        pattern: r"^((/[A-Za-z0-9_.-]+)+|[A-Za-z0-9_.-]+)$",
        help: "use letters, digits and `_ . -`; with a `/` in it, it begins with `/`: `/prod/db`",
        check: |text| too_long(text, 1011, Code::BadSecretName),
        examples: ["/prod/db"],
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
    /// A profile of the AWS configuration files.
    ProfileName {
        code: BadName,
        what: "a profile",
        pattern: r"^[!-Z\\^-~]([ -Z\\^-~]*[!-Z\\^-~])?$",
        help: "use the name between the brackets of `[profile NAME]`",
        wildcards: "allowed",
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
    /// The address of a resource: `KIND:SPACE/NAME`.
    AddressText {
        code: BadAddress,
        what: "an address",
        pattern: r"^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*:[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?/[A-Za-z0-9][A-Za-z0-9._/-]*$",
        help: "it looks like `aws/iam-role:prod-eu/backup`; `wip state list` shows them",
        examples: ["aws/iam-role:prod-eu/backup"],
    }
}

text! {
    /// An action, a pattern of actions, or the name or ARN of a policy or role.
    Forbidden {
        code: BadName,
        what: "an action or a policy",
        pattern: r"^[A-Za-z0-9*?:/._@+=,-]+$",
        help: "write an action (`iam:*`), or a policy's name or ARN",
        wildcards: "allowed",
        examples: ["*", "iam:*"],
    }
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

fn too_long(text: &str, most: usize, code: Code) -> Option<Fault> {
    let count = text.chars().count();
    (count > most).then(|| Fault {
        code,
        message: format!("this is {count} characters long, and at most {most} are taken"),
        label: "too long",
        help: "make it shorter".to_owned(),
    })
}
