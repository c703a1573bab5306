//! All roles of an account in a few pages, where that is surely fewer requests than asking for each.
//!
//! Owns the choice, and the join of the two listings: ListRoles alone has description and session length,
//! GetAccountAuthorizationDetails alone has tags, boundary and policies (IAM API reference of both).

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{EntityType, Role, RoleDetail};
use wip_plan::Stray;
use wip_provider::{Class, CloudError, Question};

use super::read::{self, Raw};
use super::spec::RoleSpec;
use crate::client::{Call, Client};
use crate::facts::usage;
use crate::marks;
use crate::page::Pages;

/// Roles that a page holds at least, reckoned carefully: IAM may answer fewer than it was asked for.
const PAGE: usize = 100;

/// Below this many roles nothing is saved worth a look at the account.
pub(super) const FEW: usize = 2;

/// The roles of an account, as far as somebody asked for them.
pub(super) struct Listing {
    roles: BTreeMap<String, Raw>,
    /// Roles of which the listings do not say enough.
    incomplete: BTreeSet<String>,
    pub(super) strays: Vec<Stray>,
}

/// What a listing says of one role.
pub(super) enum Listed<'a> {
    There(&'a Raw),
    Nowhere,
    /// It must be asked for.
    Unsaid,
}

impl Listing {
    pub(super) fn of(&self, name: &str) -> Listed<'_> {
        match self.roles.get(name) {
            Some(raw) => Listed::There(raw),
            None if self.incomplete.contains(name) => Listed::Unsaid,
            None => Listed::Nowhere,
        }
    }
}

/// The listing, where it is worth it; and what the reader should know. `counted` says how many roles there are, where that is known.
pub(super) async fn list(
    client: &Client,
    question: &Question<'_, RoleSpec>,
    counted: Option<usize>,
) -> (Option<Listing>, Vec<String>) {
    let listed = async {
        match is_worth_it(client, question, counted).await? {
            true => both(client, question).await.map(Some),
            false => Ok(None),
        }
    };
    match listed.await {
        Ok(listing) => (listing, Vec::new()),
        Err(error) => {
            let why = match error.class {
                Class::Denied => "is not allowed",
                _ => "failed",
            };
            let remark = format!("roles are read one by one, because listing them {why} ({error})");
            (None, vec![remark])
        }
    }
}

async fn is_worth_it(
    client: &Client,
    question: &Question<'_, RoleSpec>,
    counted: Option<usize>,
) -> Result<bool, CloudError> {
    if question.wide {
        return Ok(true);
    }
    let asks = || question.asks.iter().filter(|ask| !ask.fresh);
    if asks().count() <= FEW {
        return Ok(false);
    }
    // A role that is not there costs one request, one that is there four.
    let one_by_one: usize = asks().map(|ask| if ask.is_owned() { 4 } else { 1 }).sum();
    let roles = match counted {
        Some(roles) => Some(roles),
        None => {
            let call = Call::read("iam:GetAccountSummary");
            let ask = || client.iam().get_account_summary().send();
            usage::counted(&client.call(call, ask).await?, "Roles")
        }
    };
    Ok(roles.is_some_and(|roles| 2 * roles.div_ceil(PAGE).max(1) < one_by_one))
}

async fn both(client: &Client, question: &Question<'_, RoleSpec>) -> Result<Listing, CloudError> {
    let names: BTreeSet<String> = question.asks.iter().filter_map(read::name).collect();
    let (roles, details) =
        futures_util::try_join!(roles(client, &names), details(client, &names, question))?;
    let (mut details, strays) = details;
    let mut listing = Listing {
        roles: BTreeMap::new(),
        incomplete: BTreeSet::new(),
        strays,
    };
    for (name, role) in roles {
        match (role, details.remove(&name).flatten()) {
            (Some(role), Some(detail)) => drop(listing.roles.insert(name, raw(role, detail))),
            _ => drop(listing.incomplete.insert(name)),
        }
    }
    listing.incomplete.extend(details.into_keys());
    Ok(listing)
}

async fn roles(
    client: &Client,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, Option<Said>>, CloudError> {
    let mut found = BTreeMap::new();
    let mut pages = Pages::of("iam:ListRoles");
    loop {
        let ask = || {
            client
                .iam()
                .list_roles()
                .max_items(1000)
                .set_marker(pages.marker())
                .send()
        };
        let page = client.call(Call::read(pages.call()), ask).await?;
        let asked_for = page
            .roles
            .into_iter()
            .filter(|role| names.contains(role.role_name.as_str()));
        found.extend(asked_for.map(|role| (role.role_name.clone(), said(role))));
        if !pages.more(page.is_truncated, page.marker)? {
            return Ok(found);
        }
    }
}

/// What ListRoles alone says of a role.
struct Said {
    path: String,
    trust: String,
    description: String,
    max_session_duration: i32,
}

/// `None` where the listing does not say enough.
fn said(role: Role) -> Option<Said> {
    Some(Said {
        path: role.path,
        trust: role.assume_role_policy_document?,
        description: role.description.unwrap_or_default(),
        max_session_duration: role.max_session_duration?,
    })
}

/// What GetAccountAuthorizationDetails alone says of a role.
struct Detailed {
    boundary: Option<String>,
    tags: BTreeMap<String, String>,
    inline: BTreeMap<String, String>,
    attached: BTreeSet<String>,
}

/// `None` where the listing does not say enough.
fn detailed(detail: RoleDetail) -> Option<Detailed> {
    let inline = detail.role_policy_list?.into_iter();
    let inline = inline.map(|policy| Some((policy.policy_name?, policy.policy_document?)));
    let attached = detail.attached_managed_policies?.into_iter();
    let attached = attached.map(|policy| policy.policy_arn);
    Some(Detailed {
        boundary: detail
            .permissions_boundary
            .and_then(|boundary| boundary.permissions_boundary_arn),
        tags: marks::from_iam(detail.tags.as_deref()),
        inline: inline.collect::<Option<_>>()?,
        attached: attached.collect::<Option<_>>()?,
    })
}

type Details = (BTreeMap<String, Option<Detailed>>, Vec<Stray>);

async fn details(
    client: &Client,
    names: &BTreeSet<String>,
    question: &Question<'_, RoleSpec>,
) -> Result<Details, CloudError> {
    let (mut found, mut strays) = (BTreeMap::new(), Vec::new());
    let mut pages = Pages::of("iam:GetAccountAuthorizationDetails");
    loop {
        let ask = || {
            let ask = client
                .iam()
                .get_account_authorization_details()
                .filter(EntityType::Role);
            ask.max_items(1000).set_marker(pages.marker()).send()
        };
        let page = client.call(Call::read(pages.call()), ask).await?;
        for detail in page.role_detail_list.unwrap_or_default() {
            let Some(name) = detail.role_name.clone() else {
                continue;
            };
            if names.contains(name.as_str()) {
                found.insert(name, detailed(detail));
            } else {
                let owner = marks::owner(&marks::from_iam(detail.tags.as_deref()));
                strays.extend(question.stray(&owner, name));
            }
        }
        if !pages.more(page.is_truncated, page.marker)? {
            return Ok((found, strays));
        }
    }
}

/// A role out of both listings.
fn raw(said: Said, detailed: Detailed) -> Raw {
    Raw {
        path: said.path,
        trust: said.trust,
        description: said.description,
        max_session_duration: said.max_session_duration,
        boundary: detailed.boundary,
        tags: detailed.tags,
        inline: detailed.inline,
        attached: detailed.attached,
    }
}
