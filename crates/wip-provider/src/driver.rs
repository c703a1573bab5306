//! The driver: all kinds of one cloud behind one object, with documents instead of types.
//!
//! Owns which kinds a cloud has and the way of a call to the right one.
//! The turn from documents to typed specs is `erased`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use wip_plan::{Address, Doc, KindInfo, Note, Place, Relation, Room, Seen, Stray, Want};
use wip_space::{Cluster, Space};

use crate::{AnyKind, Class, CloudError, Created, Mismatch, Scope, Target};

/// One cloud: its clients, its facts and its kinds.
pub trait Cloud: Sized + 'static {
    /// `aws`.
    const NAME: &'static str;
    /// What must be read before anything can be wanted; kept in a saved plan.
    type Facts: Serialize + DeserializeOwned;

    /// The registry: one line per kind.
    fn kinds() -> Vec<Box<dyn AnyKind<Self>>>;

    /// Asks who the caller is in each account of the Space, and in each of `owned`, where the state has something.
    fn check(
        &self,
        space: &Space,
        owned: &BTreeSet<String>,
    ) -> impl Future<Output = Result<(), Mismatch>>;

    /// Who issues the tokens of a cluster of this cloud, `https://…`; `None` of any other cluster.
    ///
    /// An error says in words why nobody knows.
    fn issuer(&self, cluster: &Cluster) -> impl Future<Output = Option<Result<String, String>>>;

    /// Tries a token of a service account of a cluster as the pods of an identity do: who its bearer is here, in words.
    ///
    /// `told` is what such pods are told of the identity (`clientId`). `None` where it is no identity of this cloud, or only pods
    /// themselves can try.
    fn exchange(
        &self,
        space: &Space,
        trial: Trial<'_>,
    ) -> impl Future<Output = Option<Result<String, CloudError>>>;

    /// Reads the facts; one that cannot be read blocks only what needs it.
    fn facts(&self, space: &Space) -> impl Future<Output = Self::Facts>;

    /// What the reader should know of the facts. Pure.
    fn notes(space: &Space, facts: &Self::Facts) -> Vec<Note>;

    /// How much more the accounts hold. Pure.
    fn rooms(_facts: &Self::Facts) -> Vec<Room> {
        Vec::new()
    }
}

/// A token to be tried. It is a secret, and is shown nowhere.
#[derive(Clone, Copy)]
pub struct Trial<'a> {
    /// The name of the identity.
    pub identity: &'a str,
    /// The cluster that gave the token.
    pub cluster: &'a Cluster,
    /// What the pods of the identity are told of it, by name.
    pub told: &'a BTreeMap<String, String>,
    /// The token.
    pub token: &'a str,
}

