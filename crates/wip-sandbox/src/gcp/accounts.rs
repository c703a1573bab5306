//! Identity and Access Management: service accounts and their policies.
//!
//! Sources: `iam.projects.serviceAccounts.*` in the discovery document of version 1 (lengths and characters are in its words); "Delete and undelete service accounts" (30 days, by the unique id).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::{Call, Refusal, body, result};
use super::cel::Asked;
use super::policy::{self, Resource};
use super::roles::Sort;
use super::{no_method, projects, rights};
use crate::aws::call::{clock, hex_id};
use crate::aws::tokens::base64url;
use crate::db::Db;
use crate::gcp::seed::ServiceAccountSeed;
use crate::http::{Answer, Request};

const PREFIX: &str = "gcp/account/";
/// Accounts that can be had back; no part of the world, because they are gone.
const DELETED: &str = "sandbox/gcp/deleted-account/";
/// How long, in seconds.
const KEPT: i64 = 30 * 24 * 3600;
const MOST_IN_A_PAGE: usize = 100;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    project: String,
    pub(crate) email: String,
    pub(crate) unique_id: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    disabled: bool,
    #[serde(default)]
    deleted_at: i64,
}

impl Account {
    fn key(&self) -> String {
        format!("{PREFIX}{}/{}", self.project, self.unique_id)
    }

    pub(super) fn member(&self) -> String {
        format!("serviceAccount:{}", self.email)
    }

    fn deleted_member(&self) -> String {
        format!(
            "deleted:serviceAccount:{}?uid={}",
            self.email, self.unique_id
        )
    }

    pub(super) fn resource(&self) -> Resource {
        Resource {
            sort: Sort::Account,
            key: format!("accounts/{}", self.unique_id),
            project: self.project.clone(),
            asked: Asked {
                name: format!("projects/-/serviceAccounts/{}", self.unique_id),
                kind: "iam.googleapis.com/ServiceAccount".to_owned(),
                service: "iam.googleapis.com".to_owned(),
                ..Asked::default()
            },
        }
    }

    fn shown(&self) -> Value {
        let mut shown = json!({
            "name": format!("projects/{}/serviceAccounts/{}", self.project, self.email),
            "projectId": self.project,
            "uniqueId": self.unique_id,
            "email": self.email,
            "etag": "MDEwMjE5MjA=",
            "oauth2ClientId": self.unique_id,
        });
        // What is empty is left out, as in all JSON of protocol buffers.
        for (name, text) in [
            ("displayName", &self.display_name),
            ("description", &self.description),
        ] {
            if !text.is_empty() {
                shown[name] = text.clone().into();
            }
        }
        if self.disabled {
            shown["disabled"] = true.into();
        }
        shown
    }
}

fn all(db: &Db) -> impl Iterator<Item = Account> {
    db.scan::<Account>(PREFIX).map(|(_, account)| account)
}

/// The account of an e-mail or a unique id.
pub(super) fn find(db: &Db, name: &str) -> Option<Account> {
    all(db).find(|account| account.email == name || account.unique_id == name)
}

/// Whether an e-mail is of a project that is known, and of no account there.
pub(super) fn is_missing(db: &Db, email: &str) -> bool {
    let home = email
        .split_once('@')
        .and_then(|(_, host)| host.strip_suffix(".iam.gserviceaccount.com"));
    home.is_some_and(|project| projects::find(db, project).is_some()) && find(db, email).is_none()
}

/// Whether the account of a token is there and not switched off.
pub(super) fn is_usable(db: &Db, unique_id: &str) -> bool {
    find(db, unique_id).is_some_and(|account| !account.disabled)
}

pub(super) fn is_disabled(account: &Account) -> bool {
    account.disabled
}

fn make(db: &mut Db, project: &str, id: &str) -> Account {
    let email = format!("{id}@{project}.iam.gserviceaccount.com");
    let count = format!("sandbox/gcp/made-account/{email}");
    let times = db.get_at_once::<u64>(&count).unwrap_or(0) + 1;
    db.put(&count, &times);
    let hex = hex_id(&["gcp-account", &email, &times.to_string()], 15);
    let number = u64::from_str_radix(&hex, 16).unwrap_or_default();
    Account {
        project: project.to_owned(),
        email,
        unique_id: format!("1{number:020}"),
        display_name: String::new(),
        description: String::new(),
        disabled: false,
        deleted_at: 0,
    }
}

/// Adds an account that is missing.
pub(crate) fn plant(db: &mut Db, seed: &ServiceAccountSeed) {
    let ServiceAccountSeed {
        project,
        id,
        description,
        policy,
    } = seed;
    let email = format!("{id}@{project}.iam.gserviceaccount.com");
    if find(db, &email).is_none() {
        let account = Account {
            description: description.clone(),
            ..make(db, project, id)
        };
        db.put(&account.key(), &account);
        policy::plant(db, &account.resource().key, policy);
    }
}

