//! Amazon EKS: clusters, their add-ons and their pod identity associations.
//!
//! Shapes, names and statuses of errors: botocore's model of `eks`.
//! Not here: node groups, and add-ons but for reading them.

mod addons;
mod asked;
mod association;
mod associations;
mod clusters;
mod resources;
#[cfg(test)]
mod tests;

use super::call::{Call, Refusal};
use super::rest::segments;
use crate::http::{Answer, Request};

pub(crate) use addons::plant as plant_addon;
pub(crate) use association::Association;
pub(crate) use associations::{has as has_association, plant as plant_association};
pub(crate) use clusters::{issuer_of, plant};

/// The operation that method and path name.
pub(crate) fn operation(request: &Request) -> String {
    let segments = segments(request);
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let name = match (request.method.as_str(), &path[..]) {
        ("POST", ["clusters"]) => "CreateCluster",
        ("GET", ["clusters"]) => "ListClusters",
        ("GET", ["clusters", _]) => "DescribeCluster",
        ("GET", ["clusters", _, "addons"]) => "ListAddons",
        ("GET", ["clusters", _, "addons", _]) => "DescribeAddon",
        ("POST", ["clusters", _, ASSOCIATIONS]) => "CreatePodIdentityAssociation",
        ("GET", ["clusters", _, ASSOCIATIONS]) => "ListPodIdentityAssociations",
        ("GET", ["clusters", _, ASSOCIATIONS, _]) => "DescribePodIdentityAssociation",
        ("POST", ["clusters", _, ASSOCIATIONS, _]) => "UpdatePodIdentityAssociation",
        ("DELETE", ["clusters", _, ASSOCIATIONS, _]) => "DeletePodIdentityAssociation",
        ("POST", ["tags", ..]) => "TagResource",
        ("DELETE", ["tags", ..]) => "UntagResource",
        ("GET", ["tags", ..]) => "ListTagsForResource",
        (method, _) => return format!("{method} {}", request.path),
    };
    name.to_owned()
}

const ASSOCIATIONS: &str = "pod-identity-associations";

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let segments = segments(request);
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (call.operation.as_str(), &path[..]) {
        ("CreateCluster", _) => clusters::create(call, request),
        ("ListClusters", _) => clusters::list(call, request),
        ("DescribeCluster", [_, name]) => clusters::describe(call, name),
        ("ListAddons", [_, cluster, _]) => addons::list(call, request, cluster),
        ("DescribeAddon", [_, cluster, _, addon]) => addons::describe(call, cluster, addon),
        ("CreatePodIdentityAssociation", [_, cluster, _]) => {
            associations::create(call, request, cluster)
        }
        ("ListPodIdentityAssociations", [_, cluster, _]) => {
            associations::list(call, request, cluster)
        }
        ("DescribePodIdentityAssociation", [_, cluster, _, id]) => {
            associations::describe(call, cluster, id)
        }
        ("UpdatePodIdentityAssociation", [_, cluster, _, id]) => {
            associations::update(call, request, cluster, id)
        }
        ("DeletePodIdentityAssociation", [_, cluster, _, id]) => {
            associations::delete(call, cluster, id)
        }
        ("TagResource", [_, arn @ ..]) => resources::tag(call, request, &arn.join("/")),
        ("UntagResource", [_, arn @ ..]) => resources::untag(call, request, &arn.join("/")),
        ("ListTagsForResource", [_, arn @ ..]) => resources::list_tags(call, &arn.join("/")),
        // An operation that the sandbox does not serve.
        _ => Err(Refusal::new(
            404,
            "UnknownOperationException",
            format!("unknown: {}", call.operation),
        )),
    }
}
