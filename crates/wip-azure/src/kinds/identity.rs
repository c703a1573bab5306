//! `azure/identity`: a user-assigned managed identity, which the workloads of one identity of the Space sign in as.
//!
//! Owns its location and tags. Its credentials and its roles are kinds of their own.
//! Source: `UserAssignedIdentities_*` (Microsoft.ManagedIdentity).

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wip_plan::{Edge, Existing, Field, Place, Stray};
use wip_provider::{
    Ask, Class, CloudError, Created, Found, Kind, Observed, Question, Scope, Spotted, Target,
    Wanted,
};
use wip_rest::Call;
use wip_space::{EntraPrincipal, Space};

use crate::client::{Clients, Principal};
use crate::facts::Facts;
use crate::places::place;
use crate::rights::Right;
use crate::{Azure, marks, versions};

/// What it means for workloads that what they sign in as is made anew.
pub(super) const ANOTHER_CLIENT: &str = "it is made anew and gets another client id, and its workloads lose their access until they are \
                                         annotated with that one and restart";

const READ: &str = "arm:UserAssignedIdentities_Get";
const WRITE: &str = "arm:UserAssignedIdentities_CreateOrUpdate";
const DELETE: &str = "arm:UserAssignedIdentities_Delete";

/// The kind.
pub(crate) struct Identity;

/// A managed identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct IdentitySpec {
    /// Its resource id; who it is follows from its names.
    id: String,
    location: String,
    /// Of the Space; other tags on it are nobody's business here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
}

impl Kind for Identity {
    const NAME: &'static str = "azure/identity";
    const SUMMARY: &'static str =
        "A user-assigned managed identity: what the workloads of an identity sign in to Azure as.";
    const EXISTING: Existing = Existing::Ask;
    const FIELDS: &'static [Field] = &[
        Field {
            path: "id",
            replaces: true,
            sensitive: false,
        },
        Field {
            path: "location",
            replaces: true,
            sensitive: false,
        },
    ];
    type Spec = IdentitySpec;
    type Cloud = Azure;

    fn desire(scope: &Scope<'_>, _facts: &Facts) -> Vec<Wanted<IdentitySpec>> {
        let all = scope.space.entra.iter();
        let made = all.filter_map(|identity| match &identity.principal {
            EntraPrincipal::Managed(managed) if managed.is_made => Some((identity, managed)),
            EntraPrincipal::Managed(_) | EntraPrincipal::Application(_) => None,
        });
        let want = made.map(|(identity, managed)| Wanted {
            name: identity.name.clone(),
            place: place(&managed.subscription),
            spec: Ok(IdentitySpec {
                id: managed.id(),
                location: managed.location.clone(),
                tags: scope.space.labels.clone(),
            }),
            needs: BTreeSet::new(),
            links: BTreeSet::new(),
        });
        want.collect()
    }

    fn edges(_spec: &IdentitySpec) -> Vec<Edge> {
        Vec::new()
    }

    fn interrupts(from: &IdentitySpec, to: &IdentitySpec) -> Option<String> {
        let is_another = !from.id.eq_ignore_ascii_case(&to.id) || from.location != to.location;
        is_another.then(|| ANOTHER_CLIENT.to_owned())
    }

    /// Its credentials are written one after another, and not while it is.
    fn serial(_place: &Place, spec: &IdentitySpec) -> Option<String> {
        Some(spec.id.to_lowercase())
    }

    async fn observe(cloud: &Azure, question: Question<'_, IdentitySpec>) -> Observed {
        let looks = question.asks.iter().map(|ask| async {
            let found = look(&cloud.clients, ask).await;
            ask.answer(found)
        });
        let mut observed = Observed {
            seen: join_all(looks).await,
            ..Observed::default()
        };
        if question.wide {
            observed.besides(
                "managed identities",
                strays(&cloud.clients, &question).await,
            );
        }
        observed
    }

    async fn create(
        cloud: &Azure,
        at: &Target<'_>,
        spec: &IdentitySpec,
    ) -> Result<Created, CloudError> {
        let clients = &cloud.clients;
        // A PUT turns one that is there into this one, whoever's it is.
        if read(clients, &spec.id, false).await?.is_some() {
            let words = "a managed identity of this name is there already";
            return Err(CloudError::local(Class::Conflict, WRITE, words));
        }
        let live = write(clients, at, spec, BTreeMap::new()).await?;
        Ok(created(&live))
    }

    async fn update(
        cloud: &Azure,
        at: &Target<'_>,
        from: &IdentitySpec,
        to: &IdentitySpec,
    ) -> Result<(), CloudError> {
        let live = read(&cloud.clients, &to.id, false)
            .await?
            .ok_or_else(gone)?;
        let mut others = live.tags;
        others.retain(|key, _| !from.tags.contains_key(key) && !marks::is_of_mark(key));
        write(&cloud.clients, at, to, others).await.map(drop)
    }

    async fn mark(cloud: &Azure, at: &Target<'_>, live: &IdentitySpec) -> Result<(), CloudError> {
        Self::update(cloud, at, live, live).await
    }

    async fn unmark(
        cloud: &Azure,
        _at: &Target<'_>,
        live: &IdentitySpec,
    ) -> Result<(), CloudError> {
        let found = read(&cloud.clients, &live.id, false)
            .await?
            .ok_or_else(gone)?;
        let mut tags = found.tags;
        tags.retain(|key, _| !marks::is_of_mark(key));
        put(&cloud.clients, live, tags).await.map(drop)
    }

    async fn delete(
        cloud: &Azure,
        _at: &Target<'_>,
        from: &IdentitySpec,
    ) -> Result<(), CloudError> {
        let clients = &cloud.clients;
        clients.take_listing(&from.id);
        let deleted = clients.delete(DELETE, &from.id, versions::IDENTITIES).await;
        match &deleted {
            Err(error) if error.class != Class::Missing => return deleted,
            _ => clients.keep_principal(&from.id, None),
        }
        deleted?;
        // One that is made under the same name could not be told from it.
        let call = Call::read(READ).of_gone();
        match clients
            .call(call, Method::GET, &from.id, versions::IDENTITIES, None)
            .await
        {
            Err(error) if error.class != Class::Missing => Err(error),
            _ => Ok(()),
        }
    }
}

