//! The account as a whole: how much is in it, and all of it in pages.
//!
//! Source of the fields: `GetAccountSummary` and `GetAccountAuthorizationDetails` in botocore's model of `iam`.

use super::document::encoded;
use super::managed_policies::{self, Policy};
use super::names;
use super::pages::{self, Page};
use super::roles::{self, Role};
use super::tags;
use super::{attachments, policy_versions, role_policies, sizes};
use crate::aws::call::{Call, Refusal};
use crate::aws::query::{self, Params, Xml};
use crate::http::Answer;

const ENTITIES: &[&str] = &[
    "User",
    "Role",
    "Group",
    "LocalManagedPolicy",
    "AWSManagedPolicy",
];

pub(super) fn summary(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let quotas = call.quotas();
    let count = |rest: &str| call.db.count(&call.key(rest)) as u64;
    let mut entries = vec![
        ("Roles", count("role/")),
        ("RolesQuota", quotas.roles.into()),
        ("Policies", count("policy/")),
        ("PoliciesQuota", quotas.policies.into()),
        ("PolicySizeQuota", 6144),
        ("PolicyVersionsInUse", count("policy-version/")),
        ("PolicyVersionsInUseQuota", 10_000),
        ("VersionsPerPolicyQuota", 5),
        (
            "AttachedPoliciesPerRoleQuota",
            quotas.attached_policies.into(),
        ),
        ("AssumeRolePolicySizeQuota", quotas.trust_policy_size.into()),
        ("RolePolicySizeQuota", sizes::INLINE_PER_ROLE as u64),
        ("Providers", count("oidc-provider/")),
        ("Users", 0),
        ("UsersQuota", 5000),
        ("Groups", 0),
        ("GroupsQuota", 300),
        ("InstanceProfiles", 0),
        ("InstanceProfilesQuota", 1000),
        ("MFADevices", 0),
        ("MFADevicesInUse", 0),
        ("AccountMFAEnabled", 0),
        ("AccountAccessKeysPresent", 0),
        ("AccountSigningCertificatesPresent", 0),
    ];
    entries.sort_unstable();
    Ok(query::result(call, |xml| {
        xml.element("SummaryMap", |xml| {
            for (key, value) in &entries {
                xml.element("entry", |xml| {
                    xml.text("key", key);
                    xml.text("value", &value.to_string());
                });
            }
        });
    }))
}

/// What a page of details holds.
enum Detail {
    Role(Box<Role>),
    Policy(Box<Policy>),
}

/// Pages may hold fewer items than asked for, and do: at most [`crate::Options::details_page`].
pub(super) fn details(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let filter = params.list("Filter");
    if filter
        .iter()
        .any(|entity| !ENTITIES.contains(&entity.as_str()))
    {
        let set = ENTITIES.join(", ");
        return Err(names::constraint(
            "filter",
            &format!("Member must satisfy enum value set: [{set}]"),
        ));
    }
    let wants = |entity: &str| filter.is_empty() || filter.iter().any(|wanted| wanted == entity);
    let mut asked = pages::asked(params)?;
    asked.most = asked.most.min(call.options.details_page.max(1) as usize);
    let (role_prefix, policy_prefix) = (roles::prefix(call.account()), call.key("policy/"));
    let roles = call
        .db
        .scan_after::<Role>(
            &role_prefix,
            asked.after.strip_prefix("role/").unwrap_or_default(),
        )
        .filter(|_| wants("Role"))
        .map(|(key, role)| (format!("role/{key}"), Detail::Role(Box::new(role))));
    let policies = call
        .db
        .scan::<Policy>(&policy_prefix)
        .filter(|_| wants("LocalManagedPolicy"))
        .map(|(key, policy)| (format!("policy/{key}"), Detail::Policy(Box::new(policy))));
    let page = Page::of(&asked, policies.chain(roles));
    let mut roles = Vec::new();
    let mut policies = Vec::new();
    for item in &page.items {
        match item {
            Detail::Role(role) => roles.push(role),
            Detail::Policy(policy) => policies.push(policy),
        }
    }
    Ok(query::result(call, |xml| {
        xml.element("UserDetailList", |_| {});
        xml.element("GroupDetailList", |_| {});
        xml.members("RoleDetailList", roles, |xml, role| {
            write_role(call, xml, role)
        });
        xml.members("Policies", policies, |xml, policy| {
            write_policy(call, xml, policy)
        });
        page.write_end(xml);
    }))
}

/// `RoleDetail` has neither description nor session length.
fn write_role(call: &Call<'_>, xml: &mut Xml, role: &Role) {
    roles::write_base(call, xml, role);
    xml.element("InstanceProfileList", |_| {});
    xml.members(
        "RolePolicyList",
        role_policies::of_role(call, &role.name),
        |xml, policy| {
            xml.text("PolicyName", &policy.name);
            xml.text("PolicyDocument", &encoded(&policy.document));
        },
    );
    xml.members(
        "AttachedManagedPolicies",
        attachments::of_role(call, &role.name),
        |xml, item| {
            item.write(xml);
        },
    );
    roles::write_boundary(xml, role);
    tags::write_list(xml, &role.tags);
    xml.element("RoleLastUsed", |_| {});
}

fn write_policy(call: &Call<'_>, xml: &mut Xml, policy: &Policy) {
    managed_policies::write(xml, policy, managed_policies::usage(call, &policy.arn));
    policy_versions::write_all(
        xml,
        &policy_versions::of(call, policy),
        policy.default_version,
    );
}
