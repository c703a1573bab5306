//! What calls about pod identity associations ask for: clusters, their associations, and to hand roles to EKS.
//!
//! Owns the rights of `read`, `listing` and `write`.

use std::collections::BTreeSet;

use wip_space::{Method, Space};

use crate::pods;
use crate::rights::{Limit, Right, role_arns};

/// The rights for the associations of a Space.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let mut rights = Vec::new();
    let identities = space.identities.iter();
    for identity in identities.filter(|identity| identity.method == Method::PodIdentity) {
        for (cluster, _) in pods::clusters(space, identity) {
            let account = cluster.account;
            let own = [cluster.arn()];
            let associations = [cluster
                .arn()
                .replace(":cluster/", ":podidentityassociation/")
                + "/*"];
            let list = ["eks:ListPodIdentityAssociations"];
            let read = ["eks:DescribePodIdentityAssociation"];
            rights.extend(Right::look(account, "ListAssociations", &list, &own));
            rights.extend(Right::look(
                account,
                "ReadAssociations",
                &read,
                &associations,
            ));
            let create = ["eks:CreatePodIdentityAssociation", "eks:TagResource"];
            let write = [
                "eks:UpdatePodIdentityAssociation",
                "eks:DeletePodIdentityAssociation",
                "eks:TagResource",
                "eks:UntagResource",
            ];
            rights.extend(Right::change(account, "MakeAssociations", &create, &own));
            let write = Right::change(account, "WriteAssociations", &write, &associations);
            rights.extend(write);
            // "The IAM principal that is creating the association must have iam:PassRole" ("Assign an IAM role to a
            // Kubernetes service account", Amazon EKS user guide).
            let service = BTreeSet::from(["pods.eks.amazonaws.com".to_owned()]);
            let limit: Limit = ("StringEquals", "iam:PassedToService", service);
            let roles = role_arns(space, identity);
            let pass = Right::change(account, "HandRoles", &["iam:PassRole"], &roles);
            rights.extend(pass.into_iter().map(|right| right.limited(&limit)));
        }
    }
    rights
}
