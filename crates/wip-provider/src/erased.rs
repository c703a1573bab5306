//! A kind with its types erased: documents in, documents out.
//!
//! Owns the turn from documents to typed specs and back; which kinds there are is a registry's.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use futures_util::future::{FutureExt, LocalBoxFuture};
use wip_plan::{Address, Doc, DocError, Edge, KindInfo, Place, Seen, Sighting, Want};

use crate::driver::{Glance, Look, Sights};
use crate::{Ask, Class, Cloud, CloudError, Kind, Question, Scope, Target};

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
    ) -> LocalBoxFuture<'a, Result<Option<String>, CloudError>>;
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

/// A document of the state or of a plan that is not of its kind's shape.
fn spec_of<K: Kind>(doc: &Doc) -> Result<K::Spec, CloudError> {
    doc.to().map_err(|error| {
        CloudError::local(
            Class::Final,
            K::NAME,
            format!("a document is not of this kind: {error}"),
        )
    })
}

impl<K: Kind> AnyKind<K::Cloud> for Erased<K> {
    fn info(&self) -> KindInfo {
        KindInfo {
            name: K::NAME,
            summary: K::SUMMARY,
            existing: K::EXISTING,
            fields: K::FIELDS,
            edges: edges_of::<K>,
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
            let mut sights = Sights::default();
            let mut asks = Vec::new();
            for glance in look.glances {
                match ask_of::<K>(glance) {
                    Ok(ask) => asks.push(ask),
                    Err(error) => {
                        let seen = Seen::Unreadable(error.to_string());
                        sights.seen.insert(glance.address.clone(), seen);
                    }
                }
            }
            let question = Question {
                space: look.space,
                lineage: look.lineage,
                place: look.place,
                asks: &asks,
                wide: look.wide,
            };
            let observed = K::observe(cloud, question).await;
            sights.strays = observed.strays;
            sights.remarks = observed.remarks;
            for (address, answer) in observed.seen {
                let seen = match answer {
                    Ok(None) => Seen::Absent,
                    Err(error) => Seen::Unreadable(error.to_string()),
                    Ok(Some(spotted)) => match Doc::of(&spotted.spec) {
                        Err(error) => Seen::Unreadable(error.to_string()),
                        Ok(doc) => Seen::Present(Sighting {
                            id: spotted.id,
                            doc,
                            owner: spotted.owner,
                            objections: spotted.objections,
                        }),
                    },
                };
                sights.seen.insert(address, seen);
            }
            sights
        }
        .boxed_local()
    }

    fn create<'a>(
        &'a self,
        cloud: &'a K::Cloud,
        at: Target<'a>,
        doc: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<Option<String>, CloudError>> {
        async move { K::create(cloud, &at, &spec_of::<K>(doc)?).await }.boxed_local()
    }

    fn update<'a>(
        &'a self,
        cloud: &'a K::Cloud,
        at: Target<'a>,
        from: &'a Doc,
        to: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move { K::update(cloud, &at, &spec_of::<K>(from)?, &spec_of::<K>(to)?).await }
            .boxed_local()
    }

    fn mark<'a>(
        &'a self,
        cloud: &'a K::Cloud,
        at: Target<'a>,
        live: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move { K::mark(cloud, &at, &spec_of::<K>(live)?).await }.boxed_local()
    }

    fn unmark<'a>(
        &'a self,
        cloud: &'a K::Cloud,
        at: Target<'a>,
        live: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move { K::unmark(cloud, &at, &spec_of::<K>(live)?).await }.boxed_local()
    }

    fn delete<'a>(
        &'a self,
        cloud: &'a K::Cloud,
        at: Target<'a>,
        from: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move { K::delete(cloud, &at, &spec_of::<K>(from)?).await }.boxed_local()
    }
}

fn ask_of<K: Kind>(glance: &Glance) -> Result<Ask<K::Spec>, CloudError> {
    Ok(Ask {
        address: glance.address.clone(),
        wanted: glance.wanted.as_ref().map(spec_of::<K>).transpose()?,
        owned: glance.owned.as_ref().map(spec_of::<K>).transpose()?,
        id: glance.id.clone(),
        relation: glance.relation,
        fresh: glance.fresh,
    })
}
