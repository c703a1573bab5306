//! `azure/federated-credential`: one service account of one cluster that a managed identity or an application trusts.
//!
//! Owns the room for them: 20 in an identity, whoever made them. Its name is its mark: there are no tags, and a description only
//! in applications. The calls are `credentials`'s.
//! Source: "Important considerations and restrictions for federated
//! identity credentials", Entra docs.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use wip_plan::{Address, Edge, Existing, Field, Mark, Owner, Place, Seen};
use wip_provider::{
    Class, CloudError, Created, Kind, Observed, Question, Scope, Spotted, Target, Wanted,
};
use wip_space::{EntraIdentity, EntraPrincipal, Space, Subject};

use super::existing_identity;
use crate::facts::{Credential, Fact, Facts};
use crate::rights::Right;
use crate::{Azure, credentials, marks, places};

/// How many an identity has room for.
pub(crate) const MOST: usize = 20;

/// The one audience that Entra takes.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// The kind.
pub(crate) struct FederatedCredential;

/// A federated credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CredentialSpec {
    /// The id of its managed identity or application.
    identity: String,
    issuer: String,
    subject: String,
    audiences: BTreeSet<String>,
}

impl Kind for FederatedCredential {
    const NAME: &'static str = "azure/federated-credential";
    const SUMMARY: &'static str = "A federated credential: a service account of a cluster that may sign in as a managed identity or an application.";
    const EXISTING: Existing = Existing::Ask;
    const FIELDS: &'static [Field] = &[Field {
        path: "identity",
        replaces: true,
        sensitive: false,
    }];
    type Spec = CredentialSpec;
    type Cloud = Azure;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<CredentialSpec>> {
        let prefix = marks::prefix(scope.lineage);
        let all = scope.space.entra.iter();
        all.flat_map(|identity| wanted(identity, &scope.space.name, facts, &prefix))
            .collect()
    }

    fn edges(spec: &CredentialSpec) -> Vec<Edge> {
        let at = spec.issuer.strip_prefix("https://").unwrap_or(&spec.issuer);
        let identity = spec.identity.rsplit('/').next().unwrap_or_default();
        vec![
            Edge::ActsAs {
                who: spec.subject.clone(),
                at: at.to_owned(),
            },
            Edge::May {
                verb: "sign in as".to_owned(),
                on: identity.to_owned(),
            },
        ]
    }

    /// Azure takes one write after another of an identity.
    fn serial(_place: &Place, spec: &CredentialSpec) -> Option<String> {
        Some(spec.identity.to_lowercase())
    }

    /// At 20 of 20 the new one would not fit beside the old.
    fn crowd(_place: &Place, spec: &CredentialSpec) -> Option<String> {
        Some(spec.identity.to_lowercase())
    }

    async fn observe(cloud: &Azure, question: Question<'_, CredentialSpec>) -> Observed {
        let mut identities: BTreeSet<String> = BTreeSet::new();
        let mut seen: Vec<(Address, Seen)> = Vec::new();
        let mut asked = Vec::new();
        for ask in question.asks {
            match (ask.owned(), ask.wanted()) {
                (Ok(owned), Ok(wanted)) => {
                    // What is ours is looked at where it is.
                    let Some(known) = owned.clone().or(wanted.clone()) else {
                        seen.push((ask.address.clone(), Seen::Absent));
                        continue;
                    };
                    identities.insert(known.identity.clone());
                    asked.push((ask, known, wanted));
                }
                (Err(error), _) | (_, Err(error)) => {
                    seen.push((ask.address.clone(), Seen::Unreadable(error.to_string())));
                }
            }
        }
        let listings = identities.into_iter().map(|identity| async {
            let listing = listing(cloud, &identity).await;
            (identity, listing)
        });
        let listings: BTreeMap<_, _> = join_all(listings).await.into_iter().collect();
        let looks = asked.iter().map(|(ask, known, wanted)| async {
            let mark = question.mark(ask);
            let name = marks::credential_name(&mark, namespace(&known.subject));
            let found = match &listings[&known.identity] {
                Err(error) => Err(error.clone()),
                Ok(live) => match find(live, ask.id, &name, wanted.as_ref().unwrap_or(known)) {
                    Some(live) => Ok(Some(live.clone())),
                    // A listing may be behind a write of a moment ago.
                    None if ask.fresh && wanted.is_some() => {
                        let name = ask.id.unwrap_or(&name);
                        credentials::read(&cloud.clients, &known.identity, name, true).await
                    }
                    None => Ok(None),
                },
            };
            let spot = |live: Credential| spotted(&live, &known.identity, &name, mark);
            ask.answer(found.map(|live| live.map(spot)))
        });
        seen.extend(join_all(looks).await);
        Observed {
            seen,
            ..Observed::default()
        }
    }

    async fn create(
        cloud: &Azure,
        at: &Target<'_>,
        spec: &CredentialSpec,
    ) -> Result<Created, CloudError> {
        let name = marks::credential_name(at.mark, namespace(&spec.subject));
        // A PUT turns one that is there into this one, whoever's it is.
        let there = credentials::read(&cloud.clients, &spec.identity, &name, false).await?;
        if there.is_some() {
            let words = "a federated credential of this name is there already";
            return Err(CloudError::local(Class::Conflict, Self::NAME, words));
        }
        write(cloud, &name, spec).await?;
        Ok(Created::with_id(name))
    }

    async fn update(
        cloud: &Azure,
        at: &Target<'_>,
        _from: &CredentialSpec,
        to: &CredentialSpec,
    ) -> Result<(), CloudError> {
        write(cloud, &own_name(at, to), to).await
    }

    /// Its name is its mark, and no name can be changed.
    async fn mark(
        _cloud: &Azure,
        _at: &Target<'_>,
        _live: &CredentialSpec,
    ) -> Result<(), CloudError> {
        Ok(())
    }

    async fn unmark(
        _cloud: &Azure,
        _at: &Target<'_>,
        _live: &CredentialSpec,
    ) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(
        cloud: &Azure,
        at: &Target<'_>,
        from: &CredentialSpec,
    ) -> Result<(), CloudError> {
        credentials::delete(&cloud.clients, &from.identity, &own_name(at, from)).await
    }
}

