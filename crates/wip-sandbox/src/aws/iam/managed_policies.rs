//! Managed policies: the customer's, and the few of AWS that the sandbox knows.
//!
//! Source of the fields and errors: the operations of the same names in botocore's model of `iam`; names of AWS's policies: "AWS Managed Policy Reference Guide".
//! Not here: versions (`policy_versions.rs`) and attachments (`attachments.rs`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::names::{self, no_such_entity};
use super::pages::{self, Page};
use super::policy_versions;
use super::roles::{self, Role};
use super::tags::{self, Tag};
use super::{attachments, of_aws, policy_grammar, sizes};
use crate::aws::call::{Call, Refusal, base32_id, now};
use crate::aws::query::{self, Params, Xml};
use crate::db::Db;
use crate::http::Answer;

/// The path and name of each policy of AWS that may be attached and read.
const OF_AWS: &[&str] = &[
    "AdministratorAccess",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEKSClusterPolicy",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSSMManagedInstanceCore",
    "AmazonSSMReadOnlyAccess",
    "AWSDenyAll",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecretsManagerReadWrite",
    "SecurityAudit",
    "job-function/ViewOnlyAccess",
    "service-role/AmazonEBSCSIDriverPolicy",
];

/// A customer's policy as it is kept; its versions are records of their own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Policy {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    /// The number of the version in force.
    pub(super) default_version: u32,
    /// The number of the version made last.
    pub(super) last_version: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<Tag>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

fn key(call: &Call<'_>, name: &str) -> String {
    key_in(call.account(), name)
}

/// Where a customer's policy is kept.
pub(super) fn key_in(account: &str, name: &str) -> String {
    format!("aws/{account}/iam/policy/{}", name.to_lowercase())
}

/// The path in a policy's ARN.
pub(super) fn path_of(arn: &str) -> &str {
    let rest = arn.split_once(":policy").map_or("/", |(_, rest)| rest);
    rest.rfind('/').map_or("/", |end| &rest[..=end])
}

/// The policy of AWS that an ARN names, as its path and name without the first slash.
pub(super) fn of_aws<'a>(call: &Call<'_>, arn: &'a str) -> Option<&'a str> {
    let rest = arn.strip_prefix(&format!("arn:{}:iam::aws:policy/", call.partition))?;
    OF_AWS.contains(&rest).then_some(rest)
}

/// The customer's policy of an ARN.
pub(super) fn of_customer(call: &Call<'_>, arn: &str) -> Option<Policy> {
    let name = arn.rsplit('/').next()?;
    call.db
        .get::<Policy>(&key(call, name))
        .filter(|policy| policy.arn == arn)
}

/// Whether an ARN names a policy that can be attached.
pub(super) fn exists(call: &Call<'_>, arn: &str) -> bool {
    of_aws(call, arn).is_some() || of_customer(call, arn).is_some()
}

/// The ARN of `PolicyArn`, which must be that of a policy.
pub(super) fn policy_arn<'p>(call: &mut Call<'_>, params: &'p Params) -> Result<&'p str, Refusal> {
    let arn = names::arn(params, "PolicyArn")?;
    call.resource = arn.rsplit('/').next().map(str::to_owned);
    if arn.contains(":policy/") {
        Ok(arn)
    } else {
        Err(names::not_an_arn(arn))
    }
}

/// The customer's policy that a call is about to change.
pub(super) fn named(call: &mut Call<'_>, params: &Params) -> Result<(String, Policy), Refusal> {
    let arn = policy_arn(call, params)?;
    if of_aws(call, arn).is_some() {
        let message = format!("Policy {arn} is an AWS managed policy and cannot be changed.");
        return Err(Refusal::new(403, "AccessDenied", message));
    }
    let policy = of_customer(call, arn).ok_or_else(|| missing(arn))?;
    Ok((key(call, &policy.name), policy))
}

