//! One step: the calls that it makes, and how a doubtful end of it is settled.
//!
//! Owns the turn from a step into calls of a driver and from their end into a journal entry.
//! Chooses nothing: what to do stands in the step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wip_plan::{Action, Address, Doc, Mark, Owned, Owner, Relation, Seen, Sighting, Step, render};
use wip_provider::{Class, CloudError, Created, Driver, Glance, Look, Target};
use wip_state::Entry;

use crate::Clouds;

/// How long a step may take, with everything that it waits for.
const STEP: Duration = Duration::from_secs(300);

/// What all steps of a run share.
pub(crate) struct Setting<'a> {
    pub(crate) clouds: &'a Clouds,
    pub(crate) space: &'a str,
    pub(crate) lineage: &'a str,
    pub(crate) labels: &'a BTreeMap<String, String>,
    /// What the state holds, under the addresses of now.
    pub(crate) owned: BTreeMap<Address, Owned>,
    /// Look again at each thing before it is touched: the plan was made by another process.
    pub(crate) recheck: bool,
}

/// What came of a step.
pub(crate) struct Ended {
    /// What the journal has to know; more than one where a failure left something behind.
    pub(crate) entries: Vec<Entry>,
    /// Why it failed, if it did.
    pub(crate) failure: Option<CloudError>,
}

/// What the journal says before the step makes its first call.
pub(crate) fn begin(step: &Step) -> Entry {
    Entry::Begin {
        address: step.address.clone(),
        action: step.action,
        place: step.place.clone(),
        relation: step.relation,
        id: step.id.clone(),
        needs: step.depends_on.clone(),
        doc: step.after.clone(),
    }
}

/// Does the step, or gives it up when it takes too long.
#[tracing::instrument(name = "step", skip_all, fields(address = %step.address, action = ?step.action))]
pub(crate) async fn run(setting: &Setting<'_>, step: &Step) -> Ended {
    match tokio::time::timeout(STEP, work(setting, step)).await {
        Ok(ended) => ended,
        Err(_) => {
            let words = format!(
                "given up after {} minutes; its last call may have taken effect: the next run looks",
                STEP.as_secs() / 60
            );
            let error = CloudError::local(Class::Broken, step.address.kind(), words);
            failed(step, error, false)
        }
    }
}

async fn work(setting: &Setting<'_>, step: &Step) -> Ended {
    let driver = match setting.clouds.of(step.address.kind()) {
        Ok(driver) => driver,
        Err(error) => {
            let error = CloudError::local(Class::Final, step.address.kind(), error.to_string());
            return failed(step, error, true);
        }
    };
    if setting.recheck
        && let Err(error) = recheck(setting, driver, step).await
    {
        return failed(step, error, true);
    }
    match step.action {
        Action::Create => create(setting, driver, step).await,
        Action::Update | Action::Adopt => change(setting, driver, step).await,
        Action::Delete => delete(setting, driver, step).await,
        Action::Forget => forget(setting, driver, step).await,
    }
}

async fn create(setting: &Setting<'_>, driver: &dyn Driver, step: &Step) -> Ended {
    let Some(after) = &step.after else {
        return failed(step, without_doc(step), true);
    };
    let mark = mark(setting, step);
    let error = match driver.create(target(setting, step, &mark), after).await {
        Ok(created) => return ended(made(step, created, after)),
        Err(error) => error,
    };
    // Whatever went wrong, part of it may be there: the answer may have been lost, or a later
    // call of several may have failed. Looking settles it.
    match look(setting, driver, step, step.after.as_ref()).await {
        Ok(Seen::Absent) => {
            // It may have been made and not be visible yet, unless the cloud said no.
            let certain = !matches!(
                error.class,
                Class::Broken | Class::Unavailable | Class::Conflict
            );
            failed(step, error, certain)
        }
        Ok(Seen::Present(there)) if is_ours(&there.owner, &mark) => {
            finish(setting, driver, step, &mark, there, error).await
        }
        // It bears no mark, and is just what was asked for; nobody said that it was there before, or it is what the state has.
        Ok(Seen::Present(there))
            if there.owner == Owner::Unmarkable
                && there.doc == *after
                && (matches!(error.class, Class::Broken | Class::Unavailable)
                    || was_ours(setting, step, after)) =>
        {
            let found = Created {
                id: there.id,
                given: there.given,
            };
            ended(made(step, found, after))
        }
        Ok(Seen::Present(_)) => {
            let words = "somebody else made it in the meantime; plan again to see it";
            let error = CloudError {
                message: format!("{} ({words})", error.message),
                ..error
            };
            failed(step, error, true)
        }
        Ok(Seen::Unreadable(_)) | Err(_) => failed(step, error, false),
    }
}