/// The rights for the credentials of a Space's managed identities.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let principals = space.entra.iter().map(|identity| &identity.principal);
    let managed = principals.filter(|it| matches!(it, EntraPrincipal::Managed(_)));
    let of = |id: String| {
        let looks = [credentials::LIST[0], credentials::GET[0]];
        let writes = [credentials::WRITE[0], credentials::DELETE[0]];
        [Right::look(&id, &looks), Right::change(&id, &writes)].concat()
    };
    managed.map(EntraPrincipal::id).flat_map(of).collect()
}

/// How many credentials an identity needs, and which of them do not fit.
pub(crate) struct Room<'a> {
    pub(crate) wanted: usize,
    /// Live ones that are neither wanted nor ours.
    pub(crate) foreign: Vec<&'a Credential>,
    /// Cluster and subject of those that are one too many.
    beyond: BTreeSet<(String, String)>,
}

impl<'a> Room<'a> {
    /// The room in an identity with these live ones; names of ours begin with `prefix`.
    pub(crate) fn of(
        identity: &EntraIdentity,
        live: &'a [Credential],
        facts: &Facts,
        prefix: &str,
    ) -> Self {
        let is_live = |cluster: &str, subject: &str| {
            let Some(Fact::Known(issuer)) = facts.issuers.get(cluster) else {
                return false;
            };
            live.iter()
                .any(|it| it.issuer == *issuer && it.subject == subject)
        };
        let wanted: BTreeSet<(String, String)> = subjects(identity)
            .map(|(cluster, subject)| (cluster.to_owned(), subject.claim()))
            .collect();
        let is_wanted = |it: &&Credential| {
            wanted.iter().any(|(cluster, subject)| {
                it.subject == *subject
                    && matches!(facts.issuers.get(cluster), Some(Fact::Known(issuer)) if *issuer == it.issuer)
            })
        };
        let is_foreign = |it: &&Credential| !is_wanted(it) && !it.name.starts_with(prefix);
        let foreign: Vec<&Credential> = live.iter().filter(is_foreign).collect();
        let (stay, new): (Vec<_>, Vec<_>) = wanted
            .iter()
            .cloned()
            .partition(|(cluster, subject)| is_live(cluster, subject));
        let left = MOST.saturating_sub(stay.len() + foreign.len());
        Self {
            wanted: wanted.len(),
            foreign,
            beyond: new.into_iter().skip(left).collect(),
        }
    }
}

fn subjects(identity: &EntraIdentity) -> impl Iterator<Item = (&str, &Subject)> {
    let clusters = identity.subjects.iter();
    clusters.flat_map(|(cluster, all)| all.iter().map(|subject| (cluster.as_str(), subject)))
}

