//! One resource to look at, as a kind sees it, and the answer about it.
//!
//! Owns when documents become specs and specs documents: of one resource at a time, because specs
//! take several times the room of documents, and a look is about thousands of resources.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wip_plan::{Address, Doc, Owner, Relation, Seen, Sighting};

use crate::{Class, CloudError, Glance, Question};

/// One resource to look at.
#[derive(Debug)]
pub struct Ask<'a, S> {
    /// Its key.
    pub address: &'a Address,
    /// The id that the state knows.
    pub id: Option<&'a str>,
    /// In which way the state says that it is ours.
    pub relation: Option<Relation>,
    /// It was made or changed a moment ago: `Missing` may mean `NotYet`.
    pub fresh: bool,
    wanted: Option<&'a Doc>,
    owned: Option<&'a Doc>,
    begun: &'a BTreeSet<Doc>,
    spec: PhantomData<fn() -> S>,
}

/// What is there, `None` for nothing, or why that cannot be said.
pub type Found<S> = Result<Option<Spotted<S>>, CloudError>;

/// A live resource of a known kind.
#[derive(Clone, Debug)]
pub struct Spotted<S> {
    /// The id that the cloud gave it, where that is not its name.
    pub id: Option<String>,
    /// What else the cloud made of it and others need, by the names that `wip output` prints.
    pub given: BTreeMap<String, String>,
    /// Its spec.
    pub spec: S,
    /// Whose mark it bears.
    pub owner: Owner,
    /// Why wip must not change it unasked, in words.
    pub objections: Vec<String>,
    /// What a reader should know of it as it is, in words.
    pub remarks: Vec<String>,
}

impl<'a, S> Ask<'a, S> {
    pub(crate) fn of(glance: &'a Glance) -> Self {
        Self {
            address: &glance.address,
            id: glance.id.as_deref(),
            relation: glance.relation,
            fresh: glance.fresh,
            wanted: glance.wanted.as_ref(),
            owned: glance.owned.as_ref(),
            begun: &glance.begun,
            spec: PhantomData,
        }
    }

    /// Whether the state knows it.
    pub fn is_owned(&self) -> bool {
        self.owned.is_some()
    }

    /// The answer that it is as the state has it, mark and all; `None` where the state does not know it.
    pub fn stored(&self, question: &Question<'_, S>) -> Option<(Address, Seen)> {
        let sighting = Sighting {
            id: self.id.map(str::to_owned),
            // A look does not know it: kinds that have such things read each one.
            given: BTreeMap::new(),
            doc: self.owned?.clone(),
            owner: Owner::Marked(question.mark(self)),
            objections: Vec::new(),
            remarks: Vec::new(),
        };
        Some((self.address.clone(), Seen::Present(sighting)))
    }
}

impl<S: DeserializeOwned> Ask<'_, S> {
    /// What is wanted of it.
    ///
    /// # Errors
    /// Where the document is not of this kind.
    pub fn wanted(&self) -> Result<Option<S>, CloudError> {
        self.wanted
            .map(|doc| spec_of(self.address.kind(), doc))
            .transpose()
    }

    /// What the state says of it.
    ///
    /// # Errors
    /// Where the document is not of this kind.
    pub fn owned(&self) -> Result<Option<S>, CloudError> {
        self.owned
            .map(|doc| spec_of(self.address.kind(), doc))
            .transpose()
    }

    /// What runs that died had begun to turn it into.
    ///
    /// # Errors
    /// Where a document is not of this kind.
    pub fn begun(&self) -> Result<Vec<S>, CloudError> {
        let all = self.begun.iter();
        all.map(|doc| spec_of(self.address.kind(), doc)).collect()
    }
}

impl<S: Serialize> Ask<'_, S> {
    /// The answer about it. What is as it is wanted, or as the state has it, shares that document.
    pub fn answer(&self, found: Found<S>) -> (Address, Seen) {
        let seen = match found {
            Ok(None) => Seen::Absent,
            Err(error) => Seen::Unreadable(error.to_string()),
            Ok(Some(spotted)) => match Doc::of(&spotted.spec) {
                Err(error) => Seen::Unreadable(error.to_string()),
                Ok(doc) => {
                    let known = [self.wanted, self.owned].into_iter().flatten();
                    let same = known.into_iter().find(|known| **known == doc).cloned();
                    Seen::Present(Sighting {
                        id: spotted.id,
                        given: spotted.given,
                        doc: same.unwrap_or(doc),
                        owner: spotted.owner,
                        objections: spotted.objections,
                        remarks: spotted.remarks,
                    })
                }
            },
        };
        (self.address.clone(), seen)
    }
}

/// The spec of a document of the state, of a file or of a plan.
pub(crate) fn spec_of<S: DeserializeOwned>(kind: &str, doc: &Doc) -> Result<S, CloudError> {
    doc.to().map_err(|error| {
        CloudError::local(
            Class::Final,
            kind,
            format!("a document is not of this kind: {error}"),
        )
    })
}