/// Whether the state has just this: it was gone, and came back with something that it hangs on.
fn was_ours(setting: &Setting<'_>, step: &Step, doc: &Doc) -> bool {
    let owned = setting.owned.get(&step.address);
    owned.is_some_and(|owned| owned.relation == Relation::Made && owned.doc == *doc)
}

/// Something of ours is there after a create that failed: brings it to what is wanted where the
/// failure allows, and says what is there where it does not.
async fn finish(
    setting: &Setting<'_>,
    driver: &dyn Driver,
    step: &Step,
    mark: &Mark,
    there: Sighting,
    error: CloudError,
) -> Ended {
    let Some(after) = &step.after else {
        return failed(step, without_doc(step), true);
    };
    let found = Created {
        id: there.id.clone(),
        given: there.given.clone(),
    };
    if there.doc == *after {
        return ended(made(step, found, after));
    }
    let worth_it = matches!(
        error.class,
        Class::Conflict | Class::Broken | Class::Unavailable
    );
    let target = Target {
        id: there.id.as_deref(),
        ..target(setting, step, mark)
    };
    if worth_it && driver.update(target, &there.doc, after).await.is_ok() {
        let found = renewed(setting, driver, step, found).await;
        return ended(made(step, found, after));
    }
    Ended {
        entries: vec![made(step, found, &there.doc)],
        failure: Some(error),
    }
}

async fn change(setting: &Setting<'_>, driver: &dyn Driver, step: &Step) -> Ended {
    let (Some(before), Some(after)) = (&step.before, &step.after) else {
        return failed(step, without_doc(step), true);
    };
    let mark = mark(setting, step);
    if step.mark
        && let Err(error) = driver.mark(target(setting, step, &mark), before).await
    {
        return failed(step, error, false);
    }
    if before != after
        && let Err(error) = driver
            .update(target(setting, step, &mark), before, after)
            .await
    {
        return failed(step, error, false);
    }
    let mut known = Created {
        id: step.id.clone(),
        given: step.given.clone(),
    };
    if before != after {
        known = renewed(setting, driver, step, known).await;
    }
    let owned = owned(step, known, after);
    let address = step.address.clone();
    ended(match step.action {
        Action::Adopt => Entry::Adopted { address, owned },
        _ => Entry::Made { address, owned },
    })
}

/// What the cloud has made of it now, where it makes anything of it at all: a change may have made a part of it anew.
async fn renewed(
    setting: &Setting<'_>,
    driver: &dyn Driver,
    step: &Step,
    known: Created,
) -> Created {
    if known.given.is_empty() {
        return known;
    }
    match look(setting, driver, step, step.after.as_ref()).await {
        Ok(Seen::Present(there)) => Created {
            id: there.id,
            given: there.given,
        },
        _ => known,
    }
}

async fn delete(setting: &Setting<'_>, driver: &dyn Driver, step: &Step) -> Ended {
    let Some(before) = &step.before else {
        return failed(step, without_doc(step), true);
    };
    let mark = mark(setting, step);
    match driver.delete(target(setting, step, &mark), before).await {
        Err(error) if error.class != Class::Missing => failed(step, error, false),
        _ => ended(Entry::Gone {
            address: step.address.clone(),
        }),
    }
}

async fn forget(setting: &Setting<'_>, driver: &dyn Driver, step: &Step) -> Ended {
    let mark = mark(setting, step);
    if step.mark
        && let Some(owned) = setting.owned.get(&step.address)
        && let Err(error) = driver
            .unmark(target(setting, step, &mark), &owned.doc)
            .await
        && error.class != Class::Missing
    {
        return failed(step, error, true);
    }
    ended(Entry::Forgotten {
        address: step.address.clone(),
    })
}