pub(super) fn operation(method: &str, path: &[&str]) -> &'static str {
    let ["v1", "projects", _, "serviceAccounts", rest @ ..] = path else {
        return "";
    };
    match (method, rest) {
        ("GET", []) => "serviceAccounts.list",
        ("POST", []) => "serviceAccounts.create",
        ("GET", [_]) => "serviceAccounts.get",
        ("PATCH", [_]) => "serviceAccounts.patch",
        ("DELETE", [_]) => "serviceAccounts.delete",
        ("POST", [_, ":undelete"]) => "serviceAccounts.undelete",
        ("POST", [_, ":enable"]) => "serviceAccounts.enable",
        ("POST", [_, ":disable"]) => "serviceAccounts.disable",
        ("POST", [_, ":getIamPolicy"]) => "serviceAccounts.getIamPolicy",
        ("POST", [_, ":setIamPolicy"]) => "serviceAccounts.setIamPolicy",
        _ => "",
    }
}

/// Source: answers of IAM to whoever may not, or asks for what is not there.
fn denied(permission: &str) -> Refusal {
    Refusal::denied(format!(
        "Permission '{permission}' denied on resource (or it may not exist)."
    ))
}

pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[&str],
) -> Result<Answer, Refusal> {
    let ["v1", "projects", project, "serviceAccounts", rest @ ..] = path else {
        return Err(no_method());
    };
    match (request.method.as_str(), rest) {
        ("GET", []) => list(call, request, project),
        ("POST", []) => create(call, request, project),
        ("POST", [id, ":undelete"]) => undelete(call, project, id),
        (method, [name, verb @ ..]) => {
            let account = find(call.db, name)
                .filter(|account| *project == "-" || account.project == *project);
            let Some(account) = account else {
                return Err(missing(call, project, name, (method, verb)));
            };
            call.resource = Some(account.email.clone());
            of_one(call, request, (method, verb), account)
        }
        _ => Err(no_method()),
    }
}

/// The permission that a method on one account asks for.
fn permission((method, verb): (&str, &[&str])) -> Option<&'static str> {
    Some(match (method, verb) {
        ("GET", []) => "iam.serviceAccounts.get",
        ("PATCH", []) => "iam.serviceAccounts.update",
        ("DELETE", []) => "iam.serviceAccounts.delete",
        ("POST", [":enable"]) => "iam.serviceAccounts.enable",
        ("POST", [":disable"]) => "iam.serviceAccounts.disable",
        ("POST", [":getIamPolicy"]) => "iam.serviceAccounts.getIamPolicy",
        ("POST", [":setIamPolicy"]) => "iam.serviceAccounts.setIamPolicy",
        _ => return None,
    })
}

/// That there is no such account; who may not see those of its project is not told.
fn missing(call: &Call<'_>, project: &str, name: &str, what: (&str, &[&str])) -> Refusal {
    let Some(permission) = permission(what) else {
        return no_method();
    };
    let of_email = name
        .split_once('@')
        .and_then(|(_, host)| host.strip_suffix(".iam.gserviceaccount.com"));
    let home = match project {
        "-" => of_email.unwrap_or_default(),
        project => project,
    };
    match home_of(call, home, permission) {
        Err(refusal) => refusal,
        Ok(_) => Refusal::not_found(format!(
            "Service account projects/{project}/serviceAccounts/{name} does not exist."
        )),
    }
}

fn of_one(
    call: &mut Call<'_>,
    request: &Request,
    what: (&str, &[&str]),
    mut account: Account,
) -> Result<Answer, Refusal> {
    let permission = permission(what).ok_or_else(no_method)?;
    let resource = account.resource();
    // Who may write a policy depends on what is written.
    if what.1 != [":setIamPolicy"] {
        rights::check(call, permission, &resource, || denied(permission))?;
    }
    match what {
        ("GET", []) => Ok(result(&account.shown())),
        ("PATCH", []) => {
            let body = body(request)?;
            let mask = body.get("updateMask").and_then(Value::as_str);
            let mask = mask.ok_or_else(|| Refusal::invalid("Update mask is required."))?;
            let given = body.get("serviceAccount");
            for field in mask.split(',') {
                let text = given.and_then(|given| given[field].as_str());
                let text = text.unwrap_or_default().to_owned();
                match field {
                    "displayName" | "display_name" => account.display_name = text,
                    "description" => account.description = text,
                    _ => return Err(Refusal::invalid("Update mask is invalid.")),
                }
            }
            fits(&account)?;
            call.db.put(&account.key(), &account);
            Ok(result(&account.shown()))
        }
        ("DELETE", []) => {
            call.db.remove(&account.key());
            policy::rename(call.db, &account.member(), &account.deleted_member());
            account.deleted_at = clock();
            let key = format!("{DELETED}{}", account.unique_id);
            call.db.put(&key, &account);
            Ok(result(&json!({})))
        }
        ("POST", [":enable"]) | ("POST", [":disable"]) => {
            let enables = what.1 == [":enable"];
            account.disabled = !enables;
            call.db.put(&account.key(), &account);
            Ok(result(&json!({})))
        }
        ("POST", [":getIamPolicy"]) => {
            let version = request.query_value("options.requestedPolicyVersion");
            let version = policy::requested(version.as_deref())?;
            let policy = policy::read(call.db, &resource, version);
            Ok(result(&policy.into()))
        }
        ("POST", [":setIamPolicy"]) => {
            let given = projects::given(&body(request)?)?;
            let policy = policy::write(call, &resource, &given, permission, || denied(permission))?;
            Ok(result(&policy.into()))
        }
        _ => Err(no_method()),
    }
}

