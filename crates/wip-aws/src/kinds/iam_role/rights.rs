//! What calls about roles ask for: roles by the path and the names of the Space, policies by the same.
//!
//! Owns the rights of `read`, `listing`, `write` and `managed`.

use std::collections::{BTreeMap, BTreeSet};

use wip_space::{Existing, Identity, PolicyForm, Space};

use super::listing::FEW;
use crate::rights::{Limit, Right, asked_arns, names, role_arns};

/// What looks at one role.
const READS: &[&str] = &[
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
];

/// What makes, changes and deletes a role. Tags at creation need the right to tag besides ("Tagging IAM resources", IAM
/// User Guide).
const WRITES: &[&str] = &[
    "iam:CreateRole",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:ListInstanceProfilesForRole",
    "iam:DeleteRole",
];

/// What makes, changes and deletes a managed policy.
const POLICY_WRITES: &[&str] = &[
    "iam:CreatePolicy",
    "iam:TagPolicy",
    "iam:CreatePolicyVersion",
    "iam:ListPolicyVersions",
    "iam:DeletePolicyVersion",
    "iam:DeletePolicy",
];

/// The rights for the roles of a Space.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let mut rights = Vec::new();
    let mut roles: BTreeMap<&String, usize> = BTreeMap::new();
    for identity in &space.identities {
        let account = &identity.account;
        match identity.role.existing {
            // It is looked at as a fact.
            Existing::Reference => continue,
            Existing::TrustOnly => {
                let writes = ["iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:UntagRole"];
                let arns = role_arns(space, identity);
                rights.extend(Right::change(account, "WriteTrusts", &writes, &arns));
            }
            Existing::Manage => rights.extend(whole(space, identity)),
        }
        let arns = asked_arns(space, identity);
        rights.extend(Right::look(account, "FindRoles", &["iam:GetRole"], &arns));
        *roles.entry(account).or_default() += 1;
    }
    for (account, count) in roles {
        if count > FEW {
            let calls = [
                "iam:GetAccountSummary",
                "iam:ListRoles",
                "iam:GetAccountAuthorizationDetails",
            ];
            let without = "roles are read one by one, which takes longer";
            let everything = ["*".to_owned()];
            let listing = Right::look(account, "OptionalListing", &calls, &everything);
            rights.extend(listing.into_iter().map(|right| right.optional(without)));
        }
    }
    rights
}

/// Of a role that wip owns whole.
fn whole(space: &Space, identity: &Identity) -> Vec<Right> {
    let Identity {
        account,
        partition,
        role,
        ..
    } = identity;
    let arns = role_arns(space, identity);
    let policies = names(space, &role.name, true).into_iter();
    let policies: Vec<String> = policies
        .map(|name| format!("arn:{partition}:iam::{account}:policy{}{name}", role.path))
        .collect();
    let is_managed = role.policies == PolicyForm::Managed;
    let reads = ["iam:GetPolicy", "iam:GetPolicyVersion"];
    let foreign = [format!("arn:{partition}:iam::*:policy/*")];
    let without = "a policy that somebody attached is not taken off, because it may deny";
    let foreign = Right::look(account, "OptionalForeignPolicies", &reads, &foreign);

    let mut rights = Right::look(account, "ReadRoles", READS, &arns);
    rights.extend(foreign.into_iter().map(|right| right.optional(without)));
    rights.extend(Right::change(account, "WriteRoles", WRITES, &arns));
    // One that somebody took off is put back, and one that nobody wants is taken off: never both.
    let boundary = match role.permissions_boundary {
        Some(_) => "iam:PutRolePermissionsBoundary",
        None => "iam:DeleteRolePermissionsBoundary",
    };
    rights.extend(Right::change(account, "WriteRoles", &[boundary], &arns));
    if !is_managed {
        let inline = ["iam:PutRolePolicy"];
        rights.extend(Right::change(account, "WriteRoles", &inline, &arns));
    }
    if is_managed {
        rights.extend(Right::look(account, "ReadPolicies", &reads, &policies));
        let writes = Right::change(account, "WritePolicies", POLICY_WRITES, &policies);
        rights.extend(writes);
    }
    let ours = policies.into_iter().filter(|_| is_managed);
    let attached: BTreeSet<String> = role.attach.iter().cloned().chain(ours).collect();
    if !attached.is_empty() {
        // Whoever may attach any policy may do anything.
        let limit: Limit = ("ArnLike", "iam:PolicyARN", attached);
        let attach = Right::change(account, "AttachPolicies", &["iam:AttachRolePolicy"], &arns);
        rights.extend(attach.into_iter().map(|right| right.limited(&limit)));
    }
    rights
}