/// Compares what is there with what the plan saw.
async fn recheck(
    setting: &Setting<'_>,
    driver: &dyn Driver,
    step: &Step,
) -> Result<(), CloudError> {
    if step.action == Action::Forget {
        return Ok(());
    }
    let moved = |what: String| {
        let words = format!("changed since the plan: {what}; plan again");
        Err(CloudError::local(
            Class::Conflict,
            step.address.kind(),
            words,
        ))
    };
    // What the state has, and is not there, may come back with what it hangs on.
    let owned = setting.owned.get(&step.address).map(|owned| &owned.doc);
    let known = owned.filter(|_| step.before.is_none());
    // The create half of a replacement finds nothing only after its other half is done.
    match (look(setting, driver, step, known).await?, &step.before) {
        (Seen::Absent, None) => Ok(()),
        (Seen::Absent, Some(_)) => moved("it is gone".to_owned()),
        (Seen::Unreadable(why), _) => {
            Err(CloudError::local(Class::Denied, step.address.kind(), why))
        }
        (Seen::Present(there), None)
            if there.owner == Owner::Unmarkable && was_ours(setting, step, &there.doc) =>
        {
            Ok(())
        }
        (Seen::Present(_), None) => moved("somebody made it".to_owned()),
        (Seen::Present(there), Some(before)) if there.doc == *before && there.id == step.id => {
            Ok(())
        }
        (Seen::Present(there), Some(before)) => {
            let kinds = setting.clouds.kinds();
            let info = kinds.get(step.address.kind());
            moved(render::changes(before, &there.doc, info))
        }
    }
}

/// A look at what the step is about; `begun` is what it has begun to make of it.
async fn look(
    setting: &Setting<'_>,
    driver: &dyn Driver,
    step: &Step,
    begun: Option<&Doc>,
) -> Result<Seen, CloudError> {
    let glances = [Glance {
        address: step.address.clone(),
        wanted: step.after.clone(),
        owned: step.before.clone(),
        begun: begun.into_iter().cloned().collect(),
        // What is made anew has another one.
        id: step.before.as_ref().and(step.id.clone()),
        relation: Some(step.relation),
        fresh: false,
    }];
    let mut sights = driver
        .observe(Look {
            space: setting.space,
            lineage: setting.lineage,
            kind: step.address.kind(),
            place: &step.place,
            glances: &glances,
            wide: false,
            listed: false,
        })
        .await;
    sights.seen.remove(&step.address).ok_or_else(|| {
        CloudError::local(
            Class::Final,
            step.address.kind(),
            "it was looked at and not found out",
        )
    })
}

fn is_ours(owner: &Owner, mark: &Mark) -> bool {
    matches!(owner, Owner::Marked(found) if found.names_the_same(mark))
}

fn mark(setting: &Setting<'_>, step: &Step) -> Mark {
    Mark {
        space: setting.space.to_owned(),
        lineage: setting.lineage.to_owned(),
        address: step.address.to_string(),
        adopted: step.relation == Relation::Adopted,
    }
}

fn target<'a>(setting: &Setting<'a>, step: &'a Step, mark: &'a Mark) -> Target<'a> {
    Target {
        address: &step.address,
        place: &step.place,
        mark,
        labels: setting.labels,
        id: step.id.as_deref(),
        relation: step.relation,
    }
}

fn owned(step: &Step, created: Created, doc: &Doc) -> Owned {
    let needs: BTreeSet<_> = step.depends_on.clone();
    Owned {
        place: step.place.clone(),
        relation: step.relation,
        id: created.id,
        given: created.given,
        needs,
        doc: doc.clone(),
        doubtful: false,
        begun: BTreeSet::new(),
    }
}

fn made(step: &Step, created: Created, doc: &Doc) -> Entry {
    Entry::Made {
        address: step.address.clone(),
        owned: owned(step, created, doc),
    }
}

fn ended(entry: Entry) -> Ended {
    Ended {
        entries: vec![entry],
        failure: None,
    }
}

fn failed(step: &Step, error: CloudError, certain: bool) -> Ended {
    Ended {
        entries: vec![Entry::Failed {
            address: step.address.clone(),
            reason: error.to_string(),
            certain,
        }],
        failure: Some(error),
    }
}

/// A plan that lacks what its own action needs: made by hand.
fn without_doc(step: &Step) -> CloudError {
    let words = format!("the plan's {:?} lacks a document", step.action);
    CloudError::local(Class::Final, step.address.kind(), words)
}