fn home_of(call: &Call<'_>, project: &str, permission: &str) -> Result<projects::Project, Refusal> {
    let found = projects::find(call.db, project).ok_or_else(|| denied(permission))?;
    let resource = projects::resource(&found);
    rights::check(call, permission, &resource, || denied(permission))?;
    Ok(found)
}

fn list(call: &mut Call<'_>, request: &Request, project: &str) -> Result<Answer, Refusal> {
    let project = home_of(call, project, "iam.serviceAccounts.list")?;
    let given = |name: &str| request.query_value(name).filter(|text| !text.is_empty());
    let number = |name: &str, default: usize| match given(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|_| Refusal::invalid(format!("Invalid value at '{name}'"))),
    };
    let most = match number("pageSize", 20)? {
        0 => 20,
        size => size.min(MOST_IN_A_PAGE),
    };
    let from = number("pageToken", 0)?;
    let mut own: Vec<Account> = all(call.db).filter(|it| it.project == project.id).collect();
    own.sort_by(|a, b| a.email.cmp(&b.email));
    let rest = own.len().saturating_sub(from);
    let page: Vec<Value> = own
        .iter()
        .skip(from)
        .take(most)
        .map(Account::shown)
        .collect();
    let mut body = Map::new();
    if !page.is_empty() {
        body.insert("accounts".to_owned(), page.into());
    }
    if rest > most {
        body.insert("nextPageToken".to_owned(), (from + most).to_string().into());
    }
    Ok(result(&body.into()))
}

/// Source: `CreateServiceAccountRequest.accountId`: 6 to 30 characters, `[a-z]([-a-z0-9]*[a-z0-9])`.
fn create(call: &mut Call<'_>, request: &Request, project: &str) -> Result<Answer, Refusal> {
    let project = home_of(call, project, "iam.serviceAccounts.create")?;
    let body = body(request)?;
    let id = body.get("accountId").and_then(Value::as_str);
    let id = id.unwrap_or_default();
    let bytes = id.as_bytes();
    let is_fit = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    let is_id = (6..=30).contains(&bytes.len())
        && bytes.iter().all(is_fit)
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.last() != Some(&b'-');
    if !is_id {
        return Err(Refusal::invalid(format!(
            "Account ID {id} does not have a length between 6 and 30 or is not of the form [a-z]([-a-z0-9]*[a-z0-9])."
        )));
    }
    let email = format!("{id}@{}.iam.gserviceaccount.com", project.id);
    call.resource = Some(email.clone());
    let mut taken = call
        .db
        .keys(PREFIX)
        .filter_map(|key| call.db.get_at_once::<Account>(key));
    if taken.any(|account| account.email == email) {
        return Err(Refusal::new(
            409,
            "ALREADY_EXISTS",
            format!(
                "Service account {id} already exists within project projects/{}.",
                project.id
            ),
        ));
    }
    drop(taken);
    let given = body.get("serviceAccount");
    let text = |name: &str| {
        let text = given.and_then(|given| given[name].as_str());
        text.unwrap_or_default().to_owned()
    };
    let account = Account {
        display_name: text("displayName"),
        description: text("description"),
        ..make(call.db, &project.id, id)
    };
    fits(&account)?;
    call.db.put(&account.key(), &account);
    Ok(result(&account.shown()))
}

/// Source: `ServiceAccount.displayName` (100 bytes) and `.description` (256 bytes).
fn fits(account: &Account) -> Result<(), Refusal> {
    if account.display_name.len() > 100 {
        return Err(Refusal::invalid("Display name is too long."));
    }
    if account.description.len() > 256 {
        return Err(Refusal::invalid("Description is too long."));
    }
    Ok(())
}

fn undelete(call: &mut Call<'_>, project: &str, id: &str) -> Result<Answer, Refusal> {
    let key = format!("{DELETED}{id}");
    let account = call.db.get::<Account>(&key);
    let account = account.filter(|account| {
        (project == "-" || account.project == project) && account.deleted_at + KEPT > clock()
    });
    let mut account = account
        .ok_or_else(|| Refusal::not_found(format!("Service account {id} does not exist.")))?;
    call.resource = Some(account.email.clone());
    let permission = "iam.serviceAccounts.undelete";
    rights::check(call, permission, &account.resource(), || denied(permission))?;
    if find(call.db, &account.email).is_some() {
        return Err(Refusal::new(
            400,
            "FAILED_PRECONDITION",
            "A service account with the same name exists.",
        ));
    }
    account.deleted_at = 0;
    call.db.remove(&key);
    call.db.put(&account.key(), &account);
    policy::rename(call.db, &account.deleted_member(), &account.member());
    Ok(result(&json!({ "restoredAccount": account.shown() })))
}

/// Bytes as `bytes` stand in JSON.
pub(super) fn base64(bytes: &[u8]) -> String {
    base64url::padded(bytes)
}
