//! Whom a trust policy may name.
//!
//! Sources: "AWS JSON policy elements: Principal" in the IAM user guide (forms; roles and users are kept as their unique ids, so they must exist; federated providers are not); "Identity-provider controls for shared OIDC providers" in the same guide; `AssumeRolepolicy contained an invalid principal` and `Federated principals must be valid domain names or SAML metadata ARNs` as quoted from IAM in public issue threads.
//!
//! An OIDC provider that does not exist may be named: `DeleteOpenIDConnectProvider` in botocore's model of `iam` leaves the policies that name it as they are, and tools that make role and provider side by side rely on it.

use super::document::{Node, Value};
use super::trust::malformed;
use crate::aws::call::{Call, Refusal};
use crate::aws::conditions;
use crate::aws::identity::USER;

/// Issuers that many customers share, each with the claim that a trust policy must evaluate.
///
/// Source: the table of "Identity-provider controls for shared OIDC providers".
const SHARED: &[(&str, &str)] = &[
    ("token.actions.githubusercontent.com", "sub"),
    ("vstoken.actions.githubusercontent.com", "sub"),
    ("oidc-configuration.audit-log.githubusercontent.com", "sub"),
    ("gitlab.com", "sub"),
    ("agent.buildkite.com", "sub"),
    ("app.terraform.io", "sub"),
    ("oidc.codefresh.io", "sub"),
    ("studio.datachain.ai/api", "sub"),
    ("scalr.io", "sub"),
    ("tokens.cloud.shisho.dev", "sub"),
    ("proidc.upbound.io", "sub"),
    ("api.pulumi.com/oidc", "aud"),
    ("sandboxes.cloud", "aud"),
    ("oidc.vercel.com", "aud"),
];

const COGNITO: &str = "cognito-identity.amazonaws.com";

/// Refuses principals that IAM would refuse.
pub(super) fn check(call: &Call<'_>, statement: &Node, principal: &Node) -> Result<(), Refusal> {
    if let Some(text) = principal.text() {
        return Err(malformed(if text == "*" {
            "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\"."
        } else {
            "Principal must be a JSON object."
        }));
    }
    for (kind, node) in principal.members().unwrap_or_default() {
        let names = node.texts().unwrap_or_default();
        if names.is_empty() {
            return Err(malformed(
                "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a statement with no principals!",
            ));
        }
        for name in names {
            match kind.as_str() {
                "AWS" if !is_aws(call, name) => return Err(invalid("AWS", name)),
                "Service" if !is_service(call, name) => return Err(invalid("SERVICE", name)),
                "AWS" | "Service" => {}
                "Federated" => check_federated(call, statement, name)?,
                other => {
                    return Err(malformed(format!(
                        "Invalid principal in policy: \"{other}\""
                    )));
                }
            }
        }
    }
    Ok(())
}

