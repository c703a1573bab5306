//! `azure/blob-container`: a container that the file lets wip make, in a storage account that is there.
//!
//! Shared: one that is there is used, and nothing of it is ours. Its metadata are its mark; one that wip made is not public.
//! What is in it is nobody's business here but where it is to be deleted: that is `empty`'s.
//! Source: `BlobContainers_*` (Microsoft.Storage).

mod empty;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, try_join_all};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wip_plan::{Address, Edge, Existing, Field, Mark, Owner, Relation, Stray};
use wip_provider::{
    Ask, Class, CloudError, Created, Found, Kind, Observed, Question, Scope, Spotted, Target,
    Wanted,
};
use wip_rest::Call;
use wip_space::{Container, OnDestroy, Space};

use crate::client::Clients;
use crate::facts::{Fact, Facts};
use crate::places::place;
use crate::rights::Right;
use crate::{Azure, marks, versions};

const PUT: &str = "arm:BlobContainers_Create";
const PATCH: &str = "arm:BlobContainers_Update";
const DELETE: &str = "arm:BlobContainers_Delete";

/// The rights for the containers that wip makes.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let made = space.containers.iter().filter(|it| it.create);
    let of = |listed: &wip_space::BlobContainer| {
        let id = listed.at.id();
        let mut rights = Right::look(&id, &["arm:BlobContainers_Get"]);
        rights.extend(Right::change(&id, &[PUT, PATCH]));
        if listed.on_destroy == OnDestroy::Delete {
            rights.extend(Right::look(&id, &[empty::ACCOUNT, empty::LIST]));
            rights.extend(Right::change(&id, &[DELETE]));
        }
        rights
    };
    made.flat_map(of).collect()
}

/// The kind.
pub(crate) struct BlobContainer;

/// A container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ContainerSpec {
    /// Its resource id.
    id: String,
    /// Who reads it without a token: `None`, or of one that somebody opened `Blob` or `Container`.
    public_access: String,
    on_destroy: OnDestroy,
}

