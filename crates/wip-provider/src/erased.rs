//! A kind with its types erased: documents in, documents out.
//!
//! Owns the turn from documents to typed specs and back; which kinds there are is a registry's.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use futures_util::future::{FutureExt, LocalBoxFuture};
use wip_plan::{Address, Doc, DocError, Edge, Existing, KindInfo, Place, Relation, Want};

use crate::ask::spec_of;
use crate::driver::{Look, Sights};
use crate::{Ask, Cloud, CloudError, Created, Kind, Question, Scope, Target};

/// A kind with its types erased; made by [`erase`].
pub trait AnyKind<C: Cloud> {
    /// What the planner must know.
    fn info(&self) -> KindInfo;
    /// [`Kind::desire`], in documents.
    fn desire(&self, scope: &Scope<'_>, facts: &C::Facts) -> Vec<Want>;
    /// [`Kind::outputs`], in documents.
    fn outputs(&self, place: &Place, doc: &Doc) -> BTreeMap<String, String>;
    /// [`Kind::serial`], in documents.
    fn serial(&self, place: &Place, doc: &Doc) -> Option<String>;
    /// [`Kind::observe`], in documents.
    fn observe<'a>(&'a self, cloud: &'a C, look: Look<'a>) -> LocalBoxFuture<'a, Sights>;
    /// [`Kind::create`], in documents.
    fn create<'a>(
        &'a self,
        cloud: &'a C,
        at: Target<'a>,
        doc: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<Created, CloudError>>;
    /// [`Kind::update`], in documents.
    fn update<'a>(
        &'a self,
        cloud: &'a C,
        at: Target<'a>,
        from: &'a Doc,
        to: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>>;
    /// [`Kind::mark`], in documents.
    fn mark<'a>(
        &'a self,
        cloud: &'a C,
        at: Target<'a>,
        live: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>>;
    /// [`Kind::unmark`], in documents.
    fn unmark<'a>(
        &'a self,
        cloud: &'a C,
        at: Target<'a>,
        live: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>>;
    /// [`Kind::delete`], in documents.
    fn delete<'a>(
        &'a self,
        cloud: &'a C,
        at: Target<'a>,
        from: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>>;
}

/// A kind with its types erased, for the registry.
pub fn erase<K: Kind>() -> Box<dyn AnyKind<K::Cloud>> {
    Box::new(Erased::<K>(PhantomData))
}

struct Erased<K>(PhantomData<K>);

fn edges_of<K: Kind>(doc: &Doc) -> Result<Vec<Edge>, DocError> {
    doc.to::<K::Spec>().map(|spec| K::edges(&spec))
}

/// Of a document that is not of this kind, `edges` says so.
fn interrupts_of<K: Kind>(from: &Doc, to: &Doc) -> Option<String> {
    K::interrupts(&from.to().ok()?, &to.to().ok()?)
}

/// What is not of this kind stays: better than to delete it unread.
fn stays_of<K: Kind>(doc: &Doc, relation: Relation) -> Option<String> {
    match doc.to::<K::Spec>() {
        Ok(spec) => K::stays(&spec, relation),
        Err(error) => Some(format!("its document is not of this kind: {error}")),
    }
}

/// As [`interrupts_of`].
fn warns_of<K: Kind>(from: &Doc, to: &Doc) -> Option<(&'static str, String)> {
    K::warns(&from.to().ok()?, &to.to().ok()?)
}

/// As [`interrupts_of`].
fn strands_of<K: Kind>(gone: &Doc, edges: &[Edge]) -> Option<String> {
    K::strands(&gone.to().ok()?, edges)
}

/// As [`interrupts_of`]: what is wanted stays as it is.
fn beside_of<K: Kind>(wanted: &Doc, live: &Doc) -> Doc {
    let beside = || {
        let spec = K::beside(wanted.to().ok()?, &live.to().ok()?);
        Doc::of(&spec).ok()
    };
    match K::EXISTING {
        Existing::Part => beside().unwrap_or_else(|| wanted.clone()),
        Existing::Ask | Existing::Shared => wanted.clone(),
    }
}