fn invalid(kind: &str, name: &str) -> Refusal {
    malformed(format!(
        "Invalid principal in policy: \"{kind}\":\"{name}\""
    ))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_aws(call: &Call<'_>, name: &str) -> bool {
    if name == "*" || is_account(name) {
        return true;
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else {
        return has_unique_id(call, name);
    };
    if partition != call.partition || !is_account(account) || resource.contains(['*', '?']) {
        return false;
    }
    match (service, resource.split_once('/')) {
        ("iam", None) => resource == "root",
        ("iam", Some(("role", path))) => has_role(call, account, path),
        ("iam", Some(("user", path))) => !is_known(call, account) || path == USER,
        ("sts", Some(("assumed-role", rest))) => {
            rest.split_once('/').is_some_and(|(role, session)| {
                session.len() >= 2
                    && (!is_known(call, account) || role_exists(call, account, role).is_some())
            })
        }
        ("sts", Some(("federated-user", rest))) => !rest.is_empty(),
        _ => false,
    }
}

/// Whether the text is the unique id of a role that is there.
fn has_unique_id(call: &Call<'_>, text: &str) -> bool {
    let roles = call.db.scan::<serde_json::Value>("aws/");
    text.starts_with("AROA")
        && roles
            .filter(|(key, _)| key.contains("/iam/role/"))
            .any(|(_, role)| role.get("id").and_then(serde_json::Value::as_str) == Some(text))
}

/// Whether the sandbox keeps anything of an account, so that it knows what is not there.
fn is_known(call: &Call<'_>, account: &str) -> bool {
    account == call.account() || call.db.has_any(&format!("aws/{account}/"))
}

fn role_exists(call: &Call<'_>, account: &str, name: &str) -> Option<super::roles::Role> {
    call.db.get(&super::roles::key_in(account, name))
}

fn has_role(call: &Call<'_>, account: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    if !is_known(call, account) {
        return !name.is_empty();
    }
    role_exists(call, account, name)
        .is_some_and(|role| format!("{}{}", role.path, role.name) == format!("/{path}"))
}

/// Whether the name has the form of a service principal; IAM's catalogue of them is not public.
fn is_service(call: &Call<'_>, name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let stem = name
        .strip_suffix(".amazonaws.com")
        .or_else(|| {
            name.strip_suffix(".amazonaws.com.cn")
                .filter(|_| call.partition == "aws-cn")
        })
        .or_else(|| name.strip_suffix(".aws.internal"));
    stem.is_some_and(|stem| stem.split('.').all(label))
}

fn check_federated(call: &Call<'_>, statement: &Node, name: &str) -> Result<(), Refusal> {
    let not_federated =
        || malformed("Federated principals must be valid domain names or SAML metadata ARNs");
    if name == COGNITO {
        return if evaluates(statement, &format!("{COGNITO}:aud")) {
            Ok(())
        } else {
            Err(malformed(
                "A condition block must be present for the Cognito provider",
            ))
        };
    }
    let Some(rest) = name.strip_prefix("arn:") else {
        return if is_domain(name) {
            Ok(())
        } else {
            Err(not_federated())
        };
    };
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    let [partition, "iam", "", account, resource] = parts[..] else {
        return Err(not_federated());
    };
    if partition != call.partition || !is_account(account) {
        return Err(not_federated());
    }
    match resource.split_once('/') {
        Some(("saml-provider", provider)) if !provider.is_empty() => Ok(()),
        Some(("oidc-provider", url)) if is_domain(url.split('/').next().unwrap_or_default()) => {
            check_shared(statement, url)
        }
        _ => Err(not_federated()),
    }
}

fn is_domain(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    labels.len() >= 2
        && labels.iter().all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

fn check_shared(statement: &Node, url: &str) -> Result<(), Refusal> {
    let Some((_, claim)) = SHARED.iter().find(|(shared, _)| *shared == url) else {
        return Ok(());
    };
    let key = format!("{url}:{claim}");
    if evaluates(statement, &key) {
        return Ok(());
    }
    Err(malformed(format!(
        "The trust policy must evaluate the condition key {key} for the shared OpenID Connect provider {url}."
    )))
}

/// Whether a statement compares a key with something that is not only wildcards.
fn evaluates(statement: &Node, key: &str) -> bool {
    let Some(operators) = statement.get("Condition").and_then(Node::members) else {
        return false;
    };
    operators.iter().any(|(operator, keys)| {
        let positive = matches!(
            conditions::base(operator),
            Some("StringEquals" | "StringLike" | "StringEqualsIgnoreCase")
        );
        let compared = keys.members().unwrap_or_default().iter();
        positive
            && compared
                .filter(|(name, _)| name.eq_ignore_ascii_case(key))
                .any(|(_, values)| {
                    let values = values.items();
                    !values.is_empty()
                        && values.iter().all(|value| match &value.value {
                            Value::Text(text) => {
                                text.chars().any(|letter| letter != '*' && letter != '?')
                            }
                            _ => false,
                        })
                })
    })
}
