//! Roles: create, read, change, delete, list; their tags and boundaries.
//!
//! Source of the fields and errors: the operations of the same names in botocore's model of `iam`; of the messages: answers quoted in public issue threads.
//! Not here: their policies (`role_policies.rs`, `attachments.rs`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::encoded;
use super::names::{self, no_such_entity};
use super::pages::{self, Page};
use super::tags::{self, Tag};
use super::{attachments, kept_principals, managed_policies, role_policies, sizes, trust};
use crate::aws::call::{Call, Refusal, base32_id};
use crate::aws::query::{self, Params, Xml};
use crate::http::Answer;

/// The session length of a role that does not say, in seconds.
pub(super) const SESSION: u32 = 3600;

/// A role as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(super) name: String,
    pub(super) path: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(super) trust: String,
    /// The unique ids of the roles that the trust policy names, by ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) principal_ids: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    /// Seconds.
    pub(crate) max_session: u32,
    /// The ARN of the permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) boundary: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<Tag>,
    pub(super) created_at: Timestamp,
}

/// Where the roles of an account are kept.
pub(super) fn prefix(account: &str) -> String {
    format!("aws/{account}/iam/role/")
}

/// Where a role is kept: names differ by more than case.
pub(crate) fn key_in(account: &str, name: &str) -> String {
    prefix(account) + &name.to_lowercase()
}

/// The role that a call names, and its key.
pub(super) fn named(call: &mut Call<'_>, params: &Params) -> Result<(String, Role), Refusal> {
    let name = names::role_name(params)?;
    call.resource = Some(name.to_owned());
    let key = key_in(call.account(), name);
    let role = call.db.get(&key);
    role.map(|role| (key, role))
        .ok_or_else(|| no_such_entity(format!("The role with name {name} cannot be found.")))
}

/// A new role; its id follows from account, path, name, and how often the name was made before.
pub(super) fn made(
    db: &mut crate::db::Db,
    (account, partition): (&str, &str),
    (path, name): (&str, &str),
    trust: &str,
) -> Role {
    let counter = format!("sandbox/incarnation/{}", key_in(account, name));
    let incarnation = db.get::<u64>(&counter).unwrap_or(0) + 1;
    db.put(&counter, &incarnation);
    Role {
        name: name.to_owned(),
        path: path.to_owned(),
        id: format!(
            "AROA{}",
            base32_id(&[account, path, name, &incarnation.to_string()], 17)
        ),
        arn: format!("arn:{partition}:iam::{account}:role{path}{name}"),
        trust: trust.to_owned(),
        principal_ids: BTreeMap::new(),
        description: None,
        max_session: SESSION,
        boundary: None,
        tags: Vec::new(),
        created_at: crate::aws::call::now(db),
    }
}

pub(super) fn create(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let name = names::role_name(params)?;
    call.resource = Some(name.to_owned());
    let path = names::role_path(params)?;
    let document = names::document(params, "AssumeRolePolicyDocument")?;
    let description = names::role_description(params)?.map(str::to_owned);
    let max_session = names::max_session(params)?.unwrap_or(SESSION);
    let tags = tags::read(params)?;
    trust::check(call, document)?;
    sizes::check_trust(document, call.quotas().trust_policy_size)?;
    let boundary = boundary(call, params)?;
    let key = key_in(call.account(), name);
    if call.db.get_at_once::<Role>(&key).is_some() {
        let message = format!("Role with name {name} already exists.");
        return Err(Refusal::new(409, "EntityAlreadyExists", message));
    }
    let limit = call.quotas().roles;
    if call.db.count(&prefix(call.account())) >= limit as usize {
        return Err(names::quota("RolesPerAccount", limit));
    }
    let account = call.account().to_owned();
    let principal_ids = kept_principals::ids(call, document);
    let role = Role {
        principal_ids,
        description,
        max_session,
        boundary,
        tags,
        ..made(call.db, (&account, call.partition), (path, name), document)
    };
    call.db.put(&key, &role);
    Ok(query::result(call, |xml| {
        xml.element("Role", |xml| write(call, xml, &role))
    }))
}

pub(super) fn get(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let (_, role) = named(call, params)?;
    Ok(query::result(call, |xml| {
        xml.element("Role", |xml| {
            write(call, xml, &role);
            xml.element("RoleLastUsed", |_| {});
        });
    }))
}

fn write(call: &Call<'_>, xml: &mut Xml, role: &Role) {
    write_base(call, xml, role);
    xml.optional("Description", role.description.as_deref());
    xml.text("MaxSessionDuration", &role.max_session.to_string());
    write_boundary(xml, role);
    tags::write(xml, &role.tags);
}

/// The fields that every answer about a role has.
pub(super) fn write_base(call: &Call<'_>, xml: &mut Xml, role: &Role) {
    xml.text("Path", &role.path);
    xml.text("RoleName", &role.name);
    xml.text("RoleId", &role.id);
    xml.text("Arn", &role.arn);
    xml.text("CreateDate", &role.created_at.to_string());
    xml.text(
        "AssumeRolePolicyDocument",
        &encoded(&kept_principals::shown(call, role)),
    );
}

