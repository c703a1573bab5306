//! `wip plan`: show what would change and why.

use wip_plan::{Mode, Plan, render};

use crate::args::{PlanArgs, Refresh};
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session, addresses, exit_of};
use crate::saved;

/// Writes nothing, takes no lock, needs read rights only.
pub(crate) async fn run(session: Session<'_>, args: &PlanArgs) -> Result<Exit, Failure> {
    let target = addresses(&args.options.target)?;
    let run = Run::open_whole(session, &args.file.file, &args.reach).await?;
    run.remark_context(&args.reach);
    let state = run.load().await?.state;
    wip_engine::check(&run.clouds, &run.space, &state).await?;
    let mode = if args.destroy {
        Mode::Destroy { adopted: false }
    } else {
        Mode::Apply
    };
    let survey = run
        .survey_to(args.refresh, &state, &mode, &Default::default())
        .await?;
    let mut guardrails = run.guardrails(Some(&args.options));
    // To look is always allowed.
    guardrails.allow_destroy |= args.destroy;
    let plan = run.plan(&state, survey, mode, guardrails, target);
    if let Some(path) = &args.out {
        saved::write(path, &plan, &run.source)?;
    }
    if args.markdown {
        session.terminal.print(&render::markdown(
            &plan,
            &run.heading(),
            &run.clouds.kinds(),
        ));
    } else {
        show(&run, &plan)?;
    }
    if let Some(path) = &args.out {
        let apply = session.here(&format!("wip apply {}", path.display()));
        session
            .terminal
            .say(&format!("saved; `{apply}` does exactly this"));
    }
    Ok(match exit_of(&plan, args.detailed_exitcode) {
        // What was not read may have drifted.
        Exit::Done if args.detailed_exitcode && args.refresh == Refresh::Listed => Exit::Pending,
        exit => exit,
    })
}

/// Prints a plan, as text or as the one JSON document.
pub(crate) fn show(run: &Run<'_>, plan: &Plan) -> Result<(), Failure> {
    let terminal = run.session.terminal;
    if terminal.json {
        return terminal.print_json(&render::json(plan, &run.clouds.kinds()));
    }
    let options = render::Options {
        color: terminal.color,
        verbose: terminal.verbose,
    };
    terminal.print(&render::text(
        plan,
        &run.heading(),
        &run.clouds.kinds(),
        options,
    ));
    Ok(())
}
