//! Looking at roles: one by one, or out of a listing.
//!
//! Owns the turn from IAM's answers into a spec, and what of it is foreign and must not be touched unasked.
//! When a listing is worth it is `listing`'s.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::Role;
use futures_util::future::{FutureExt as _, join_all};
use futures_util::stream::{self, StreamExt as _};
use wip_policy::{Document, Statement};
use wip_provider::{Ask, Class, CloudError, Observed, Question, Spotted};

use super::listing::{self, Listed, Listing};
use super::managed;
use super::spec::{Ignored, Manages, RoleSpec};
use crate::client::{Call, Client, Clients};
use crate::marks;
use crate::page::Pages;
use crate::trust::Trust;

/// Roles that are looked at at once: more than a place answers at once, and few enough to hold.
const LOOKS: usize = 100;

/// A role as IAM shows it.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    pub(super) path: String,
    pub(super) trust: String,
    pub(super) description: String,
    pub(super) max_session_duration: i32,
    pub(super) boundary: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    /// Inline policies by name, as text.
    pub(super) inline: BTreeMap<String, String>,
    /// ARNs of attached policies.
    pub(super) attached: BTreeSet<String>,
}

/// What is known of a role before anybody looks.
struct Known {
    wanted: Option<RoleSpec>,
    owned: Option<RoleSpec>,
    /// The name of the role to look at: the one that is there before the one that is wanted.
    name: String,
}

impl Known {
    fn of(ask: &Ask<'_, RoleSpec>) -> Result<Self, CloudError> {
        let (wanted, owned) = (ask.wanted()?, ask.owned()?);
        let spec = owned.as_ref().or(wanted.as_ref());
        let name = ask.id.or(spec.map(|spec| spec.name.as_str()));
        Ok(Self {
            name: name.unwrap_or_default().to_owned(),
            wanted,
            owned,
        })
    }

    /// The specs that there are, the wanted one first.
    fn specs(&self) -> impl Iterator<Item = &RoleSpec> {
        [&self.wanted, &self.owned].into_iter().flatten()
    }
}

/// The name of the role that an ask is about; `None` where its documents cannot be read.
pub(super) fn name(ask: &Ask<'_, RoleSpec>) -> Option<String> {
    let spec = match (ask.id, ask.is_owned()) {
        (Some(id), _) => return Some(id.to_owned()),
        (None, true) => ask.owned(),
        (None, false) => ask.wanted(),
    };
    spec.ok()?.map(|spec| spec.name)
}

/// Looks at everything that is asked.
pub(super) async fn observe(clients: &Clients, question: Question<'_, RoleSpec>) -> Observed {
    let client = match clients.at(question.place).await {
        Ok(client) => client,
        Err(error) => {
            let refuse = |ask: &Ask<'_, RoleSpec>| ask.answer(Err(error.clone()));
            let seen = question.asks.iter().map(refuse).collect();
            return Observed {
                seen,
                strays: Vec::new(),
                remarks: Vec::new(),
                unread: 0,
                notes: Vec::new(),
            };
        }
    };
    let counted = clients.take_roles(&question.place.account);
    let (listing, remarks) = listing::list(&client, &question, counted).await;
    let looks = question
        .asks
        .iter()
        .map(async |ask| ask.answer(look(&client, &question, ask, listing.as_ref()).await));
    let seen = stream::iter(looks).buffer_unordered(LOOKS).collect().await;
    let strays = listing.map(|listing| listing.strays).unwrap_or_default();
    Observed {
        seen,
        strays,
        remarks,
        unread: 0,
        notes: Vec::new(),
    }
}

