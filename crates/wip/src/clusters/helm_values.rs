//! `wip helm-values`: what the Helm release of Spaces must say.

use wip_kube::{Inexpressible, Values};

use super::{applied, the_cluster};
use crate::args::HelmValuesArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session};

/// Reads the state alone: what was applied, not what the file says by now.
pub(crate) async fn run(session: Session<'_>, args: &HelmValuesArgs) -> Result<Exit, Failure> {
    let run = Run::open(session, &args.file.file).await?;
    let state = run.load().await?.state;
    let cluster = the_cluster(&run.space, args.cluster.as_deref())?;
    let applied = applied(&run, &state);
    let values = wip_kube::values(&run.space, &cluster.name, &applied).map_err(inexpressible)?;
    let terminal = session.terminal;
    if terminal.json {
        terminal.print_json(&values.document)?;
        return Ok(Exit::Done);
    }
    if args.set {
        let arguments = values.arguments();
        if !arguments.is_empty() {
            terminal.print(&arguments.join("\n"));
        }
        for remark in &values.remarks {
            terminal.warn(remark);
        }
        return Ok(Exit::Done);
    }
    let comment = comment(&run.space.name, &cluster.name, &values);
    let text = wip_kube::documents([(comment.as_str(), &values.document)]);
    match &args.out {
        None => terminal.print(text.trim_end()),
        Some(path) => {
            std::fs::write(path, text).map_err(|error| Failure::file("write", path, &error))?;
            terminal.say(&format!("written to {}", path.display()));
        }
    }
    Ok(Exit::Done)
}

fn comment(space: &str, cluster: &str, values: &Values) -> String {
    let mut lines = vec![
        format!("Values of the Spaces chart for {space} on {cluster}, written by wip helm-values."),
        "They go beside your own, after them:".to_owned(),
        "helm upgrade spaces oci://xpkg.upbound.io/spaces-artifacts/spaces -n upbound-system -f YOURS.yaml -f THIS.yaml".to_owned(),
    ];
    if values
        .document
        .as_object()
        .is_some_and(serde_json::Map::is_empty)
    {
        lines.push("The chart needs nothing for these identities.".to_owned());
    }
    lines.extend(values.remarks.iter().cloned());
    lines.join("\n")
}

fn inexpressible(wrong: Vec<Inexpressible>) -> Failure {
    let is_early = wrong
        .iter()
        .all(|why| matches!(why, Inexpressible::NotApplied(_)));
    let mut failure = match is_early {
        true => Failure::new(
            "WIP0291",
            "the state does not have all of it yet",
            "wip apply, then this again",
        ),
        false => Failure::new(
            "WIP0292",
            "the Spaces chart cannot say what the Space file says",
            "",
        ),
    };
    for why in &wrong {
        failure = failure.because(why);
    }
    failure
}