impl Kind for BlobContainer {
    const NAME: &'static str = "azure/blob-container";
    const SUMMARY: &'static str =
        "A container of blobs: made where it is missing; one that was there before stays as it is.";
    const EXISTING: Existing = Existing::Shared;
    const FIELDS: &'static [Field] = &[Field {
        path: "id",
        replaces: true,
        sensitive: false,
    }];
    type Spec = ContainerSpec;
    type Cloud = Azure;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<ContainerSpec>> {
        let made = scope.space.containers.iter().filter(|it| it.create);
        let want = made.map(|listed| {
            let id = listed.at.id();
            Wanted {
                name: name(&listed.at),
                place: place(&listed.at.subscription),
                spec: match facts.containers.get(&id) {
                    Some(Fact::Known(_)) => Ok(ContainerSpec {
                        id,
                        public_access: PRIVATE.to_owned(),
                        on_destroy: listed.on_destroy,
                    }),
                    Some(Fact::Unreadable(why)) => Err(why.clone()),
                    None => Err("nothing is known of its storage account".to_owned()),
                },
                needs: BTreeSet::new(),
                links: BTreeSet::new(),
            }
        });
        want.collect()
    }

    /// None: who may what in it are role assignments.
    fn edges(_spec: &ContainerSpec) -> Vec<Edge> {
        Vec::new()
    }

    fn stays(spec: &ContainerSpec, relation: Relation) -> Option<String> {
        match (relation, spec.on_destroy) {
            (Relation::Shared, _) => Some("it was there before wip, so it stays".to_owned()),
            (_, OnDestroy::Delete) => None,
            (_, OnDestroy::Keep) => Some("it stays, with all that is in it".to_owned()),
        }
    }

    async fn observe(cloud: &Azure, question: Question<'_, ContainerSpec>) -> Observed {
        let clients = &cloud.clients;
        let looks = question.asks.iter().map(|ask| async {
            let found = look(clients, ask, &question.mark(ask)).await;
            ask.answer(found)
        });
        let mut observed = Observed {
            seen: join_all(looks).await,
            ..Observed::default()
        };
        if question.wide {
            observed.besides("containers", strays(clients, &question).await);
        }
        observed
    }

    async fn create(
        cloud: &Azure,
        at: &Target<'_>,
        spec: &ContainerSpec,
    ) -> Result<Created, CloudError> {
        let clients = &cloud.clients;
        let there_already = || {
            let words = "a container of this name is there already";
            CloudError::local(Class::Conflict, PUT, words)
        };
        // A PUT answers with one that is there, whoever's it is.
        if read(clients, &spec.id, false).await?.is_some() {
            return Err(there_already());
        }
        let body = body(&marks::metadata(at.mark), &spec.public_access);
        let call = Call::write(PUT);
        let answer = clients.call(call, Method::PUT, &spec.id, versions::STORAGE, Some(body));
        let live: Live = answer.await?.json()?;
        match is_ours(&live, at.mark) {
            true => Ok(Created::default()),
            false => Err(there_already()),
        }
    }

    async fn update(
        cloud: &Azure,
        at: &Target<'_>,
        _from: &ContainerSpec,
        to: &ContainerSpec,
    ) -> Result<(), CloudError> {
        // What becomes of a container stands in the state alone.
        if at.relation == Relation::Shared {
            return Ok(());
        }
        let clients = &cloud.clients;
        let mut metadata = must(read(clients, &to.id, false).await?)?.metadata();
        metadata.retain(|key, _| !marks::is_of_metadata(key));
        metadata.extend(marks::metadata(at.mark));
        patch(clients, &to.id, body(&metadata, &to.public_access)).await
    }

    async fn mark(cloud: &Azure, at: &Target<'_>, live: &ContainerSpec) -> Result<(), CloudError> {
        Self::update(cloud, at, live, live).await
    }

    async fn unmark(
        cloud: &Azure,
        at: &Target<'_>,
        live: &ContainerSpec,
    ) -> Result<(), CloudError> {
        let clients = &cloud.clients;
        let found = must(read(clients, &live.id, false).await?)?;
        if !is_ours(&found, at.mark) {
            return Ok(());
        }
        let mut metadata = found.metadata();
        metadata.retain(|key, _| !marks::is_of_metadata(key));
        let body = json!({ "properties": { "metadata": metadata } });
        patch(clients, &live.id, body).await
    }

    /// Deletes what wip made and the file lets it delete, where it is known to be empty. Everything else stays, unmarked.
    async fn delete(
        cloud: &Azure,
        at: &Target<'_>,
        from: &ContainerSpec,
    ) -> Result<(), CloudError> {
        let clients = &cloud.clients;
        let found = must(read(clients, &from.id, false).await?)?;
        let is_made = at.relation != Relation::Shared && is_ours(&found, at.mark);
        if !is_made || from.on_destroy != OnDestroy::Delete {
            return Self::unmark(cloud, at, from).await;
        }
        empty::check(clients, &from.id).await?;
        clients.delete(DELETE, &from.id, versions::STORAGE).await
    }
}

/// The address of a container that the file lets wip make: what is about it comes after it.
pub(crate) fn address(space: &Space, at: &Container) -> Option<Address> {
    let mut listed = space.containers.iter();
    listed
        .any(|listed| listed.create && listed.at.is(at))
        .then(|| Address::new(BlobContainer::NAME, &space.name, &name(at)))
}

fn name(at: &Container) -> String {
    format!("{}/{}", at.storage_account, at.container)
}

/// Nobody reads it without a token (`PublicAccess` of Microsoft.Storage).
const PRIVATE: &str = "None";

fn gone() -> CloudError {
    CloudError::local(Class::Missing, DELETE, "the container is not there")
}

fn must(found: Option<Live>) -> Result<Live, CloudError> {
    found.ok_or_else(gone)
}

