//! AWS IAM: roles, their policies, managed policies, OpenID Connect providers.
//!
//! Not here: the wire (`query.rs`), and what a policy lets anybody do (`access`).

mod account;
mod attachments;
mod document;
mod kept_principals;
mod managed_policies;
mod names;
mod of_aws;
mod oidc_providers;
mod pages;
pub(crate) mod permissions;
mod pods;
mod policy_grammar;
mod policy_versions;
mod principals;
mod resources;
mod role_policies;
pub(crate) mod roles;
mod sizes;
mod tags;
#[cfg(test)]
mod tests;
mod trust;

pub(crate) use pods::{pods_may_assume, trust_of};

use super::call::{Call, Refusal, partition_of};
use super::query::{self, Params};
use crate::db::Db;
use crate::http::{Answer, Request};
use crate::seed::RoleSeed;

const VERSION: &str = "2010-05-08";

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let params = &Params::of(request);
    query::check_version(params, VERSION)?;
    match call.operation.as_str() {
        "CreateRole" => roles::create(call, params),
        "GetRole" => roles::get(call, params),
        "ListRoles" => roles::list(call, params),
        "UpdateRole" => roles::update(call, params),
        "UpdateAssumeRolePolicy" => roles::update_trust(call, params),
        "DeleteRole" => roles::delete(call, params),
        "TagRole" => roles::tag(call, params),
        "UntagRole" => roles::untag(call, params),
        "ListRoleTags" => roles::list_tags(call, params),
        "PutRolePermissionsBoundary" => roles::put_boundary(call, params),
        "DeleteRolePermissionsBoundary" => roles::delete_boundary(call, params),
        "ListInstanceProfilesForRole" => roles::list_instance_profiles(call, params),
        "PutRolePolicy" => role_policies::put(call, params),
        "GetRolePolicy" => role_policies::get(call, params),
        "DeleteRolePolicy" => role_policies::delete(call, params),
        "ListRolePolicies" => role_policies::list(call, params),
        "AttachRolePolicy" => attachments::attach(call, params),
        "DetachRolePolicy" => attachments::detach(call, params),
        "ListAttachedRolePolicies" => attachments::list(call, params),
        "CreatePolicy" => managed_policies::create(call, params),
        "GetPolicy" => managed_policies::get(call, params),
        "DeletePolicy" => managed_policies::delete(call, params),
        "ListEntitiesForPolicy" => managed_policies::list_entities(call, params),
        "TagPolicy" => managed_policies::tag(call, params),
        "UntagPolicy" => managed_policies::untag(call, params),
        "GetPolicyVersion" => policy_versions::get(call, params),
        "CreatePolicyVersion" => policy_versions::create(call, params),
        "DeletePolicyVersion" => policy_versions::delete(call, params),
        "ListPolicyVersions" => policy_versions::list(call, params),
        "CreateOpenIDConnectProvider" => oidc_providers::create(call, params),
        "GetOpenIDConnectProvider" => oidc_providers::get(call, params),
        "ListOpenIDConnectProviders" => oidc_providers::list(call),
        "DeleteOpenIDConnectProvider" => oidc_providers::delete(call, params),
        "AddClientIDToOpenIDConnectProvider" => oidc_providers::add_client_id(call, params),
        "RemoveClientIDFromOpenIDConnectProvider" => oidc_providers::remove_client_id(call, params),
        "UpdateOpenIDConnectProviderThumbprint" => oidc_providers::update_thumbprints(call, params),
        "TagOpenIDConnectProvider" => oidc_providers::tag(call, params),
        "UntagOpenIDConnectProvider" => oidc_providers::untag(call, params),
        "GetAccountSummary" => account::summary(call),
        "GetAccountAuthorizationDetails" => account::details(call, params),
        other => Err(query::unknown_operation(other, VERSION)),
    }
}

/// Adds a customer's policy where there is none of its name.
pub(crate) fn plant_policy(db: &mut Db, arn: &str) {
    managed_policies::plant(db, arn);
}

/// Adds a role where there is none of its name. A seeded trust policy is taken as it is.
pub(crate) fn plant(db: &mut Db, seed: &RoleSeed) {
    let key = roles::key_in(&seed.account, &seed.name);
    if db.get_at_once::<roles::Role>(&key).is_some() {
        return;
    }
    let trust = seed.trust.as_ref().map_or_else(
        || {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#
                .to_owned()
        },
        ToString::to_string,
    );
    let partition = seed.region.as_deref().map_or("aws", partition_of);
    let path = seed.path.as_deref().unwrap_or("/");
    let role = roles::made(db, (&seed.account, partition), (path, &seed.name), &trust);
    db.put(&key, &role);
    for arn in &seed.attach {
        attachments::plant(db, &seed.account, &role.name, arn);
    }
}