fn wanted(
    identity: &EntraIdentity,
    space: &str,
    facts: &Facts,
    prefix: &str,
) -> Vec<Wanted<CredentialSpec>> {
    let id = identity.principal.id();
    let there = match facts.credentials.get(&id) {
        Some(Fact::Known(Some(live))) => Ok(live.as_slice()),
        Some(Fact::Known(None)) if identity.principal.is_made() => Ok([].as_slice()),
        Some(Fact::Known(None)) => Err(existing_identity::none(&identity.principal)),
        Some(Fact::Unreadable(why)) => Err(why.clone()),
        None => Err("nothing is known of its managed identity".to_owned()),
    };
    let room = Room::of(
        identity,
        there.as_ref().copied().unwrap_or_default(),
        facts,
        prefix,
    );
    let needs = places::needs(identity, space);
    let want = |(cluster, subject): (&str, &Subject)| {
        let claim = subject.claim();
        let (namespace, account) = parts(subject);
        let spec = there.clone().and_then(|_| {
            if room.beyond.contains(&(cluster.to_owned(), claim.clone())) {
                return Err(full(identity, &room));
            }
            let issuer = match facts.issuers.get(cluster) {
                Some(Fact::Known(issuer)) => Ok(issuer.clone()),
                Some(Fact::Unreadable(why)) => Err(why.clone()),
                None => Err("nothing is known of its issuer".to_owned()),
            };
            Ok(CredentialSpec {
                identity: id.clone(),
                issuer: issuer?,
                subject: claim,
                audiences: [AUDIENCE.to_owned()].into(),
            })
        });
        Wanted {
            name: format!("{cluster}/{namespace}/{account}"),
            place: places::home(identity),
            spec,
            needs: needs.clone(),
            // They go with it and do not come back with it.
            links: needs.clone(),
        }
    };
    subjects(identity).map(want).collect()
}

fn full(identity: &EntraIdentity, room: &Room) -> String {
    let foreign = match room.foreign.len() {
        0 => String::new(),
        n => format!(", and {n} others are there that are not ours"),
    };
    format!(
        "the {} {} has room for {MOST} federated credentials, {} are wanted{foreign}; put some control planes \
         into another Space with an identity of its own (an application has the same limit, a credential names one subject \
         without patterns, and AKS identity bindings need an annotation of pods that the Spaces chart does not set)",
        places::noun(&identity.principal.id()),
        identity.principal.name(),
        room.wanted
    )
}

fn parts(subject: &Subject) -> (&str, &str) {
    match subject {
        Subject::Exact {
            namespace,
            service_account,
        }
        | Subject::Pattern {
            namespace,
            service_account,
        } => (namespace, service_account),
    }
}

/// The namespace of `system:serviceaccount:NS:SA`.
fn namespace(subject: &str) -> &str {
    subject.split(':').nth(2).unwrap_or_default()
}

/// Its name: the one that the state knows, else the one that it gets from us.
fn own_name(at: &Target<'_>, spec: &CredentialSpec) -> String {
    match at.id {
        Some(name) => name.to_owned(),
        None => marks::credential_name(at.mark, namespace(&spec.subject)),
    }
}

async fn listing(cloud: &Azure, identity: &str) -> Result<Vec<Credential>, CloudError> {
    match cloud.clients.take_listing(identity) {
        Some(listing) => Ok(listing),
        None => {
            let listed = credentials::list(&cloud.clients, identity).await?;
            Ok(listed.unwrap_or_default())
        }
    }
}

/// The live one that the state knows, else the one with our name, else one for the same tokens.
fn find<'a>(
    live: &'a [Credential],
    id: Option<&str>,
    name: &str,
    wanted: &CredentialSpec,
) -> Option<&'a Credential> {
    let named = |name: &str| live.iter().find(|it| it.name.eq_ignore_ascii_case(name));
    let alike = || {
        live.iter()
            .find(|it| it.issuer == wanted.issuer && it.subject == wanted.subject)
    };
    id.and_then(named).or_else(|| named(name)).or_else(alike)
}

fn spotted(live: &Credential, identity: &str, name: &str, mark: Mark) -> Spotted<CredentialSpec> {
    let is_ours = live.name.eq_ignore_ascii_case(name);
    Spotted {
        id: Some(live.name.clone()),
        given: BTreeMap::new(),
        spec: CredentialSpec {
            identity: identity.to_owned(),
            issuer: live.issuer.clone(),
            subject: live.subject.clone(),
            audiences: live.audiences.iter().cloned().collect(),
        },
        owner: match is_ours {
            true => Owner::Marked(mark),
            false => Owner::Unmarkable,
        },
        objections: Vec::new(),
        remarks: Vec::new(),
    }
}

async fn write(cloud: &Azure, name: &str, spec: &CredentialSpec) -> Result<(), CloudError> {
    let credential = Credential {
        name: name.to_owned(),
        issuer: spec.issuer.clone(),
        subject: spec.subject.clone(),
        audiences: spec.audiences.iter().cloned().collect(),
    };
    credentials::write(&cloud.clients, &spec.identity, &credential).await
}