/// The refusal of a policy that is not there.
pub(super) fn missing(arn: &str) -> Refusal {
    no_such_entity(format!("Policy {arn} was not found."))
}

pub(super) fn create(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let name = names::policy_name(params)?;
    call.resource = Some(name.to_owned());
    let path = names::policy_path(params)?;
    let document = names::document(params, "PolicyDocument")?;
    let description = names::policy_description(params)?.map(str::to_owned);
    let tags = tags::read(params)?;
    policy_grammar::check(document, call.partition)?;
    sizes::check_managed(document)?;
    let key = key(call, name);
    if call.db.get_at_once::<Policy>(&key).is_some() {
        let message =
            format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(Refusal::new(409, "EntityAlreadyExists", message));
    }
    let limit = call.quotas().policies;
    if call.db.count(&call.key("policy/")) >= limit as usize {
        return Err(names::quota("PoliciesPerAccount", limit));
    }
    let arn = format!(
        "arn:{}:iam::{}:policy{path}{name}",
        call.partition,
        call.account()
    );
    let policy = Policy {
        description,
        tags,
        ..made(call.db, &key, &arn)
    };
    call.db.put(&key, &policy);
    policy_versions::put(call, &policy, 1, document);
    Ok(query::result(call, |xml| {
        xml.element("Policy", |xml| {
            write(xml, &policy, (0, 0));
            tags::write(xml, &policy.tags);
        });
    }))
}

/// The record of a new policy at `key`.
fn made(db: &mut Db, key: &str, arn: &str) -> Policy {
    let counter = format!("sandbox/incarnation/{key}");
    let incarnation = db.get::<u64>(&counter).unwrap_or(0) + 1;
    db.put(&counter, &incarnation);
    let account = arn.split(':').nth(4).unwrap_or_default();
    let (path, name) = (path_of(arn), arn.rsplit('/').next().unwrap_or_default());
    let created_at = now(db);
    Policy {
        name: name.to_owned(),
        path: path.to_owned(),
        id: format!(
            "ANPA{}",
            base32_id(&[account, path, name, &incarnation.to_string()], 17)
        ),
        arn: arn.to_owned(),
        description: None,
        default_version: 1,
        last_version: 1,
        tags: Vec::new(),
        created_at,
        updated_at: created_at,
    }
}

/// Adds a customer's policy where there is none of its name; it allows nothing.
pub(super) fn plant(db: &mut Db, arn: &str) {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let key = key_in(account, arn.rsplit('/').next().unwrap_or_default());
    if db.get_at_once::<Policy>(&key).is_some() {
        return;
    }
    let policy = made(db, &key, arn);
    db.put(&key, &policy);
    // It allows nothing that anybody could ask for.
    policy_versions::put_in(db, account, &policy, 1, of_aws::NOTHING);
}

pub(super) fn get(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let arn = policy_arn(call, params)?;
    let policy = of_customer(call, arn)
        .or_else(|| Some(as_policy(call, of_aws(call, arn)?, arn)))
        .ok_or_else(|| missing(arn))?;
    let counts = usage(call, arn);
    Ok(query::result(call, |xml| {
        xml.element("Policy", |xml| {
            write(xml, &policy, counts);
            xml.optional("Description", policy.description.as_deref());
            tags::write(xml, &policy.tags);
        });
    }))
}

fn as_policy(call: &Call<'_>, rest: &str, arn: &str) -> Policy {
    let created_at = Timestamp::UNIX_EPOCH;
    Policy {
        name: rest.rsplit('/').next().unwrap_or_default().to_owned(),
        path: path_of(arn).to_owned(),
        id: format!("ANPA{}", base32_id(&[call.partition, "aws", rest], 17)),
        arn: arn.to_owned(),
        description: None,
        default_version: 1,
        last_version: 1,
        tags: Vec::new(),
        created_at,
        updated_at: created_at,
    }
}

