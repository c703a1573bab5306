//! `wip permissions`: the least permissions that wip itself needs for a Space, plan and apply apart.
//!
//! Owns how they are shown. Asks no cloud: all of it follows from the file.

mod document;
mod schema;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wip_provider::{Policy, RoleRights, TenantRights};

use document::{Permissions, Roles, Tenant};
pub(super) use schema::schema;

use crate::args::FileArgs;
use crate::clouds;
use crate::failure::{Exit, Failure};
use crate::run::{Session, Source};

/// Prints policies for looking and for changing, for each account, and roles, for each subscription and project.
pub(crate) fn run(session: Session<'_>, args: &FileArgs) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?;
    let space = source.parse(session.terminal.color)?;
    let rights = clouds::rights(&space);
    let subscriptions = clouds::subscription_rights(&space);
    let projects = clouds::project_rights(&space);
    let tenants = clouds::tenant_rights(&space);
    if session.terminal.json {
        let accounts = rights.iter().map(|(id, needed)| {
            let account = document::account(needed).map_err(|error| Failure::bug(&error))?;
            Ok((id.clone(), account))
        });
        session.terminal.print_json(&Permissions {
            format: "wip-permissions/1",
            space: &space.name,
            accounts: accounts.collect::<Result<_, Failure>>()?,
            subscriptions: all_roles(&subscriptions)?,
            projects: all_roles(&projects)?,
            tenants: tenants
                .into_iter()
                .map(|(id, TenantRights { plan, apply })| (id, Tenant { plan, apply }))
                .collect(),
        })?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for (id, needed) in &rights {
        let by = needed.assumes.as_ref();
        let by = by.map_or_else(String::new, |role| format!(" (by {role})"));
        for (purpose, policies) in by_purpose(&needed.plan, &needed.apply) {
            if policies.is_empty() {
                let _ = writeln!(text, "# account {id}{by}: {purpose} nothing\n");
            }
            for (index, policy) in policies.iter().enumerate() {
                let part = match policies.len() {
                    1 => String::new(),
                    count => format!(", part {} of {count}", index + 1),
                };
                let _ = writeln!(text, "# account {id}{by}: {purpose}{part}");
                show(&mut text, policy);
            }
        }
    }
    for (id, needed) in &subscriptions {
        show_roles(&mut text, &format!("subscription {id}"), needed);
    }
    for (id, needed) in &projects {
        show_roles(&mut text, &format!("project {id}"), needed);
    }
    for (id, needed) in &tenants {
        for (purpose, permissions) in by_purpose(&needed.plan, &needed.apply) {
            let _ = writeln!(
                text,
                "# tenant {id}: {purpose} of Microsoft Graph, as application permissions\n{}\n",
                permissions.join("\n")
            );
        }
    }
    session.terminal.print(text.trim_end());
    Ok(Exit::Done)
}

/// What is needed, each with the words before it.
fn by_purpose<T>(plan: T, apply: T) -> [(&'static str, T); 2] {
    [
        ("wip plan and wip verify need", plan),
        ("wip apply and wip destroy need besides", apply),
    ]
}

fn all_roles(all: &BTreeMap<String, RoleRights>) -> Result<BTreeMap<String, Roles>, Failure> {
    let roles = all.iter().map(|(id, needed)| {
        let roles = document::roles(needed).map_err(|error| Failure::bug(&error))?;
        Ok((id.clone(), roles))
    });
    roles.collect()
}

/// The roles of a subscription or a project, whose sort and id is `of`.
fn show_roles(text: &mut String, of: &str, needed: &RoleRights) {
    for (purpose, roles) in by_purpose(&needed.plan, &needed.apply) {
        if roles.is_empty() {
            let _ = writeln!(text, "# {of}: {purpose} nothing\n");
        }
        for role in roles {
            let _ = writeln!(text, "# {of}: {purpose}, at {}", role.scope);
            for (action, without) in &role.optional {
                let _ = writeln!(text, "# without {action}: {without}");
            }
            if let Some(condition) = &role.condition {
                let _ = writeln!(text, "# assign it with the condition {condition}");
            }
            let _ = writeln!(text, "{}\n", role.json);
        }
    }
}

fn show(text: &mut String, policy: &Policy) {
    let (chars, most) = (thousands(policy.chars), thousands(policy.most));
    let _ = writeln!(text, "# {chars} of {most} characters of a managed policy");
    for (sid, without) in &policy.optional {
        let _ = writeln!(text, "# without {sid}: {without}");
    }
    let _ = writeln!(text, "{}\n", policy.json);
}

/// `6144` → `6,144`; no policy has a million characters.
fn thousands(number: usize) -> String {
    match number / 1000 {
        0 => number.to_string(),
        some => format!("{some},{:03}", number % 1000),
    }
}