/// `<PermissionsBoundary>`, or nothing where there is none.
pub(super) fn write_boundary(xml: &mut Xml, role: &Role) {
    if let Some(boundary) = &role.boundary {
        xml.element("PermissionsBoundary", |xml| {
            // What IAM answers, though its model names another value.
            xml.text("PermissionsBoundaryType", "Policy");
            xml.text("PermissionsBoundaryArn", boundary);
        });
    }
}

/// `ListRoles` leaves out tags, boundary and last use, as its documentation says.
pub(super) fn list(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let path = names::path_prefix(params)?;
    let asked = pages::asked(params)?;
    let prefix = prefix(call.account());
    let roles = call
        .db
        .scan_after::<Role>(&prefix, &asked.after)
        .filter(|(_, role)| role.path.starts_with(path))
        .map(|(key, role)| (key.to_owned(), role));
    let page = Page::of(&asked, roles);
    Ok(query::result(call, |xml| {
        xml.members("Roles", &page.items, |xml, role| {
            write_base(call, xml, role);
            xml.optional("Description", role.description.as_deref());
            xml.text("MaxSessionDuration", &role.max_session.to_string());
        });
        page.write_end(xml);
    }))
}

pub(super) fn update(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let description = names::role_description(params)?.map(str::to_owned);
    let max_session = names::max_session(params)?;
    let (key, mut role) = named(call, params)?;
    if let Some(description) = description {
        role.description = Some(description).filter(|text| !text.is_empty());
    }
    // Source: UpdateRole: "If you do not specify a value for this setting, the default value of one hour is applied."
    role.max_session = max_session.unwrap_or(SESSION);
    call.db.put(&key, &role);
    Ok(query::result(call, |_| {}))
}

pub(super) fn update_trust(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let document = names::document(params, "PolicyDocument")?;
    let (key, mut role) = named(call, params)?;
    trust::check(call, document)?;
    sizes::check_trust(document, call.quotas().trust_policy_size)?;
    document.clone_into(&mut role.trust);
    role.principal_ids = kept_principals::ids(call, document);
    call.db.put(&key, &role);
    Ok(query::done(call))
}

pub(super) fn delete(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let (key, role) = named(call, params)?;
    let conflict = |message: &str| Refusal::new(409, "DeleteConflict", message);
    if attachments::has_any(call, &role.name) {
        return Err(conflict(
            "Cannot delete entity, must detach all policies first.",
        ));
    }
    if role_policies::has_any(call, &role.name) {
        return Err(conflict(
            "Cannot delete entity, must delete policies first.",
        ));
    }
    call.db.remove(&key);
    Ok(query::done(call))
}

pub(super) fn tag(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let tags = tags::read_required(params)?;
    let (key, mut role) = named(call, params)?;
    tags::add(&mut role.tags, tags, "Role")?;
    call.db.put(&key, &role);
    Ok(query::done(call))
}

pub(super) fn untag(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let keys = tags::read_keys(params)?;
    let (key, mut role) = named(call, params)?;
    tags::remove(&mut role.tags, &keys);
    call.db.put(&key, &role);
    Ok(query::done(call))
}

pub(super) fn list_tags(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let asked = pages::asked(params)?;
    let (_, mut role) = named(call, params)?;
    role.tags.sort_by(|one, other| one.key.cmp(&other.key));
    let page = Page::of(
        &asked,
        role.tags.into_iter().map(|tag| (tag.key.clone(), tag)),
    );
    Ok(query::result(call, |xml| {
        tags::write_list(xml, &page.items);
        page.write_end(xml);
    }))
}

fn boundary(call: &Call<'_>, params: &Params) -> Result<Option<String>, Refusal> {
    if params.text("PermissionsBoundary").is_none() {
        return Ok(None);
    }
    let arn = names::arn(params, "PermissionsBoundary")?;
    if managed_policies::exists(call, arn) {
        return Ok(Some(arn.to_owned()));
    }
    Err(no_such_entity(format!(
        "Scope ARN: {arn} does not exist or is not attachable."
    )))
}

pub(super) fn put_boundary(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    names::required(params, "PermissionsBoundary")?;
    let (key, mut role) = named(call, params)?;
    role.boundary = boundary(call, params)?;
    call.db.put(&key, &role);
    Ok(query::done(call))
}

pub(super) fn delete_boundary(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let (key, mut role) = named(call, params)?;
    role.boundary = None;
    call.db.put(&key, &role);
    Ok(query::done(call))
}

/// No call of the sandbox makes an instance profile, so no role is in one.
pub(super) fn list_instance_profiles(
    call: &mut Call<'_>,
    params: &Params,
) -> Result<Answer, Refusal> {
    let asked = pages::asked(params)?;
    named(call, params)?;
    let page = Page::<()>::of(&asked, std::iter::empty());
    Ok(query::result(call, |xml| {
        xml.element("InstanceProfiles", |_| {});
        page.write_end(xml);
    }))
}
