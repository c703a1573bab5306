//! What is known about a request: condition keys and their values.
//!
//! Not here: which keys a service knows.

use std::collections::BTreeMap;

use super::Principal;

/// Condition keys with their values. Names of keys are not case-sensitive
/// (IAM user guide, "IAM JSON policy elements: Condition").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Nothing known.
    pub fn new() -> Context {
        Context::default()
    }

    /// What follows from who asks: `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:userid` and
    /// `aws:username`, each where the principal has it
    /// (IAM user guide, "AWS global condition context keys" and "Variables and tags").
    pub fn of(principal: &Principal) -> Context {
        let mut context = Context::new();
        let mut put = |key: &str, value: &str| {
            if !value.is_empty() {
                context.set(key, [value]);
            }
        };
        match principal {
            Principal::Root { account, arn } => {
                put("aws:PrincipalArn", arn);
                put("aws:PrincipalAccount", account);
                put("aws:PrincipalType", "Account");
                put("aws:userid", account);
            }
            Principal::User { account, arn, id } => {
                put("aws:PrincipalArn", arn);
                put("aws:PrincipalAccount", account);
                put("aws:PrincipalType", "User");
                put("aws:userid", id);
                put("aws:username", arn.rsplit('/').next().unwrap_or_default());
            }
            Principal::Session {
                account,
                role,
                role_id,
                arn,
            } => {
                put("aws:PrincipalArn", role);
                put("aws:PrincipalAccount", account);
                put("aws:PrincipalType", "AssumedRole");
                let name = arn.rsplit('/').next().unwrap_or_default();
                put("aws:userid", &format!("{role_id}:{name}"));
            }
            Principal::Anonymous => put("aws:PrincipalType", "Anonymous"),
            Principal::Service { .. } | Principal::Federated { .. } => {}
        }
        context
    }

    /// Sets the values of a key, instead of those it had. Without values the key is absent.
    pub fn set<V: Into<String>>(&mut self, key: &str, values: impl IntoIterator<Item = V>) {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        let key = key.to_lowercase();
        if values.is_empty() {
            self.0.remove(&key);
        } else {
            self.0.insert(key, values);
        }
    }

    /// The context with these values of a key.
    #[must_use]
    pub fn with<V: Into<String>>(
        mut self,
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Context {
        self.set(key, values);
        self
    }

    /// The values of a key, at least one; `None` where it is absent.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_lowercase()).map(Vec::as_slice)
    }
}