/// How many roles a policy is attached to, and of how many it is the boundary.
pub(super) fn usage(call: &Call<'_>, arn: &str) -> (usize, usize) {
    (
        attachments::of_policy(call, arn).len(),
        bounded(call, arn).len(),
    )
}

/// The roles that have the policy as their boundary.
fn bounded(call: &Call<'_>, arn: &str) -> Vec<Role> {
    let prefix = roles::prefix(call.account());
    let roles = call.db.scan::<Role>(&prefix).map(|(_, role)| role);
    roles
        .filter(|role| role.boundary.as_deref() == Some(arn))
        .collect()
}

/// The fields that every answer about a policy has.
pub(super) fn write(xml: &mut Xml, policy: &Policy, (attached, bounded): (usize, usize)) {
    xml.text("PolicyName", &policy.name);
    xml.text("PolicyId", &policy.id);
    xml.text("Arn", &policy.arn);
    xml.text("Path", &policy.path);
    xml.text("DefaultVersionId", &format!("v{}", policy.default_version));
    xml.text("AttachmentCount", &attached.to_string());
    xml.text("PermissionsBoundaryUsageCount", &bounded.to_string());
    xml.text("IsAttachable", "true");
    xml.text("CreateDate", &policy.created_at.to_string());
    xml.text("UpdateDate", &policy.updated_at.to_string());
}

pub(super) fn delete(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let (key, policy) = named(call, params)?;
    let conflict = |message: &str| Refusal::new(409, "DeleteConflict", message);
    if attachments::is_attached(call, &policy.arn) || !bounded(call, &policy.arn).is_empty() {
        return Err(conflict("Cannot delete a policy attached to entities."));
    }
    if policy_versions::of(call, &policy).len() > 1 {
        return Err(conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        ));
    }
    policy_versions::remove_all(call, &policy);
    call.db.remove(&key);
    Ok(query::done(call))
}

pub(super) fn tag(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let tags = tags::read_required(params)?;
    let (key, mut policy) = named(call, params)?;
    tags::add(&mut policy.tags, tags, "Policy")?;
    call.db.put(&key, &policy);
    Ok(query::done(call))
}

pub(super) fn untag(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let keys = tags::read_keys(params)?;
    let (key, mut policy) = named(call, params)?;
    tags::remove(&mut policy.tags, &keys);
    call.db.put(&key, &policy);
    Ok(query::done(call))
}

/// Only roles use policies here; there are no users and no groups.
pub(super) fn list_entities(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let arn = policy_arn(call, params)?;
    let asked = pages::asked(params)?;
    let path = names::path_prefix(params)?;
    if !exists(call, arn) {
        return Err(missing(arn));
    }
    let usage = params.text("PolicyUsageFilter");
    let mut roles: Vec<Role> = Vec::new();
    if usage != Some("PermissionsBoundary") {
        let keys = attachments::of_policy(call, arn)
            .into_iter()
            .map(|item| roles::key_in(call.account(), &item.role));
        roles.extend(keys.filter_map(|key| call.db.get::<Role>(&key)));
    }
    if usage != Some("PermissionsPolicy") {
        roles.extend(bounded(call, arn));
    }
    roles.sort_by_key(|role| role.name.to_lowercase());
    roles.dedup_by(|one, other| one.id == other.id);
    roles.retain(|role| role.path.starts_with(path));
    if !matches!(params.text("EntityFilter"), None | Some("Role")) {
        roles.clear();
    }
    let page = Page::of(
        &asked,
        roles
            .into_iter()
            .map(|role| (role.name.to_lowercase(), role)),
    );
    Ok(query::result(call, |xml| {
        xml.element("PolicyGroups", |_| {});
        xml.element("PolicyUsers", |_| {});
        xml.members("PolicyRoles", &page.items, |xml, role| {
            xml.text("RoleName", &role.name);
            xml.text("RoleId", &role.id);
        });
        page.write_end(xml);
    }))
}
