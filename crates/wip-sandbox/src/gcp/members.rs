//! Members of role bindings: which there are, and whether what they name is there.
//!
//! Sources: "Principal identifiers" and `Binding.members` of `google.iam.v1` (the forms); "About Workload Identity Federation for GKE" (principals of clusters, no wildcards); the messages are those that Google's tools and their reports show.

use super::call::Refusal;
use super::{accounts, clusters, projects};
use crate::db::Db;

/// Refuses a member that is none.
pub(crate) fn check(db: &Db, member: &str) -> Result<(), Refusal> {
    let invalid = || Refusal::invalid(format!("Invalid member: {member}"));
    if matches!(member, "allUsers" | "allAuthenticatedUsers") {
        return Ok(());
    }
    let (sort, rest) = member.split_once(':').ok_or_else(invalid)?;
    match sort {
        "user" | "group" => email(rest).then_some(()).ok_or_else(invalid),
        "domain" => domain(rest).then_some(()).ok_or_else(invalid),
        "projectOwner" | "projectEditor" | "projectViewer" => match projects::find(db, rest) {
            Some(_) => Ok(()),
            None => Err(invalid()),
        },
        "serviceAccount" => account(db, rest).unwrap_or_else(|| Err(invalid())),
        "principal" | "principalSet" => pool(db, sort, rest).unwrap_or_else(|| Err(invalid())),
        "deleted" => deleted(rest).then_some(()).ok_or_else(invalid),
        _ => Err(invalid()),
    }
}

fn email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && !local.contains(['*', ' ', '[', ':']) && domain(host)
    })
}

fn domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.contains('.') && text.split('.').all(is_label)
}

/// `deleted:serviceAccount:EMAIL?uid=ID`.
fn deleted(text: &str) -> bool {
    let Some((sort, rest)) = text.split_once(':') else {
        return false;
    };
    let (name, id) = rest.split_once("?uid=").unwrap_or((rest, ""));
    let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    matches!(sort, "serviceAccount" | "user" | "group") && email(name) && digits
}

/// An e-mail, or a service account of Kubernetes.
fn account(db: &Db, text: &str) -> Option<Result<(), Refusal>> {
    if let Some(inner) = text.strip_suffix(']') {
        let (pool, inner) = inner.split_once('[')?;
        let (namespace, name) = inner.split_once('/')?;
        let project = pool.strip_suffix(".svc.id.goog")?;
        if !is_label(namespace) || !is_subdomain(name) {
            return None;
        }
        return Some(pool_exists(db, project));
    }
    if !email(text) {
        return None;
    }
    // Whether one of a project that nobody here knows is there, nobody can say.
    Some(match accounts::is_missing(db, text) {
        true => Err(Refusal::invalid(format!(
            "Service account {text} does not exist."
        ))),
        false => Ok(()),
    })
}

/// `//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/ID.svc.id.goog/…`.
fn pool(db: &Db, sort: &str, text: &str) -> Option<Result<(), Refusal>> {
    let rest = text.strip_prefix("//iam.googleapis.com/projects/")?;
    let (number, rest) = rest.split_once("/locations/global/workloadIdentityPools/")?;
    let (pool, of) = rest.split_once('/')?;
    let id = pool.strip_suffix(".svc.id.goog")?;
    let names = match (sort, of.split_once('/')?) {
        ("principal", ("subject", subject)) => {
            let (namespace, name) = subject.strip_prefix("ns/")?.split_once("/sa/")?;
            is_label(namespace) && is_subdomain(name)
        }
        ("principal", ("kubernetes.serviceaccount.uid", uid)) => !uid.is_empty(),
        ("principalSet", ("namespace", namespace)) => is_label(namespace),
        ("principalSet", ("kubernetes.cluster", url)) => {
            url.starts_with("https://container.googleapis.com/v1/projects/")
        }
        _ => false,
    };
    if !names {
        return None;
    }
    let project = projects::find(db, id)?;
    if project.number.to_string() != number {
        return None;
    }
    Some(pool_exists(db, id))
}

/// A pool is there as soon as a cluster of its project has it.
fn pool_exists(db: &Db, project: &str) -> Result<(), Refusal> {
    match clusters::has_pool(db, project) {
        true => Ok(()),
        false => Err(Refusal::invalid(format!(
            "Identity Pool does not exist ({project}.svc.id.goog). Please check that you specified a valid resource name as returned in the `name` attribute in the configuration API."
        ))),
    }
}

fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let fits = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| fits(byte) || *byte == b'-')
        && bytes.first().is_some_and(fits)
        && bytes.last().is_some_and(fits)
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}
