//! `azure/existing-identity`: a managed identity that the file refers to (`existing: reference`), and that somebody else owns.
//!
//! Owns nothing of it and writes nothing to it: it is in the state for its ids, which `wip output` prints.
//! Source: `UserAssignedIdentities_Get` (Microsoft.ManagedIdentity).

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use wip_plan::{Edge, Existing, Field, Mark, Owner, Relation};
use wip_provider::{
    Ask, Class, CloudError, Created, Found, Kind, Observed, Question, Scope, Spotted, Target,
    Wanted,
};
use wip_space::EntraPrincipal;

use super::identity;
use crate::facts::{Fact, Facts};
use crate::places::place;
use crate::{Azure, marks};

const READ: &str = "arm:UserAssignedIdentities_Get";

/// The kind.
pub(crate) struct ExistingIdentity;

/// A managed identity that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ExistingSpec {
    /// Its resource id.
    id: String,
}

impl Kind for ExistingIdentity {
    const NAME: &'static str = "azure/existing-identity";
    const SUMMARY: &'static str = "A managed identity that the file refers to: nothing of it is wip's, and its ids are what workloads need.";
    const EXISTING: Existing = Existing::Shared;
    const FIELDS: &'static [Field] = &[];
    type Spec = ExistingSpec;
    type Cloud = Azure;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<ExistingSpec>> {
        let all = scope.space.entra.iter();
        let want = all.filter(|it| !it.principal.is_made()).map(|identity| {
            let id = identity.principal.id();
            Wanted {
                name: identity.name.clone(),
                place: place(&identity.principal.account()),
                spec: match facts.credentials.get(&id) {
                    Some(Fact::Known(Some(_))) => Ok(ExistingSpec { id }),
                    Some(Fact::Unreadable(why)) => Err(why.clone()),
                    Some(Fact::Known(None)) | None => Err(none(&identity.principal)),
                },
                needs: BTreeSet::new(),
                links: BTreeSet::new(),
            }
        });
        want.collect()
    }

    /// None: what it may are role assignments.
    fn edges(_spec: &ExistingSpec) -> Vec<Edge> {
        Vec::new()
    }

    fn stays(_spec: &ExistingSpec, _relation: Relation) -> Option<String> {
        Some("it was there before wip, so it stays".to_owned())
    }

    async fn observe(cloud: &Azure, question: Question<'_, ExistingSpec>) -> Observed {
        let looks = question.asks.iter().map(|ask| async {
            let found = look(cloud, ask, &question.mark(ask)).await;
            ask.answer(found)
        });
        Observed {
            seen: join_all(looks).await,
            ..Observed::default()
        }
    }

    async fn create(
        _cloud: &Azure,
        _at: &Target<'_>,
        spec: &ExistingSpec,
    ) -> Result<Created, CloudError> {
        let words = format!("there is no managed identity {}", spec.id);
        Err(CloudError::local(Class::Final, READ, words))
    }

    /// Another one is meant from now on.
    async fn update(
        _cloud: &Azure,
        _at: &Target<'_>,
        _from: &ExistingSpec,
        _to: &ExistingSpec,
    ) -> Result<(), CloudError> {
        Ok(())
    }

    async fn mark(
        _cloud: &Azure,
        _at: &Target<'_>,
        _live: &ExistingSpec,
    ) -> Result<(), CloudError> {
        Ok(())
    }

    async fn unmark(
        _cloud: &Azure,
        _at: &Target<'_>,
        _live: &ExistingSpec,
    ) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(
        _cloud: &Azure,
        _at: &Target<'_>,
        _from: &ExistingSpec,
    ) -> Result<(), CloudError> {
        Ok(())
    }
}

/// That an identity is not there which the file refers to.
pub(crate) fn none(principal: &EntraPrincipal) -> String {
    let what = match principal {
        EntraPrincipal::Managed(managed) => format!(
            "managed identity {} in the resource group {}",
            managed.name, managed.resource_group
        ),
        EntraPrincipal::Application(application) => {
            format!("application {}", application.unique_name)
        }
    };
    format!("there is no {what}, and the file only refers to it")
}

async fn look(cloud: &Azure, ask: &Ask<'_, ExistingSpec>, ours: &Mark) -> Found<ExistingSpec> {
    let Some(spec) = ask.wanted()?.or(ask.owned()?) else {
        return Ok(None);
    };
    let Some(live) = identity::read(&cloud.clients, &spec.id, false).await? else {
        return Ok(None);
    };
    // The plan would delete as one kind what it uses as another.
    if let Owner::Marked(mark) = marks::owner(&live.tags)
        && (&mark.space, &mark.lineage) == (&ours.space, &ours.lineage)
    {
        let words = format!(
            "this Space made the managed identity, as its tags say: leave `existing: reference` out; or let it go with \
             `wip state forget {}`, and take its tags wip-space, wip-lineage and wip-address off",
            mark.address
        );
        return Err(CloudError::local(Class::Final, READ, words));
    }
    let Created { id, given } = identity::created(&live);
    Ok(Some(Spotted {
        id,
        given,
        spec,
        owner: Owner::Unmarked,
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}
