//! The same tests for every kind of every cloud.
//!
//! Owns the life that each resource of a Space is led through against a live cloud: absent,
//! created, created again, changed, changed back, deleted, deleted again.
//! Knows no cloud; whoever calls it brings a driver and two Spaces, or asks a sandbox without a socket.

mod wire;

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::{Address, Doc, Mark, Owner, Relation, Seen, Sighting, Want};
use wip_provider::{Class, CloudError, Created, Driver, Glance, Look, Scope, Target};
use wip_space::Space;

pub use wire::InMemory;

/// A life to lead: the resources of one Space, changed into those of another and back.
pub struct Life<'a> {
    /// The cloud.
    pub driver: &'a dyn Driver,
    /// The Space to make.
    pub space: &'a Space,
    /// The same Space with every resource changed; what is not changed is only made.
    pub changed: &'a Space,
    /// The lineage to mark with.
    pub lineage: &'a str,
}

/// What was lived through.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lived {
    /// Kinds of which at least one resource was made, read back and deleted.
    pub made: BTreeSet<String>,
    /// Kinds of which at least one resource was changed and changed back.
    pub changed: BTreeSet<String>,
}

impl Life<'_> {
    /// Leads it.
    ///
    /// # Errors
    /// The first thing that is not as it must be, in words.
    pub async fn lead(&self) -> Result<Lived, String> {
        let first = self.wants(self.space).await?;
        let second: BTreeMap<Address, Want> = self
            .wants(self.changed)
            .await?
            .into_iter()
            .map(|want| (want.address.clone(), want))
            .collect();
        let mut lived = Lived::default();
        let mut ids = BTreeMap::new();
        for want in &first {
            let id = self.make(want).await.map_err(about(want, "make"))?;
            ids.insert(want.address.clone(), id);
            lived.made.insert(want.address.kind().to_owned());
        }
        for want in &first {
            let (from, id) = (doc(want)?, &ids[&want.address]);
            if let Some(to) = second.get(&want.address).map(doc).transpose()?
                && to != from
            {
                self.change(want, id, from, to)
                    .await
                    .map_err(about(want, "change"))?;
                self.change(want, id, to, from)
                    .await
                    .map_err(about(want, "change back"))?;
                lived.changed.insert(want.address.kind().to_owned());
            }
        }
        for want in first.iter().rev() {
            self.delete(want, &ids[&want.address])
                .await
                .map_err(about(want, "delete"))?;
        }
        Ok(lived)
    }

    /// What a Space wants, each behind what it needs.
    async fn wants(&self, space: &Space) -> Result<Vec<Want>, String> {
        let facts = self
            .driver
            .facts(space)
            .await
            .map_err(|error| error.to_string())?;
        let scope = Scope {
            space,
            lineage: self.lineage,
        };
        let (mut waiting, _) = self
            .driver
            .desire(&scope, &facts)
            .map_err(|error| error.to_string())?;
        let mut sorted: Vec<Want> = Vec::new();
        while !waiting.is_empty() {
            let there: BTreeSet<Address> = sorted.iter().map(|want| want.address.clone()).collect();
            let (ready, rest): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|want| want.needs.is_subset(&there));
            if ready.is_empty() {
                let names: Vec<_> = rest.iter().map(|want| want.address.to_string()).collect();
                return Err(format!("needs that nothing fulfils: {}", names.join(", ")));
            }
            sorted.extend(ready);
            waiting = rest;
        }
        Ok(sorted)
    }

    /// Makes it; answers its id. That the call said what a look finds is part of it.
    async fn make(&self, want: &Want) -> Result<Option<String>, String> {
        if let Some(there) = self.look(want, None, None).await? {
            return Err(format!("before it is made it is there: {there:?}"));
        }
        let mark = self.mark(want);
        let target = self.target(want, &mark, None);
        let created = self.driver.create(target, doc(want)?).await;
        let Created { id, given } = created.map_err(words)?;
        let found = self.is(want, doc(want)?, id.as_deref()).await?;
        if found.given != given {
            return Err(format!(
                "the cloud made {:?} of it, the call said {given:?}",
                found.given
            ));
        }
        match self.driver.create(target, doc(want)?).await {
            Err(error) if error.class == Class::Conflict => {}
            other => return Err(format!("made again, it is no conflict: {other:?}")),
        }
        self.is(want, doc(want)?, id.as_deref()).await?;
        Ok(id)
    }

    async fn change(
        &self,
        want: &Want,
        id: &Option<String>,
        from: &Doc,
        to: &Doc,
    ) -> Result<(), String> {
        let mark = self.mark(want);
        let target = self.target(want, &mark, id.as_deref());
        self.driver.update(target, from, to).await.map_err(words)?;
        self.is(want, to, id.as_deref()).await.map(drop)
    }

    async fn delete(&self, want: &Want, id: &Option<String>) -> Result<(), String> {
        let mark = self.mark(want);
        let target = self.target(want, &mark, id.as_deref());
        self.driver
            .delete(target, doc(want)?)
            .await
            .map_err(words)?;
        if let Some(there) = self.look(want, id.as_deref(), Some(doc(want)?)).await? {
            return Err(format!("after it is deleted it is there: {there:?}"));
        }
        match self.driver.delete(target, doc(want)?).await {
            Err(error) if error.class == Class::Missing => Ok(()),
            other => Err(format!("deleted again, it is not missing: {other:?}")),
        }
    }

    /// It is there, exactly so, and bears our mark.
    async fn is(&self, want: &Want, expected: &Doc, id: Option<&str>) -> Result<Sighting, String> {
        let there = self.look(want, id, Some(expected)).await?;
        let there = there.ok_or("it is not there")?;
        if there.doc != *expected {
            return Err(format!("it is {:?}, wanted was {expected:?}", there.doc));
        }
        if there.id.as_deref() != id {
            return Err(format!("its id is {:?}, the call said {id:?}", there.id));
        }
        match &there.owner {
            Owner::Unmarkable => Ok(there),
            Owner::Marked(mark) if *mark == self.mark(want) => Ok(there),
            other => Err(format!("it bears no mark of ours: {other:?}")),
        }
    }

    /// A look; `owned` is what a state would say of it.
    async fn look(
        &self,
        want: &Want,
        id: Option<&str>,
        owned: Option<&Doc>,
    ) -> Result<Option<Sighting>, String> {
        let glances = [Glance {
            address: want.address.clone(),
            wanted: want.doc.as_ref().ok().cloned(),
            owned: owned.cloned(),
            begun: BTreeSet::new(),
            id: id.map(str::to_owned),
            relation: owned.map(|_| Relation::Made),
            fresh: false,
        }];
        let look = Look {
            space: &self.space.name,
            lineage: self.lineage,
            kind: want.address.kind(),
            place: &want.place,
            glances: &glances,
            wide: false,
            listed: false,
        };
        match self.driver.observe(look).await.seen.remove(&want.address) {
            Some(Seen::Absent) => Ok(None),
            Some(Seen::Present(there)) => Ok(Some(there)),
            Some(Seen::Unreadable(why)) => Err(why),
            None => Err("it was not looked at".to_owned()),
        }
    }

    fn mark(&self, want: &Want) -> Mark {
        Mark {
            space: self.space.name.clone(),
            lineage: self.lineage.to_owned(),
            address: want.address.to_string(),
            adopted: false,
        }
    }

    fn target<'b>(&'b self, want: &'b Want, mark: &'b Mark, id: Option<&'b str>) -> Target<'b> {
        Target {
            address: &want.address,
            place: &want.place,
            mark,
            labels: &self.space.labels,
            id,
            relation: Relation::Made,
        }
    }
}

fn doc(want: &Want) -> Result<&Doc, String> {
    want.doc
        .as_ref()
        .map_err(|why| format!("{}: {why}", want.address))
}

fn words(error: CloudError) -> String {
    error.to_string()
}

fn about<'a>(want: &'a Want, what: &'a str) -> impl Fn(String) -> String + 'a {
    move |error| format!("{what} {}: {error}", want.address)
}