/// All kinds of one cloud, as the engine sees them.
pub trait Driver {
    /// `aws`.
    fn cloud(&self) -> &'static str;
    /// What the planner must know of each kind.
    fn kinds(&self) -> Vec<KindInfo>;
    /// Asks who the caller is in each account of the Space, and in each of `owned`, where the state has something.
    fn check<'a>(
        &'a self,
        space: &'a Space,
        owned: &'a BTreeSet<String>,
    ) -> LocalBoxFuture<'a, Result<(), Mismatch>>;
    /// Who issues the tokens of a cluster of this cloud, `https://…`; `None` of any other cluster.
    fn issuer<'a>(
        &'a self,
        _cluster: &'a Cluster,
    ) -> LocalBoxFuture<'a, Option<Result<String, String>>> {
        std::future::ready(None).boxed_local()
    }
    /// Tries a token as the pods of an identity do: who its bearer is here, in words.
    fn exchange<'a>(
        &'a self,
        _space: &'a Space,
        _trial: Trial<'a>,
    ) -> LocalBoxFuture<'a, Option<Result<String, CloudError>>> {
        std::future::ready(None).boxed_local()
    }
    /// Reads the facts.
    fn facts<'a>(&'a self, space: &'a Space) -> LocalBoxFuture<'a, Result<Value, CloudError>>;
    /// What the Space wants, and what the reader should know. Pure.
    ///
    /// # Errors
    /// Where the facts are not this driver's.
    fn desire(
        &self,
        scope: &Scope<'_>,
        facts: &Value,
    ) -> Result<(Vec<Want>, Vec<Note>), CloudError>;
    /// How much more the accounts hold. Pure.
    ///
    /// # Errors
    /// Where the facts are not this driver's.
    fn rooms(&self, _facts: &Value) -> Result<Vec<Room>, CloudError> {
        Ok(Vec::new())
    }
    /// Looks at resources of one kind in one place.
    fn observe<'a>(&'a self, question: Look<'a>) -> LocalBoxFuture<'a, Sights>;
    /// Makes a resource; answers what the cloud made of it.
    fn create<'a>(
        &'a self,
        at: Target<'a>,
        doc: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<Created, CloudError>>;
    /// Changes a resource in place.
    fn update<'a>(
        &'a self,
        at: Target<'a>,
        from: &'a Doc,
        to: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>>;
    /// Writes our mark.
    fn mark<'a>(
        &'a self,
        at: Target<'a>,
        live: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>>;
    /// Takes our mark off.
    fn unmark<'a>(
        &'a self,
        at: Target<'a>,
        live: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>>;
    /// Deletes a resource, or takes our addition back.
    fn delete<'a>(
        &'a self,
        at: Target<'a>,
        from: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>>;
    /// What a change of a resource writes that others write too: steps with the same key never overlap.
    fn serial(&self, kind: &str, place: &Place, doc: &Doc) -> Option<String>;
    /// What others need to know of a resource.
    fn outputs(&self, kind: &str, place: &Place, doc: &Doc) -> BTreeMap<String, String>;
}

/// A look at several resources of one kind in one place, in documents.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The Space's name.
    pub space: &'a str,
    /// The lineage of its state.
    pub lineage: &'a str,
    /// The kind.
    pub kind: &'a str,
    /// Where.
    pub place: &'a Place,
    /// Which.
    pub glances: &'a [Glance],
    /// Look for everything that bears a mark of the Space too, whatever that costs.
    pub wide: bool,
    /// Take from the state what a listing shows to be the same one, where reading each costs a call.
    pub listed: bool,
}

/// One resource to look at, in documents.
#[derive(Clone, Debug)]
pub struct Glance {
    /// Its key.
    pub address: Address,
    /// What is wanted of it.
    pub wanted: Option<Doc>,
    /// What the state says of it.
    pub owned: Option<Doc>,
    /// What runs that died, or the step that has just failed, had begun to turn it into.
    pub begun: BTreeSet<Doc>,
    /// The id that the state knows.
    pub id: Option<String>,
    /// In which way the state says that it is ours.
    pub relation: Option<Relation>,
    /// It was made or changed a moment ago.
    pub fresh: bool,
}

/// The answer to a [`Look`].
#[derive(Clone, Debug, Default)]
pub struct Sights {
    /// What each is.
    pub seen: BTreeMap<Address, Seen>,
    /// What bears our mark and was not asked about.
    pub strays: Vec<Stray>,
    /// What the reader should know.
    pub remarks: Vec<String>,
    /// What was seen besides and needs somebody's hand.
    pub notes: Vec<Note>,
    /// How many were taken from the state unread.
    pub unread: usize,
}

/// The one driver: a cloud and its registry.
pub struct CloudDriver<C: Cloud> {
    cloud: C,
    kinds: BTreeMap<&'static str, Box<dyn AnyKind<C>>>,
}

impl<C: Cloud> CloudDriver<C> {
    /// A driver over `cloud`.
    pub fn new(cloud: C) -> Self {
        let kinds = C::kinds()
            .into_iter()
            .map(|kind| (kind.info().name, kind))
            .collect();
        Self { cloud, kinds }
    }

    fn kind(&self, name: &str) -> Result<&dyn AnyKind<C>, CloudError> {
        self.kinds.get(name).map(Box::as_ref).ok_or_else(|| {
            CloudError::local(
                Class::Final,
                name,
                "this wip does not know the kind; a newer one made it",
            )
        })
    }
}

fn facts_of<C: Cloud>(facts: &Value) -> Result<C::Facts, CloudError> {
    C::Facts::deserialize(facts)
        .map_err(|error| CloudError::local(Class::Final, C::NAME, error.to_string()))
}