async fn look(
    client: &Client,
    question: &Question<'_, RoleSpec>,
    ask: &Ask<'_, RoleSpec>,
    listing: Option<&Listing>,
) -> Result<Option<Spotted<RoleSpec>>, CloudError> {
    let known = Known::of(ask)?;
    let listed = listing.map(|listing| listing.of(&known.name));
    let raw = match listed {
        Some(Listed::There(raw)) if !ask.fresh => Some(raw.clone()),
        // A listing may be behind; of what the state knows only the role itself says that it is gone.
        Some(Listed::Nowhere) if !ask.fresh && !ask.is_owned() => None,
        // Boxed, as below: a hundred looks wait at once, and few of them have to make these calls.
        _ => read(client, &known, ask.fresh).boxed_local().await?,
    };
    match raw {
        Some(raw) => {
            check_new_name(client, &known).boxed_local().await?;
            let loose = loose(client, question, ask, &known, &raw)
                .boxed_local()
                .await?;
            let mut spotted = spotted(client, ask.fresh, known, raw).boxed_local().await?;
            spotted.spec.unattached = loose;
            Ok(Some(spotted))
        }
        None => match &known.wanted {
            Some(wanted) if wanted.manages == Manages::Trust => Err(CloudError::local(
                Class::Missing,
                "iam:GetRole",
                format!(
                    "there is no role {}, and the file says `existing: trustOnly`",
                    wanted.name
                ),
            )),
            _ => Ok(None),
        },
    }
}

/// A role that is to have another name is deleted and made anew: not before that name is known to be free.
async fn check_new_name(client: &Client, known: &Known) -> Result<(), CloudError> {
    let (old, Some(wanted)) = (&known.name, &known.wanted) else {
        return Ok(());
    };
    // IAM, CreateRole: names of roles are unique without regard to case.
    if old.eq_ignore_ascii_case(&wanted.name) {
        return Ok(());
    }
    let new = wanted.name.as_str();
    let ask = || client.iam().get_role().role_name(new).send();
    match client.call(Call::read("iam:GetRole"), ask).await {
        Err(error) if error.class == Class::Missing => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(CloudError::local(
            Class::Conflict,
            "iam:GetRole",
            format!(
                "the file renames {old} to {new}, but there is a role {new} already; choose another name, or delete that role first"
            ),
        )),
    }
}

/// Reads one role: GetRole, ListRolePolicies, GetRolePolicy for each, ListAttachedRolePolicies.
///
/// All at once where the state knows the role; of one that is perhaps not there GetRole alone is asked first, which is one
/// request instead of three.
async fn read(client: &Client, known: &Known, fresh: bool) -> Result<Option<Raw>, CloudError> {
    let name = known.name.as_str();
    let mut specs = known.specs().peekable();
    let only_trust = specs.peek().is_some() && specs.all(|spec| spec.manages == Manages::Trust);
    let policies = async {
        match only_trust {
            true => Ok((BTreeMap::new(), BTreeSet::new())),
            // Each to its end, whatever comes of the other: the same run makes the same calls.
            false => {
                let (inline, attached) =
                    futures_util::join!(inline(client, name, fresh), attached(client, name, fresh));
                Ok((inline?, attached?))
            }
        }
    };
    let (role, (inline, attached)) = match known.owned {
        Some(_) => {
            let (role, policies) = futures_util::join!(role(client, name, fresh), policies);
            match role? {
                Some(role) => (role, policies?),
                None => return Ok(None),
            }
        }
        None => match role(client, name, fresh).await? {
            Some(role) => (role, policies.await?),
            None => return Ok(None),
        },
    };
    Ok(Some(Raw {
        path: role.path,
        trust: role.assume_role_policy_document.unwrap_or_default(),
        description: role.description.unwrap_or_default(),
        max_session_duration: role.max_session_duration.unwrap_or(3600),
        boundary: role
            .permissions_boundary
            .and_then(|boundary| boundary.permissions_boundary_arn),
        tags: marks::from_iam(role.tags.as_deref()),
        inline,
        attached,
    }))
}

async fn role(client: &Client, name: &str, fresh: bool) -> Result<Option<Role>, CloudError> {
    let call = Call::read("iam:GetRole").of_fresh(fresh);
    let get = || client.iam().get_role().role_name(name).send();
    match client.call(call, get).await {
        Ok(output) => Ok(output.role),
        Err(error) if error.class == Class::Missing => Ok(None),
        Err(error) => Err(error),
    }
}

/// The inline policies of a role, by name.
async fn inline(
    client: &Client,
    role: &str,
    fresh: bool,
) -> Result<BTreeMap<String, String>, CloudError> {
    let names = inline_names(client, role, fresh).await?;
    let read = names.into_iter().map(|name| async move {
        let ask = || {
            client
                .iam()
                .get_role_policy()
                .role_name(role)
                .policy_name(&name)
                .send()
        };
        match client.call(Call::read("iam:GetRolePolicy"), ask).await {
            Ok(found) => Ok(Some((name, found.policy_document))),
            // Listed and not there: on its way in or out.
            Err(error) if error.class == Class::Missing => Ok(None),
            Err(error) => Err(error),
        }
    });
    let read: Vec<Option<_>> = join_all(read).await.into_iter().collect::<Result<_, _>>()?;
    Ok(read.into_iter().flatten().collect())
}