/// The rights for the managed identities of a Space.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let mut rights = Vec::new();
    for identity in &space.entra {
        let EntraPrincipal::Managed(managed) = &identity.principal else {
            continue;
        };
        let id = managed.id();
        rights.extend(Right::look(&id, &[READ]));
        if !managed.is_made {
            continue;
        }
        let writes = [WRITE, DELETE];
        rights.extend(Right::change(&id, &writes));
    }
    rights
}

fn gone() -> CloudError {
    let words = "the managed identity is not there";
    CloudError::local(Class::Missing, WRITE, words)
}

/// Identities of the subscription that bear the Space's mark and that nobody asked about.
async fn strays(
    clients: &Clients,
    question: &Question<'_, IdentitySpec>,
) -> Result<Vec<Stray>, CloudError> {
    let call = Call::read("arm:UserAssignedIdentities_ListBySubscription");
    let id = format!(
        "/subscriptions/{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities",
        question.place.account
    );
    let listed: Vec<Tagged> = clients.list(call, &id, versions::IDENTITIES, "").await?;
    let stray = |live: Tagged| question.stray(&marks::owner(&live.tags), live.id);
    Ok(listed.into_iter().filter_map(stray).collect())
}

/// What of an identity a listing is read for.
#[derive(Deserialize)]
struct Tagged {
    id: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// An identity as Azure has it.
#[derive(Deserialize)]
pub(super) struct Live {
    location: String,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    properties: LiveProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LiveProperties {
    principal_id: String,
    client_id: String,
}

pub(super) async fn read(
    clients: &Clients,
    id: &str,
    fresh: bool,
) -> Result<Option<Live>, CloudError> {
    let call = Call::read(READ).of_fresh(fresh);
    let live: Option<Live> = clients.get(call, id, versions::IDENTITIES).await?;
    clients.keep_principal(id, live.as_ref().map(principal));
    Ok(live)
}

fn principal(live: &Live) -> Principal {
    Principal {
        object: live.properties.principal_id.clone(),
        client: live.properties.client_id.clone(),
        owner: marks::owner(&live.tags),
    }
}

/// The object id tells one identity from another of the same name, which was made after it.
pub(super) fn created(live: &Live) -> Created {
    let principal = principal(live);
    let given = [
        ("clientId", principal.client),
        ("principalId", principal.object.clone()),
    ];
    Created {
        id: Some(principal.object),
        given: given.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

async fn look(clients: &Clients, ask: &Ask<'_, IdentitySpec>) -> Found<IdentitySpec> {
    let (wanted, owned) = (ask.wanted()?, ask.owned()?);
    // What is ours is looked at where it is; of a stray the id is all that is known.
    let known = owned.as_ref().or(wanted.as_ref()).map(|spec| &spec.id);
    let stray = ask.id.filter(|id| id.starts_with('/')).map(str::to_owned);
    let Some(known) = known.cloned().or(stray) else {
        return Ok(None);
    };
    let Some(live) = read(clients, &known, ask.fresh && wanted.is_some()).await? else {
        return Ok(None);
    };
    let Created { id, given } = created(&live);
    let keys: BTreeSet<&String> = [&wanted, &owned]
        .into_iter()
        .flatten()
        .flat_map(|spec| spec.tags.keys())
        .collect();
    let tags = live.tags.iter().filter(|(key, _)| keys.contains(key));
    Ok(Some(Spotted {
        id,
        given,
        spec: IdentitySpec {
            id: known,
            // Azure may answer with the name for people: `West Europe`.
            location: live.location.replace(' ', "").to_lowercase(),
            tags: tags
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        },
        owner: marks::owner(&live.tags),
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}

/// Writes it with its mark; `others` are the tags that somebody else put on it.
async fn write(
    clients: &Clients,
    at: &Target<'_>,
    spec: &IdentitySpec,
    others: BTreeMap<String, String>,
) -> Result<Live, CloudError> {
    let tags = others
        .into_iter()
        .chain(spec.tags.clone())
        .chain(at.mark.pairs());
    put(clients, spec, tags.collect()).await
}

async fn put(
    clients: &Clients,
    spec: &IdentitySpec,
    tags: BTreeMap<String, String>,
) -> Result<Live, CloudError> {
    let body = json!({ "location": spec.location, "tags": tags });
    let call = Call::write(WRITE);
    let answer = clients
        .call(
            call,
            Method::PUT,
            &spec.id,
            versions::IDENTITIES,
            Some(body),
        )
        .await?;
    let live: Live = answer.json()?;
    clients.keep_principal(&spec.id, Some(principal(&live)));
    Ok(live)
}
