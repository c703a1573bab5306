//! What EKS asks of a role whose credentials it is to hand to pods.
//!
//! Source: "Create IAM role with trust policy required by EKS Pod Identity" in the EKS user guide.
//! Not here: under which conditions EKS may assume the role, which it finds out only when it does.

use super::document::Node;
use super::roles::{self, Role};
use crate::aws::call::Call;

/// The service that assumes roles for pods.
const PODS: &str = "pods.eks.amazonaws.com";

/// The trust policy of a role, where there is one of that ARN and it is visible yet.
pub(crate) fn trust_of(call: &Call<'_>, arn: &str) -> Option<String> {
    let (head, path) = arn.split_once(":role/")?;
    let account = head.rsplit(':').next()?;
    let name = path.rsplit('/').next()?;
    let role: Role = call.db.get(&roles::key_in(account, name))?;
    (role.arn == arn).then_some(role.trust)
}

/// Whether a trust policy lets EKS Pod Identity assume the role and tag its sessions, perhaps in two statements.
pub(crate) fn pods_may_assume(trust: &str) -> bool {
    let root = Node::read(trust);
    let statements = root.as_ref().and_then(|root| root.get("Statement"));
    let statements = statements.map_or(&[] as &[Node], Node::items);
    let allows = |action: &str| {
        statements.iter().any(|statement| {
            let texts = |node: Option<&Node>| {
                let texts = node.and_then(Node::texts).unwrap_or_default();
                texts.into_iter().map(str::to_owned).collect::<Vec<_>>()
            };
            let principal = statement.get("Principal");
            let services = texts(principal.and_then(|principal| principal.get("Service")));
            let actions = texts(statement.get("Action"));
            statement.get("Effect").and_then(Node::text) == Some("Allow")
                && services.iter().any(|service| service == PODS)
                && actions.iter().any(|given| {
                    let given = given.to_ascii_lowercase();
                    given == action || given == "sts:*" || given == "*"
                })
        })
    };
    allows("sts:assumerole") && allows("sts:tagsession")
}