/// A container as Azure has it.
#[derive(Deserialize)]
struct Live {
    #[serde(default)]
    properties: LiveProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LiveProperties {
    public_access: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
}

impl Live {
    fn metadata(&self) -> BTreeMap<String, String> {
        self.properties.metadata.clone().unwrap_or_default()
    }
}

fn is_ours(live: &Live, ours: &Mark) -> bool {
    matches!(
        marks::owner_by_metadata(&live.metadata()),
        Owner::Marked(mark) if (&mark.space, &mark.lineage) == (&ours.space, &ours.lineage)
    )
}

async fn read(clients: &Clients, id: &str, fresh: bool) -> Result<Option<Live>, CloudError> {
    let call = Call::read("arm:BlobContainers_Get").of_fresh(fresh);
    clients.get(call, id, versions::STORAGE).await
}

fn body(metadata: &BTreeMap<String, String>, public_access: &str) -> serde_json::Value {
    json!({ "properties": { "metadata": metadata, "publicAccess": public_access } })
}

async fn patch(clients: &Clients, id: &str, body: serde_json::Value) -> Result<(), CloudError> {
    let call = Call::write(PATCH);
    let answer = clients.call(call, Method::PATCH, id, versions::STORAGE, Some(body));
    answer.await.map(drop)
}

async fn look(
    clients: &Clients,
    ask: &Ask<'_, ContainerSpec>,
    mark: &Mark,
) -> Found<ContainerSpec> {
    let (wanted, owned) = (ask.wanted()?, ask.owned()?);
    // What is ours is looked at where it is; of a stray the id is all that is known.
    let known = owned.as_ref().or(wanted.as_ref());
    let stray = ask.id.filter(|id| id.starts_with('/'));
    let Some(id) = known.map(|spec| spec.id.as_str()).or(stray) else {
        return Ok(None);
    };
    let Some(live) = read(clients, id, ask.fresh && wanted.is_some()).await? else {
        return Ok(None);
    };
    let is_made = is_ours(&live, mark) && ask.relation != Some(Relation::Shared);
    let on_destroy = known.map_or(OnDestroy::Keep, |spec| spec.on_destroy);
    let is_to_go = wanted.is_none() && is_made && ask.relation == Some(Relation::Made);
    if is_to_go && on_destroy == OnDestroy::Delete {
        empty::check(clients, id).await?;
    }
    let open = live.properties.public_access.clone();
    // Whether somebody else's is open is theirs to say.
    let theirs = known
        .filter(|_| !is_made)
        .map(|spec| spec.public_access.clone());
    Ok(Some(Spotted {
        id: None,
        given: BTreeMap::new(),
        spec: ContainerSpec {
            id: id.to_owned(),
            public_access: theirs.or(open).unwrap_or_else(|| PRIVATE.to_owned()),
            on_destroy,
        },
        owner: marks::owner_by_metadata(&live.metadata()),
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}

/// Containers that bear the Space's mark and that nobody asked about, in the storage accounts that somebody asked about; each
/// is read, because a listing is not said to hold metadata.
async fn strays(
    clients: &Clients,
    question: &Question<'_, ContainerSpec>,
) -> Result<Vec<Stray>, CloudError> {
    let mut collections = BTreeSet::new();
    for ask in question.asks {
        for spec in [ask.wanted()?, ask.owned()?].into_iter().flatten() {
            collections.extend(spec.id.rsplit_once('/').map(|(all, _)| all.to_owned()));
        }
    }
    let listings = collections.iter().map(|id| async move {
        let call = Call::read("arm:BlobContainers_List");
        let listed: Vec<Listed> = clients.list(call, id, versions::STORAGE, "").await?;
        Ok::<_, CloudError>(
            listed
                .into_iter()
                .map(move |it| format!("{id}/{}", it.name)),
        )
    });
    let ids: Vec<String> = try_join_all(listings)
        .await?
        .into_iter()
        .flatten()
        .collect();
    let reads = ids.into_iter().map(|id| async move {
        let live = read(clients, &id, false).await?;
        let owner = live.map(|live| marks::owner_by_metadata(&live.metadata()));
        Ok::<_, CloudError>(owner.and_then(|owner| question.stray(&owner, id)))
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

/// What of a container a listing is read for.
#[derive(Deserialize)]
struct Listed {
    name: String,
}
