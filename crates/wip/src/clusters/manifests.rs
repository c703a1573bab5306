//! `wip manifests`: the custom resources of Spaces, and what other accounts' owners must add.

use serde_json::{Value, json};

use super::{applied, the_cluster};
use crate::args::ManifestsArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session};

/// Prints the objects of a cluster, or what an owner must add.
pub(crate) async fn run(session: Session<'_>, args: &ManifestsArgs) -> Result<Exit, Failure> {
    if let Some(account) = &args.owner {
        return owner(session, args, account).await;
    }
    let run = Run::open_whole(session, &args.file.file, &args.reach).await?;
    let state = run.load().await?.state;
    let cluster = the_cluster(&run.space, args.cluster.as_deref())?;
    let applied = applied(&run, &state);
    let manifests = wip_kube::manifests(&run.space, &cluster.name, &applied);
    if session.terminal.json {
        let objects: Vec<&Value> = manifests.iter().map(|it| &it.object).collect();
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": objects });
        session.terminal.print_json(&list)?;
        return Ok(Exit::Done);
    }
    if manifests.is_empty() {
        session
            .terminal
            .say("no custom resource of Spaces needs to know these identities");
        return Ok(Exit::Done);
    }
    let documents = manifests
        .iter()
        .map(|manifest| (manifest.comment.as_str(), &manifest.object));
    let text = wip_kube::documents(documents);
    session.terminal.print(text.trim_end());
    Ok(Exit::Done)
}

/// What must stand in policies of another account that wip does not write; asks nobody.
async fn owner(session: Session<'_>, args: &ManifestsArgs, account: &str) -> Result<Exit, Failure> {
    let run = Run::open(session, &args.file.file).await?;
    let additions = crate::clouds::owner_additions(&run.space, account);
    if session.terminal.json {
        let all: Vec<Value> = additions
            .iter()
            .map(|(of, statements)| json!({ "resource": of, "statements": statements }))
            .collect();
        session
            .terminal
            .print_json(&json!({ "account": account, "additions": all }))?;
        return Ok(Exit::Done);
    }
    if additions.is_empty() {
        session.terminal.say(&format!(
            "the owner of {account} has to add nothing: wip writes there itself, or reaches nothing there"
        ));
        return Ok(Exit::Done);
    }
    for (resource, statements) in additions {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        let text = serde_json::to_string_pretty(&policy).map_err(|error| Failure::bug(&error))?;
        session.terminal.print(&format!("# {resource}\n{text}"));
    }
    Ok(Exit::Done)
}
