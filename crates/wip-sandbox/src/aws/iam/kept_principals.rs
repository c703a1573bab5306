//! What becomes of a trust policy when a role that it names is deleted.
//!
//! Source: "AWS JSON policy elements: Principal" in the IAM user guide: IAM keeps the unique id of a role, shows its ARN as long as the role is there, and the id from then on, also when another role of the same name is made.

use std::collections::BTreeMap;

use super::document::Node;
use super::roles::{self, Role};
use crate::aws::call::Call;

/// The unique ids of the roles that a trust policy names by their ARN.
pub(super) fn ids(call: &Call<'_>, document: &str) -> BTreeMap<String, String> {
    let root = Node::read(document);
    let statements = root.as_ref().and_then(|root| root.get("Statement"));
    let names = statements
        .map_or(&[] as &[Node], Node::items)
        .iter()
        .filter_map(|statement| statement.get("Principal")?.get("AWS")?.texts())
        .flatten();
    names
        .filter_map(|arn| Some((arn.to_owned(), role(call, arn)?.id)))
        .collect()
}

/// A role's trust policy as IAM shows it now.
pub(super) fn shown(call: &Call<'_>, trust: &Role) -> String {
    let mut document = trust.trust.clone();
    for (arn, id) in &trust.principal_ids {
        if role(call, arn).is_none_or(|role| role.id != *id) {
            document = document.replace(&format!("\"{arn}\""), &format!("\"{id}\""));
        }
    }
    document
}

fn role(call: &Call<'_>, arn: &str) -> Option<Role> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts[..] else {
        return None;
    };
    let name = resource.strip_prefix("role/")?.rsplit('/').next()?;
    call.db
        .get_at_once::<Role>(&roles::key_in(account, name))
        .filter(|role| role.arn == arn)
}
