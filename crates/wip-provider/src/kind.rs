//! A kind of cloud resource, declared whole in one file.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wip_plan::{Address, Edge, Existing, Field, Mark, Note, Owner, Place, Relation, Seen, Stray};
use wip_space::Space;

use crate::{Ask, Cloud, CloudError};

/// One kind of cloud resource.
///
/// A kind has no diff, no renderer and no verify of its own: equality of `Spec` is the diff.
/// It never sleeps and never retries: its cloud's client does.
pub trait Kind: 'static {
    /// `aws/iam-role`.
    const NAME: &'static str;
    /// One sentence: what it is.
    const SUMMARY: &'static str;
    /// What happens when a wanted one is there and is not ours.
    const EXISTING: Existing;
    /// The fields that are special.
    const FIELDS: &'static [Field];
    /// The same type for wanted and live.
    type Spec: Serialize + DeserializeOwned + Clone + 'static;
    /// The cloud that it belongs to.
    type Cloud: Cloud;

    /// What the Space wants of this kind. Pure.
    fn desire(scope: &Scope<'_>, facts: &<Self::Cloud as Cloud>::Facts) -> Vec<Wanted<Self::Spec>>;

    /// What a spec means: who acts as it, and what it may. Pure.
    fn edges(spec: &Self::Spec) -> Vec<Edge>;

    /// Why a change takes access away from workloads that have it, until they restart and come by another way. Pure.
    fn interrupts(_from: &Self::Spec, _to: &Self::Spec) -> Option<String> {
        None
    }

    /// Why what is ours in that way stays where nobody wants it any more: it is forgotten then, and [`Kind::unmark`] takes off
    /// it what is wip's. Pure.
    fn stays(_spec: &Self::Spec, _relation: Relation) -> Option<String> {
        None
    }

    /// What the reader of a plan should know of a change of what is live: the code of a note, and the words. Pure.
    fn warns(_from: &Self::Spec, _to: &Self::Spec) -> Option<(&'static str, String)> {
        None
    }

    /// Why its going takes access away from workloads that keep it by another way, until they restart; `edges` are those of
    /// what it needed and is still wanted. Pure.
    fn strands(_gone: &Self::Spec, _edges: &[Edge]) -> Option<String> {
        None
    }

    /// What others need to know of it (`roleArn`). Pure.
    fn outputs(_place: &Place, _spec: &Self::Spec) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// What of the cloud a change of this resource writes whole, where others write it too: a bucket's policy.
    ///
    /// Steps with the same key never overlap, although neither needs the other. The key counts in all places and kinds of
    /// the cloud. Pure.
    fn serial(_place: &Place, _spec: &Self::Spec) -> Option<String> {
        None
    }

    /// What it takes up one of few places in, as long as it is there: what makes another one waits for what deletes one. Pure.
    fn crowd(_place: &Place, _spec: &Self::Spec) -> Option<String> {
        None
    }

    /// What is wanted, beside what is live: of [`Existing::Part`], the parts that somebody else put there go to them. Pure.
    fn beside(wanted: Self::Spec, _live: &Self::Spec) -> Self::Spec {
        wanted
    }

    /// Looks at what is asked, all of it in one place.
    fn observe(
        cloud: &Self::Cloud,
        question: Question<'_, Self::Spec>,
    ) -> impl Future<Output = Observed>;

    /// Makes it, with its mark; answers what the cloud made of it.
    ///
    /// `Conflict` where it is there already: the engine looks at it then.
    fn create(
        cloud: &Self::Cloud,
        at: &Target<'_>,
        spec: &Self::Spec,
    ) -> impl Future<Output = Result<Created, CloudError>>;

    /// Turns `from`, which is live, into `to`, in place.
    fn update(
        cloud: &Self::Cloud,
        at: &Target<'_>,
        from: &Self::Spec,
        to: &Self::Spec,
    ) -> impl Future<Output = Result<(), CloudError>>;

    /// Writes our mark on what is live.
    fn mark(
        cloud: &Self::Cloud,
        at: &Target<'_>,
        live: &Self::Spec,
    ) -> impl Future<Output = Result<(), CloudError>>;

    /// Takes our mark off what is left alone from now on; `Missing` where it is gone.
    fn unmark(
        cloud: &Self::Cloud,
        at: &Target<'_>,
        live: &Self::Spec,
    ) -> impl Future<Output = Result<(), CloudError>>;

    /// Deletes it; where `at.relation` is shared, takes `from`, our addition, back.
    ///
    /// `Missing` where it is gone already.
    fn delete(
        cloud: &Self::Cloud,
        at: &Target<'_>,
        from: &Self::Spec,
    ) -> impl Future<Output = Result<(), CloudError>>;
}

