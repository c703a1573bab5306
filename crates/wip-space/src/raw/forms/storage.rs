//! Buckets, secrets and parameters.

use super::too_long;
use crate::Code;
use crate::declare::text;
use crate::form::Fault;
use crate::words::shown;

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
