//! What two policies have in common that mean the same: the canonical form, and `==` as its comparison.
//!
//! What AWS ignores, from the IAM User Guide:
//! - the case of service prefixes and action names ("IAM JSON policy elements: Action");
//! - the case of condition keys, tag keys in them included ("IAM JSON policy elements: Condition");
//! - `"*"` and `{"AWS": "*"}` ("AWS JSON policy elements: Principal", all principals);
//! - an account id as a principal is its root ARN ("AWS JSON policy elements: Principal").
//!
//! Condition operators are case-sensitive: IAM refuses `stringEquals` ("Invalid Condition type"). Whether two
//! principals of other forms are the same one is not known here.
//!
//! Not here: reading and writing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Condition, Document, PrincipalType, Principals, Statement, UnknownStatement, Version};

impl Statement {
    /// The form that all statements of the same meaning share; for comparing and hashing, not for showing.
    #[must_use]
    pub fn canonical(&self) -> Statement {
        Statement {
            sid: self.sid.clone().filter(|sid| !sid.is_empty()),
            effect: self.effect,
            principal: self.principal.as_ref().map(principals),
            not_principal: self.not_principal.as_ref().map(principals),
            action: lower(&self.action),
            not_action: lower(&self.not_action),
            resource: self.resource.clone(),
            not_resource: self.not_resource.clone(),
            condition: condition(&self.condition),
        }
    }
}

impl PartialEq for Statement {
    fn eq(&self, other: &Statement) -> bool {
        self.canonical().to_json() == other.canonical().to_json()
    }
}

impl Eq for Statement {}

impl Document {
    /// The form that all documents of the same meaning share: each statement canonical, sorted, once; the version
    /// spelled out. For comparing, not for writing.
    #[must_use]
    pub fn canonical(&self) -> Document {
        let statements: BTreeMap<String, Statement> = self
            .statements
            .iter()
            .map(Statement::canonical)
            .map(|statement| (statement.to_json(), statement))
            .collect();
        let unknown: BTreeMap<String, &UnknownStatement> = self
            .unknown
            .iter()
            .map(|unknown| (unknown.to_json(), unknown))
            .collect();
        Document {
            version: Some(self.version.unwrap_or(Version::V2008)),
            id: self.id.clone().filter(|id| !id.is_empty()),
            statements: statements.into_values().collect(),
            unknown: unknown.into_values().cloned().collect(),
        }
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Document) -> bool {
        self.canonical().to_json() == other.canonical().to_json()
    }
}

impl Eq for Document {}

impl Document {
    /// The same document, spelled as `model` spells it where the spelling makes no difference, so that the trees of
    /// two documents differ only where their meaning does.
    #[must_use]
    pub fn spelled_like(&self, model: &Document) -> Document {
        if self == model {
            return model.clone();
        }
        let words = model.statements.iter().flat_map(|statement| {
            let keys = statement.condition.values().flat_map(BTreeMap::keys);
            statement
                .action
                .iter()
                .chain(&statement.not_action)
                .chain(keys)
        });
        let spelling: BTreeMap<String, &String> = words
            .map(|word| (word.to_ascii_lowercase(), word))
            .collect();
        let like =
            |word: &String| (*spelling.get(&word.to_ascii_lowercase()).unwrap_or(&word)).clone();
        let respelled =
            |statement: &Statement| match model.statements.iter().find(|other| *other == statement)
            {
                Some(same) => same.clone(),
                None => Statement {
                    action: statement.action.iter().map(like).collect(),
                    not_action: statement.not_action.iter().map(like).collect(),
                    condition: statement
                        .condition
                        .iter()
                        .map(|(operator, keys)| (operator.clone(), rename(keys, like)))
                        .collect(),
                    ..statement.clone()
                },
            };
        Document {
            statements: self.statements.iter().map(respelled).collect(),
            ..self.clone()
        }
    }
}

fn lower(names: &BTreeSet<String>) -> BTreeSet<String> {
    names.iter().map(|name| name.to_ascii_lowercase()).collect()
}

fn principals(principals: &Principals) -> Principals {
    let Principals::Of(map) = principals else {
        return Principals::Anyone;
    };
    let everyone = BTreeSet::from(["*".to_owned()]);
    if map.len() == 1 && map.get(&PrincipalType::Aws) == Some(&everyone) {
        return Principals::Anyone;
    }
    let names = |kind: PrincipalType, names: &BTreeSet<String>| match kind {
        PrincipalType::Aws => names
            .iter()
            .map(|name| account_of_root(name).unwrap_or(name).to_owned())
            .collect(),
        _ => names.clone(),
    };
    Principals::Of(
        map.iter()
            .map(|(kind, set)| (*kind, names(*kind, set)))
            .collect(),
    )
}

/// The account id in `arn:<partition>:iam::<account>:root`.
fn account_of_root(name: &str) -> Option<&str> {
    let (partition, rest) = name.strip_prefix("arn:")?.split_once(':')?;
    let account = rest.strip_prefix("iam::")?.strip_suffix(":root")?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && partition.starts_with("aws")).then_some(account)
}

fn condition(condition: &Condition) -> Condition {
    condition
        .iter()
        .map(|(operator, keys)| (operator.clone(), fold(keys)))
        .collect()
}

/// The map with its keys in lower case.
fn fold<V: Clone>(map: &BTreeMap<String, V>) -> BTreeMap<String, V> {
    rename(map, |key| key.to_ascii_lowercase())
}

/// The map with other keys; unchanged if two would become one, because joining them would turn two requirements into
/// one.
fn rename<V: Clone>(
    map: &BTreeMap<String, V>,
    name: impl Fn(&String) -> String,
) -> BTreeMap<String, V> {
    let renamed: BTreeMap<String, V> = map
        .iter()
        .map(|(key, value)| (name(key), value.clone()))
        .collect();
    if renamed.len() == map.len() {
        renamed
    } else {
        map.clone()
    }
}