/// The names of the inline policies of a role.
pub(super) async fn inline_names(
    client: &Client,
    role: &str,
    fresh: bool,
) -> Result<Vec<String>, CloudError> {
    let mut names = Vec::new();
    let mut pages = Pages::of("iam:ListRolePolicies");
    loop {
        let call = Call::read(pages.call()).of_fresh(fresh);
        let ask = || {
            let ask = client.iam().list_role_policies().role_name(role);
            ask.set_marker(pages.marker()).send()
        };
        let page = client.call(call, ask).await?;
        names.extend(page.policy_names);
        if !pages.more(page.is_truncated, page.marker)? {
            return Ok(names);
        }
    }
}

/// The ARNs of the policies that are attached to a role.
pub(super) async fn attached(
    client: &Client,
    role: &str,
    fresh: bool,
) -> Result<BTreeSet<String>, CloudError> {
    let mut arns = BTreeSet::new();
    let mut pages = Pages::of("iam:ListAttachedRolePolicies");
    loop {
        let call = Call::read(pages.call()).of_fresh(fresh);
        let ask = || {
            let ask = client.iam().list_attached_role_policies().role_name(role);
            ask.set_marker(pages.marker()).send()
        };
        let page = client.call(call, ask).await?;
        let attached = page.attached_policies.unwrap_or_default();
        arns.extend(attached.into_iter().filter_map(|policy| policy.policy_arn));
        if !pages.more(page.is_truncated, page.marker)? {
            return Ok(arns);
        }
    }
}

/// The names of managed policies that wip made for this role and that are not attached to it.
async fn loose(
    client: &Client,
    question: &Question<'_, RoleSpec>,
    ask: &Ask<'_, RoleSpec>,
    known: &Known,
    raw: &Raw,
) -> Result<BTreeSet<String>, CloudError> {
    let ours = question.mark(ask);
    let mut loose = BTreeSet::new();
    let made = known
        .specs()
        .flat_map(|spec| spec.managed.keys().chain(&spec.unattached));
    for name in made.collect::<BTreeSet<_>>() {
        let arn = managed::arn(client, &raw.path, name);
        if !raw.attached.contains(&arn) && managed::is_ours(client, &arn, &ours).await? {
            loose.insert(name.clone());
        }
    }
    Ok(loose)
}

/// A policy that is attached to a role.
enum Attached {
    /// One that wip made, with its document.
    Ours(String, Document),
    /// One of somebody else, and why it must not be taken off unasked.
    Foreign(String, Option<String>),
}

