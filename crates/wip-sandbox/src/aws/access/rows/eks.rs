//! EKS: rows, resources and condition keys.
//!
//! Source: "Actions, resources, and condition keys for Amazon Elastic Kubernetes Service" in the service authorization reference; that a role can only be given to EKS with `iam:PassRole`: "Assign an IAM role to a Kubernetes service account" in the EKS user guide.

use serde_json::{Map, Value};

use super::{Kind, Need, On, Row, need as plain, row};
use crate::aws::call::Call;
use crate::aws::rest::segments;
use crate::http::Request;

const CLUSTER: On = On::Named(Kind::Cluster);
const ASSOCIATION: On = On::Named(Kind::Association);
const TAGGED: On = On::Named(Kind::Tagged);

pub(super) const ROWS: &[Row] = &[
    row("CreateCluster", "eks:CreateCluster", On::Anything),
    row("ListClusters", "eks:ListClusters", On::Anything),
    row("DescribeCluster", "eks:DescribeCluster", CLUSTER),
    row("ListAddons", "eks:ListAddons", CLUSTER),
    row("DescribeAddon", "eks:DescribeAddon", On::Named(Kind::Addon)),
    row(
        "CreatePodIdentityAssociation",
        "eks:CreatePodIdentityAssociation",
        CLUSTER,
    ),
    row(
        "ListPodIdentityAssociations",
        "eks:ListPodIdentityAssociations",
        CLUSTER,
    ),
    row(
        "DescribePodIdentityAssociation",
        "eks:DescribePodIdentityAssociation",
        ASSOCIATION,
    ),
    row(
        "UpdatePodIdentityAssociation",
        "eks:UpdatePodIdentityAssociation",
        ASSOCIATION,
    ),
    row(
        "DeletePodIdentityAssociation",
        "eks:DeletePodIdentityAssociation",
        ASSOCIATION,
    ),
    row("TagResource", "eks:TagResource", TAGGED),
    row("UntagResource", "eks:UntagResource", TAGGED),
    row("ListTagsForResource", "eks:ListTagsForResource", TAGGED),
];

/// The action on what the request names.
pub(super) fn need(call: &Call<'_>, request: &Request, action: &str, kind: Kind) -> Need {
    let segments = segments(request);
    let at = |index: usize| segments.get(index).map_or("", String::as_str);
    let rest = match kind {
        // The id of an add-on is not known here, and no policy of the sandbox's callers names one.
        Kind::Addon => format!("addon/{}/{}/*", at(1), at(3)),
        Kind::Association => format!("podidentityassociation/{}/{}", at(1), at(3)),
        Kind::Tagged => {
            let arn = segments.get(1..).unwrap_or_default().join("/");
            return plain(action, &arn);
        }
        _ => format!("cluster/{}", at(1)),
    };
    let (partition, region, account) = (call.partition, &call.region, call.account());
    let resource = format!("arn:{partition}:eks:{region}:{account}:{rest}");
    plain(action, &resource)
}

/// Giving a role to EKS, and tagging what is being made.
pub(super) fn more(request: &Request, needs: &mut Vec<Need>, operation: &str) {
    if !matches!(
        operation,
        "CreatePodIdentityAssociation" | "UpdatePodIdentityAssociation"
    ) {
        return;
    }
    let body: Map<String, Value> = serde_json::from_slice(&request.body).unwrap_or_default();
    if let Some(role) = body.get("roleArn").and_then(Value::as_str) {
        let mut pass = plain("iam:PassRole", role);
        let service = vec!["pods.eks.amazonaws.com".to_owned()];
        pass.keys.push(("iam:PassedToService".to_owned(), service));
        needs.push(pass);
    }
    let tagged = body.get("tags").and_then(Value::as_object);
    if let (Some(first), true) = (needs.first(), tagged.is_some_and(|tags| !tags.is_empty())) {
        let more = plain("eks:TagResource", &first.resource);
        needs.push(more);
    }
}
