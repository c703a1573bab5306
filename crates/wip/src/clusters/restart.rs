//! `wip restart`: which workloads must restart, and why; with `--run`, it restarts them.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use wip_kube::{Restart, findings, restarts};

use super::{applied, failure, look, looked_at};
use crate::args::RestartArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session};

/// What a restart would not mend: nothing applied, another annotation, no label.
const COME_FIRST: [&str; 3] = ["WIP0370", "WIP0372", "WIP0374"];

/// `wip-restart/1`: workloads that must restart for what was applied.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document {
    #[schemars(extend("const" = "wip-restart/1"))]
    format: &'static str,
    space: String,
    restarts: Vec<Entry>,
    /// What could not be read, and why.
    unseen: Vec<String>,
}

/// One workload.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Entry {
    cluster: String,
    namespace: String,
    /// `deployment/NAME` or `statefulset/NAME`.
    workload: String,
    identity: String,
    /// `GROUP/NAME`, where it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    control_plane: Option<String>,
    why: String,
    /// What does it by hand.
    command: String,
    /// Whether it was restarted and is ready again.
    done: bool,
}

/// Prints the list; with `--run` goes through it.
pub(crate) async fn run(session: Session<'_>, args: &RestartArgs) -> Result<Exit, Failure> {
    let run = Run::open_whole(session, &args.file.file, &args.reach).await?;
    let state = run.load().await?.state;
    let applied = applied(&run, &state);
    let clusters = looked_at(&run.space, &args.reach)?;
    if clusters.is_empty() {
        return Err(no_cluster());
    }
    let terminal = session.terminal;
    let (mut entries, mut unseen) = (Vec::new(), Vec::new());
    for cluster in clusters {
        let (look, connected) = look(&run, &args.reach, cluster, &applied).await?;
        let all = restarts(&look.expected, &look.observed, look.context.as_deref());
        for restart in &all {
            show(session, restart, args.run);
            if args.run {
                let patience = Duration::from_secs(args.timeout);
                let now = session.env.now();
                let what = format!("{}/{}", restart.kind, restart.name);
                wip_kube::restart(&connected.kube, restart, &now, patience, |progress| {
                    terminal.say(&format!(
                        "{what}: {} of {} ready",
                        progress.ready, progress.wanted
                    ));
                })
                .await
                .map_err(|error| failure::of(error, &connected))?;
            }
            entries.push(entry(&look.cluster, restart, args.run));
        }
        let first = findings(&look.expected, &look.observed, &[]);
        let first = first.iter().filter(|it| COME_FIRST.contains(&it.code));
        for finding in first {
            terminal.warn(&format!(
                "before that restarts, {} has to be mended: {}",
                finding.place, finding.what
            ));
        }
        unseen.extend(look.observed.unseen);
    }
    for what in &unseen {
        terminal.warn(&format!("not seen: {what}"));
    }
    if terminal.json {
        terminal.print_json(&Document {
            format: "wip-restart/1",
            space: run.space.name.clone(),
            restarts: entries,
            unseen,
        })?;
        return Ok(Exit::Done);
    }
    match (entries.len(), args.run) {
        (0, _) if unseen.is_empty() => terminal.say("nothing has to restart"),
        (0, _) => terminal.say("nothing of what was seen has to restart"),
        (count, true) => terminal.say(&format!("{count} restarted, and ready again")),
        (_, false) => terminal.say("wip restart --run does this, and waits for each"),
    }
    Ok(Exit::Done)
}

/// Where nothing says how to reach a cluster.
pub(super) fn no_cluster() -> Failure {
    Failure::new(
        "WIP0280",
        "nothing says how to reach a cluster",
        "--context NAME, or `discovery: { context: NAME }` in the Space file",
    )
}

fn show(session: Session<'_>, restart: &Restart, runs: bool) {
    if session.terminal.json {
        return;
    }
    let of = match &restart.control_plane {
        Some(plane) => format!(" of {plane}"),
        None => String::new(),
    };
    let terminal = session.terminal;
    terminal.print(&format!("{}{of}: {}", restart.name, restart.why));
    if !runs {
        terminal.print(&format!("    {}", restart.command));
    } else if restart.under_way {
        terminal.say("asked for already; waiting for it");
    }
}

fn entry(cluster: &str, restart: &Restart, done: bool) -> Entry {
    Entry {
        cluster: cluster.to_owned(),
        namespace: restart.namespace.clone(),
        workload: format!("{}/{}", restart.kind, restart.name),
        identity: restart.identity.clone(),
        control_plane: restart.control_plane.clone(),
        why: restart.why.clone(),
        command: restart.command.clone(),
        done,
    }
}
