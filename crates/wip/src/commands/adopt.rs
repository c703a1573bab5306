//! `wip adopt`: take over what exists, each with its diff.

use std::collections::BTreeSet;

use wip_plan::{Address, AdoptWhat, Mode};

use super::changes;
use crate::args::AdoptArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session, addresses};

/// Plans the adoptions alone, asks, and does them.
pub(crate) async fn run(session: Session<'_>, args: &AdoptArgs) -> Result<Exit, Failure> {
    let asked = addresses(&args.addresses)?;
    let run = Run::open_whole(session, &args.file.file, &args.reach).await?;
    run.remark_context(&args.reach);
    let work = locked(&run, args, asked);
    run.locked("adopt", args.run.lock_timeout, work).await
}

/// The rest, with the lock held.
async fn locked(
    run: &Run<'_>,
    args: &AdoptArgs,
    asked: BTreeSet<Address>,
) -> Result<Exit, Failure> {
    run.check_upstream(&args.run)?;
    let loaded = run.load_to_change().await?;
    wip_engine::check(&run.clouds, &run.space, &loaded.state).await?;
    let what = if args.all {
        AdoptWhat::All
    } else {
        AdoptWhat::These(asked.clone())
    };
    let mode = Mode::Adopt(what);
    let survey = run.survey(&loaded.state, &mode, &BTreeSet::new()).await?;
    for address in &asked {
        let want = survey.wants.iter().find(|want| want.address == *address);
        let Some(want) = want else {
            return Err(Failure::new(
                "WIP0250",
                format!("{address} is not in the Space file"),
                "only what the file wants can be adopted; `wip plan` prints the addresses",
            ));
        };
        if let (Some(id), Ok(doc)) = (&args.id, &want.doc) {
            named(address, id, &run.clouds.outputs(address, &want.place, doc))?;
        }
    }
    let guardrails = run.guardrails(None);
    let plan = run.plan(&loaded.state, survey, mode, guardrails, BTreeSet::new());
    changes::present(run, &plan)?;
    // What is asked for by name is done whole or not at all; of all that there is, what can be.
    if !plan.blocked.is_empty() && !args.all {
        run.session
            .terminal
            .say("nothing was done, because something is blocked");
        return changes::end(run, &plan, None, None, Exit::Blocked);
    }
    if plan.steps.is_empty() {
        return changes::end(run, &plan, None, None, changes::done(&plan));
    }
    changes::confirm(run, &args.run, "take this over? (yes)", "yes").await?;
    let outcome = changes::apply(run, &args.run, &plan, loaded, false).await?;
    let exit = changes::sum_up(run, &outcome, "adopt again to go on from here");
    let exit = match exit {
        Exit::Done => changes::done(&plan),
        exit => exit,
    };
    changes::end(run, &plan, Some(&outcome), None, exit)
}

/// `--id` names the live thing; the file has to name the same one, or the next plan would
/// replace what was just taken over.
fn named(
    address: &Address,
    id: &str,
    outputs: &std::collections::BTreeMap<String, String>,
) -> Result<(), Failure> {
    if outputs.is_empty() || outputs.values().any(|value| value == id) {
        return Ok(());
    }
    Err(Failure::new(
        "WIP0251",
        format!("the Space file gives {address} another name than {id}"),
        &format!("write `role: {{ name: {id} }}` into the identity, then adopt it"),
    ))
}
