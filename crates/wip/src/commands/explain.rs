//! `wip explain`: an error code, or why a resource is as it is.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use wip_plan::{Address, Mode, render};

use super::plan::show;
use crate::args::ExplainArgs;
use crate::codes;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session};

/// `wip-explain/1`: what a code means; an address is explained by its plan, `wip-plan/1`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Explained {
    #[schemars(extend("const" = "wip-explain/1"))]
    format: &'static str,
    /// `WIP0107`.
    code: String,
    /// In a few words.
    title: String,
    /// What it means, and what to do.
    text: String,
}

/// A code needs no cloud; an address is looked at.
pub(crate) async fn run(session: Session<'_>, args: &ExplainArgs) -> Result<Exit, Failure> {
    match args.what.parse::<Address>() {
        Ok(address) => resource(session, args, &address).await,
        Err(_) => {
            let (code, title, text) = codes::explain(&args.what)?;
            if session.terminal.json {
                session.terminal.print_json(&Explained {
                    format: "wip-explain/1",
                    code,
                    title,
                    text,
                })?;
            } else {
                session
                    .terminal
                    .print(&format!("{code}: {title}\n\n{text}"));
            }
            Ok(Exit::Done)
        }
    }
}

/// What the state says of it, and what a plan would do with it and why.
async fn resource(
    session: Session<'_>,
    args: &ExplainArgs,
    address: &Address,
) -> Result<Exit, Failure> {
    let run = Run::open(session, &args.file.file).await?;
    let state = run.load().await?.state;
    wip_engine::check(&run.clouds, &run.space, &state).await?;
    if !session.terminal.json {
        match state.resources.get(address) {
            Some(owned) => {
                let relation = format!("{:?}", owned.relation).to_lowercase();
                let text = render::document(&owned.doc, crate::clouds::fields(address.kind()));
                session
                    .terminal
                    .print(&format!("state: {relation}, in {}\n{text}", owned.place));
            }
            None => session.terminal.print("state: not in it"),
        }
    }
    let survey = run.survey(&state, &Mode::Apply, &BTreeSet::new()).await?;
    let known = state.resources.contains_key(address)
        || survey.wants.iter().any(|want| want.address == *address);
    if !known {
        return Err(Failure::new(
            "WIP0270",
            format!("neither the file nor the state knows {address}"),
            "`wip plan` prints all addresses",
        ));
    }
    let target = BTreeSet::from([address.clone()]);
    let plan = run.plan(&state, survey, Mode::Apply, run.guardrails(None), target);
    show(&run, &plan)?;
    Ok(Exit::Done)
}