fn crowd_of<K: Kind>(place: &Place, doc: &Doc) -> Option<String> {
    K::crowd(place, &doc.to().ok()?)
}

impl<K: Kind> AnyKind<K::Cloud> for Erased<K> {
    fn info(&self) -> KindInfo {
        KindInfo {
            name: K::NAME,
            summary: K::SUMMARY,
            existing: K::EXISTING,
            fields: K::FIELDS,
            edges: edges_of::<K>,
            interrupts: interrupts_of::<K>,
            stays: stays_of::<K>,
            warns: warns_of::<K>,
            strands: strands_of::<K>,
            crowd: crowd_of::<K>,
            beside: beside_of::<K>,
        }
    }

    fn desire(&self, scope: &Scope<'_>, facts: &<K::Cloud as Cloud>::Facts) -> Vec<Want> {
        K::desire(scope, facts)
            .into_iter()
            .map(|wanted| Want {
                address: Address::new(K::NAME, &scope.space.name, &wanted.name),
                place: wanted.place,
                doc: wanted
                    .spec
                    .and_then(|spec| Doc::of(&spec).map_err(|error| error.to_string())),
                needs: wanted.needs,
                links: wanted.links,
            })
            .collect()
    }

    fn outputs(&self, place: &Place, doc: &Doc) -> BTreeMap<String, String> {
        doc.to::<K::Spec>()
            .map_or_else(|_| BTreeMap::new(), |spec| K::outputs(place, &spec))
    }

    fn serial(&self, place: &Place, doc: &Doc) -> Option<String> {
        // A document that is not of this kind gets no further than the step's own check of it.
        let spec = doc.to::<K::Spec>().ok()?;
        K::serial(place, &spec)
    }

    fn observe<'a>(&'a self, cloud: &'a K::Cloud, look: Look<'a>) -> LocalBoxFuture<'a, Sights> {
        async move {
            let asks: Vec<Ask<'_, K::Spec>> = look.glances.iter().map(Ask::of).collect();
            let question = Question {
                space: look.space,
                lineage: look.lineage,
                place: look.place,
                asks: &asks,
                wide: look.wide,
                listed: look.listed,
            };
            let observed = K::observe(cloud, question).await;
            Sights {
                seen: observed.seen.into_iter().collect(),
                strays: observed.strays,
                remarks: observed.remarks,
                notes: observed.notes,
                unread: observed.unread,
            }
        }
        .boxed_local()
    }

    fn create<'a>(
        &'a self,
        cloud: &'a K::Cloud,
        at: Target<'a>,
        doc: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<Created, CloudError>> {
        async move { K::create(cloud, &at, &spec_of(K::NAME, doc)?).await }.boxed_local()
    }

    fn update<'a>(
        &'a self,
        cloud: &'a K::Cloud,
        at: Target<'a>,
        from: &'a Doc,
        to: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move { K::update(cloud, &at, &spec_of(K::NAME, from)?, &spec_of(K::NAME, to)?).await }
            .boxed_local()
    }

    fn mark<'a>(
        &'a self,
        cloud: &'a K::Cloud,
        at: Target<'a>,
        live: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move { K::mark(cloud, &at, &spec_of(K::NAME, live)?).await }.boxed_local()
    }

    fn unmark<'a>(
        &'a self,
        cloud: &'a K::Cloud,
        at: Target<'a>,
        live: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move { K::unmark(cloud, &at, &spec_of(K::NAME, live)?).await }.boxed_local()
    }

    fn delete<'a>(
        &'a self,
        cloud: &'a K::Cloud,
        at: Target<'a>,
        from: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move { K::delete(cloud, &at, &spec_of(K::NAME, from)?).await }.boxed_local()
    }
}