impl<C: Cloud> Driver for CloudDriver<C> {
    fn cloud(&self) -> &'static str {
        C::NAME
    }

    fn kinds(&self) -> Vec<KindInfo> {
        self.kinds.values().map(|kind| kind.info()).collect()
    }

    fn check<'a>(
        &'a self,
        space: &'a Space,
        owned: &'a BTreeSet<String>,
    ) -> LocalBoxFuture<'a, Result<(), Mismatch>> {
        self.cloud.check(space, owned).boxed_local()
    }

    fn issuer<'a>(
        &'a self,
        cluster: &'a Cluster,
    ) -> LocalBoxFuture<'a, Option<Result<String, String>>> {
        self.cloud.issuer(cluster).boxed_local()
    }

    fn exchange<'a>(
        &'a self,
        space: &'a Space,
        trial: Trial<'a>,
    ) -> LocalBoxFuture<'a, Option<Result<String, CloudError>>> {
        self.cloud.exchange(space, trial).boxed_local()
    }

    fn facts<'a>(&'a self, space: &'a Space) -> LocalBoxFuture<'a, Result<Value, CloudError>> {
        async move {
            let facts = self.cloud.facts(space).await;
            serde_json::to_value(facts)
                .map_err(|error| CloudError::local(Class::Final, C::NAME, error.to_string()))
        }
        .boxed_local()
    }

    fn desire(
        &self,
        scope: &Scope<'_>,
        facts: &Value,
    ) -> Result<(Vec<Want>, Vec<Note>), CloudError> {
        let facts = facts_of::<C>(facts)?;
        let wants = self
            .kinds
            .values()
            .flat_map(|kind| kind.desire(scope, &facts))
            .collect();
        Ok((wants, C::notes(scope.space, &facts)))
    }

    fn rooms(&self, facts: &Value) -> Result<Vec<Room>, CloudError> {
        Ok(C::rooms(&facts_of::<C>(facts)?))
    }

    fn observe<'a>(&'a self, look: Look<'a>) -> LocalBoxFuture<'a, Sights> {
        match self.kind(look.kind) {
            Ok(kind) => kind.observe(&self.cloud, look),
            Err(error) => {
                let seen = look
                    .glances
                    .iter()
                    .map(|glance| (glance.address.clone(), Seen::Unreadable(error.to_string())))
                    .collect();
                std::future::ready(Sights {
                    seen,
                    ..Sights::default()
                })
                .boxed_local()
            }
        }
    }

    fn create<'a>(
        &'a self,
        at: Target<'a>,
        doc: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<Created, CloudError>> {
        async move {
            self.kind(at.address.kind())?
                .create(&self.cloud, at, doc)
                .await
        }
        .boxed_local()
    }

    fn update<'a>(
        &'a self,
        at: Target<'a>,
        from: &'a Doc,
        to: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move {
            self.kind(at.address.kind())?
                .update(&self.cloud, at, from, to)
                .await
        }
        .boxed_local()
    }

    fn mark<'a>(
        &'a self,
        at: Target<'a>,
        live: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move {
            self.kind(at.address.kind())?
                .mark(&self.cloud, at, live)
                .await
        }
        .boxed_local()
    }

    fn unmark<'a>(
        &'a self,
        at: Target<'a>,
        live: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move {
            self.kind(at.address.kind())?
                .unmark(&self.cloud, at, live)
                .await
        }
        .boxed_local()
    }

    fn delete<'a>(
        &'a self,
        at: Target<'a>,
        from: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move {
            self.kind(at.address.kind())?
                .delete(&self.cloud, at, from)
                .await
        }
        .boxed_local()
    }

    fn serial(&self, kind: &str, place: &Place, doc: &Doc) -> Option<String> {
        self.kind(kind).ok()?.serial(place, doc)
    }

    fn outputs(&self, kind: &str, place: &Place, doc: &Doc) -> BTreeMap<String, String> {
        self.kind(kind)
            .map_or_else(|_| BTreeMap::new(), |kind| kind.outputs(place, doc))
    }
}