/// What wants are computed from, besides the facts.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The Space.
    pub space: &'a Space,
    /// The lineage of its state.
    pub lineage: &'a str,
}

/// One resource that the Space wants, of a known kind.
#[derive(Clone, Debug)]
pub struct Wanted<S> {
    /// Its name within the Space: `backup`.
    pub name: String,
    /// Where it lives.
    pub place: Place,
    /// Its spec, or why it cannot be wanted.
    pub spec: Result<S, String>,
    /// What must be there before it.
    pub needs: BTreeSet<Address>,
    /// Of these, the ones whose id it is bound to, which the cloud makes.
    pub links: BTreeSet<Address>,
}

/// What the cloud made of a resource that was just made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Created {
    /// The id that it gave it, where that is not its name.
    pub id: Option<String>,
    /// What else others need of it, by the names that `wip output` prints: `clientId`.
    pub given: BTreeMap<String, String>,
}

impl Created {
    /// Nothing but this id.
    pub fn with_id(id: String) -> Self {
        Self {
            id: Some(id),
            given: BTreeMap::new(),
        }
    }
}

/// A look at several resources of one kind in one place.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a, S> {
    /// The Space's name.
    pub space: &'a str,
    /// The lineage of its state.
    pub lineage: &'a str,
    /// Where.
    pub place: &'a Place,
    /// Which.
    pub asks: &'a [Ask<'a, S>],
    /// Look for everything that bears a mark of the Space too, whatever that costs.
    pub wide: bool,
    /// Take from the state what a listing shows to be the same one, where reading each costs a call.
    pub listed: bool,
}

impl<S> Question<'_, S> {
    /// The mark that a resource bears where it is ours.
    pub fn mark(&self, ask: &Ask<'_, S>) -> Mark {
        Mark {
            space: self.space.to_owned(),
            lineage: self.lineage.to_owned(),
            address: ask.address.to_string(),
            adopted: ask.relation == Some(Relation::Adopted),
        }
    }

    /// What a look has found besides, where it bears the Space's mark and nobody asked about it; `name` is the cloud's.
    pub fn stray(&self, owner: &Owner, name: impl Into<String>) -> Option<Stray> {
        let Owner::Marked(mark) = owner else {
            return None;
        };
        let address: Address = mark.address.parse().ok()?;
        let is_asked = self.asks.iter().any(|ask| *ask.address == address);
        (mark.space == self.space && !is_asked).then(|| Stray {
            address,
            lineage: mark.lineage.clone(),
            place: self.place.clone(),
            name: name.into(),
        })
    }
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The answer to each ask.
    pub seen: Vec<(Address, Seen)>,
    /// What bears our Space's mark, of whichever lineage, and was not asked about, where the look
    /// was wide enough to see it.
    pub strays: Vec<Stray>,
    /// What the reader should know: a listing that was refused, for example.
    pub remarks: Vec<String>,
    /// What was seen besides and needs somebody's hand: something of ours that nothing leads to any more.
    pub notes: Vec<Note>,
    /// How many were taken from the state unread.
    pub unread: usize,
}

impl Observed {
    /// Adds what a wide look has found besides; `what`, in the plural, was not looked for where that was refused.
    pub fn besides(&mut self, what: &str, strays: Result<Vec<Stray>, CloudError>) {
        match strays {
            Ok(strays) => self.strays = strays,
            Err(error) => self.remarks.push(format!(
                "{what} that the file does not name were not looked for ({error})"
            )),
        }
    }
}

/// The resource that a call is about.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Its key.
    pub address: &'a Address,
    /// Where it lives.
    pub place: &'a Place,
    /// The mark that it is to bear.
    pub mark: &'a Mark,
    /// Tags of the Space, for kinds whose spec holds none.
    pub labels: &'a BTreeMap<String, String>,
    /// The cloud's id, where it is known.
    pub id: Option<&'a str>,
    /// In which way it is ours.
    pub relation: Relation,
}