/// The spec of what is there, and what of it wip must not take off unasked.
async fn spotted(
    client: &Client,
    fresh: bool,
    asked: Known,
    raw: Raw,
) -> Result<Spotted<RoleSpec>, CloudError> {
    let known: Vec<&RoleSpec> = asked.specs().collect();
    let owner = marks::owner(&raw.tags);
    let trust = Trust::read(parse("iam:GetRole", "its trust policy", &raw.trust)?);
    let mut objections = denying_trust(&trust, &known);
    let remarks = trust.remarks();
    let main = known.first().copied();
    if main.is_some_and(|spec| spec.manages == Manages::Trust) {
        let spec = RoleSpec::trust_only(&asked.name, &raw.path, &client.partition, trust);
        return Ok(Spotted {
            id: None,
            given: BTreeMap::new(),
            spec,
            owner,
            objections,
            remarks,
        });
    }
    let ignore = main.map_or_else(Ignored::default, |spec| spec.ignore.clone());

    let mut policies = BTreeMap::new();
    for (name, text) in raw.inline {
        if ignore.policies.contains(&name) {
            continue;
        }
        let live = parse(
            "iam:GetRolePolicy",
            &format!("its inline policy {name}"),
            &text,
        )?;
        let alike: Vec<&Document> = known
            .iter()
            .filter_map(|spec| spec.policies.get(&name))
            .collect();
        objections.extend(denials(&format!("the inline policy {name}"), &live, &alike));
        policies.insert(name, as_spelled(live, &alike));
    }

    let (mut managed, mut attachments) = (BTreeMap::new(), BTreeSet::new());
    let names: BTreeSet<&String> = known.iter().flat_map(|spec| spec.managed.keys()).collect();
    let ours: BTreeMap<String, &String> = names
        .into_iter()
        .map(|name| (managed::arn(client, &raw.path, name), name))
        .collect();
    let looks = raw.attached.into_iter().map(|arn| async {
        if let Some(name) = ours.get(&arn) {
            let live = managed::document(client, &arn, fresh).await?;
            return Ok(Attached::Ours((*name).clone(), live));
        }
        let is_known = ignore.attachments.contains(&arn)
            || known.iter().any(|spec| spec.attachments.contains(&arn));
        let objection = match asked.wanted.is_some() && !is_known {
            true => managed::objection(client, &arn).await,
            false => None,
        };
        Ok(Attached::Foreign(arn, objection))
    });
    for attached in join_all(looks).await {
        match attached? {
            Attached::Ours(name, live) => {
                let alike: Vec<&Document> = known
                    .iter()
                    .filter_map(|spec| spec.managed.get(&name))
                    .collect();
                objections.extend(denials(
                    &format!("the managed policy {name}"),
                    &live,
                    &alike,
                ));
                managed.insert(name, as_spelled(live, &alike));
            }
            Attached::Foreign(arn, objection) => {
                objections.extend(objection);
                if !ignore.attachments.contains(&arn) {
                    attachments.insert(arn);
                }
            }
        }
    }

    let labels: BTreeSet<&String> = known.iter().flat_map(|spec| spec.tags.keys()).collect();
    let tags = raw
        .tags
        .into_iter()
        .filter(|(key, _)| labels.contains(key))
        .collect();
    let spec = RoleSpec {
        name: asked.name.clone(),
        path: raw.path,
        partition: client.partition.clone(),
        manages: Manages::All,
        description: raw.description,
        max_session_duration: u32::try_from(raw.max_session_duration).ok(),
        permissions_boundary: raw.boundary,
        trust,
        policies,
        managed,
        unattached: BTreeSet::new(),
        attachments,
        tags,
        ignore,
    };
    Ok(Spotted {
        id: None,
        given: BTreeMap::new(),
        spec,
        owner,
        objections,
        remarks,
    })
}

/// Parses a policy of IAM's.
pub(super) fn parse(call: &str, what: &str, text: &str) -> Result<Document, CloudError> {
    Document::parse(text).map_err(|error| {
        CloudError::local(
            Class::Final,
            call,
            format!("{what} cannot be read: {error}"),
        )
    })
}

/// A document in the spelling of one that means the same: spelling is no drift.
fn as_spelled(live: Document, alike: &[&Document]) -> Document {
    match alike.iter().find(|known| ***known == live) {
        Some(known) => (*known).clone(),
        None => live,
    }
}

/// What a policy denies that nobody of us said: somebody took rights away, and wip does not give them back unasked.
fn denials(what: &str, live: &Document, known: &[&Document]) -> Vec<String> {
    let is_known = |statement: &Statement| {
        known
            .iter()
            .any(|document| document.statements.contains(statement))
    };
    let denying = live
        .statements
        .iter()
        .filter(|statement| statement.is_deny() && !is_known(statement));
    let denying =
        denying.map(|statement| format!("{what} is not ours and says {}", statement.summary()));
    let unknown = live.unknown.iter().filter(|unknown| unknown.is_deny());
    let unknown =
        unknown.map(|unknown| format!("{what} is not ours and may deny: {}", unknown.summary()));
    denying.chain(unknown).collect()
}

fn denying_trust(trust: &Trust, known: &[&RoleSpec]) -> Vec<String> {
    let alike: Vec<&Document> = known
        .iter()
        .filter_map(|spec| spec.trust.other.as_ref())
        .collect();
    let other = trust.other.as_ref();
    // wip's own way to admit nobody, whoever wrote it: a run that died, or an older file.
    let nobody = Trust::nobody();
    let ours: Vec<&Document> = alike.into_iter().chain(nobody.other.as_ref()).collect();
    other.map_or_else(Vec::new, |other| denials("its trust policy", other, &ours))
}
