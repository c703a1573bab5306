//! `wip discover`: the control planes of the cluster, beside those of the file.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use wip_kube::{Found, FoundControlPlane, Standing};
use wip_space::{ControlPlane, Discovery, EditError, HostNamespace, with_control_planes};

use super::{contexts, found, the_cluster};
use crate::args::DiscoverArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session};

/// `wip-discover/1`: the control planes of a cluster, beside those of the Space file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    #[schemars(extend("const" = "wip-discover/1"))]
    format: &'static str,
    space: String,
    cluster: String,
    control_planes: Vec<Line>,
    /// What does not fit, and hinders nothing.
    remarks: Vec<String>,
    /// Whether the Space file was written.
    written: bool,
}

/// One control plane.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Line {
    group: String,
    name: String,
    /// `status.controlPlaneID`, where the host namespace follows from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Absent as long as there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    host_namespace: Option<String>,
    /// `ready`, `notReady`, `deleting`, or `absent` where it is in the file alone.
    standing: &'static str,
    /// `same`, `new` (on the cluster alone), `anew` (made anew), `pending` (no id yet) or `gone` (in the file alone).
    file: &'static str,
}

/// Prints them, and writes them into the file where that is asked for.
pub(crate) async fn run(session: Session<'_>, args: &DiscoverArgs) -> Result<Exit, Failure> {
    let path = &args.file.file;
    let run = Run::open(session, path).await?;
    let discovery = discovery(&run, args)?;
    let state = run.load().await?.state;
    wip_engine::check(&run.clouds, &run.space, &state).await?;
    let found = found(&run, &args.reach, &discovery, &state).await?;
    let lines = lines(&run, &discovery, &found);
    let mut written = false;
    if args.write {
        written = write(path, &run, &discovery, &found)?;
    }
    if session.terminal.json {
        session.terminal.print_json(&Document {
            format: "wip-discover/1",
            space: run.space.name.clone(),
            cluster: discovery.cluster.clone(),
            control_planes: lines,
            remarks: found.remarks,
            written,
        })?;
        return Ok(Exit::Done);
    }
    show(session, &discovery, &lines);
    for remark in &found.remarks {
        session.terminal.warn(remark);
    }
    if args.write {
        session.terminal.say(&match written {
            true => format!(
                "{} was written; `wip plan` shows what that changes",
                path.display()
            ),
            false => format!("{} says so already", path.display()),
        });
    } else if lines
        .iter()
        .any(|line| matches!(line.file, "new" | "anew" | "gone"))
    {
        session.terminal.say(match run.space.discovery {
            Some(_) => "what bears a + is planned as if the file had it; --write writes it there",
            None => "--write writes them into the Space file; `discovery` in the file has each plan read them",
        });
    }
    Ok(Exit::Done)
}

/// What to read: what the file says, or the one cluster that can be meant.
fn discovery(run: &Run<'_>, args: &DiscoverArgs) -> Result<Discovery, Failure> {
    if let Some(discovery) = &run.space.discovery {
        return Ok(discovery.clone());
    }
    let given = contexts(&run.space, &args.reach)?;
    let named = given.keys().next().map(String::as_str);
    Ok(Discovery {
        cluster: the_cluster(&run.space, named)?.name.clone(),
        context: None,
        groups: Default::default(),
    })
}

fn lines(run: &Run<'_>, discovery: &Discovery, found: &Found) -> Vec<Line> {
    let on_cluster = |plane: &&ControlPlane| plane.cluster == discovery.cluster;
    let mut listed: BTreeMap<(String, String), &HostNamespace> = run
        .space
        .control_planes
        .iter()
        .filter(on_cluster)
        .filter(|plane| discovery.groups.is_empty() || discovery.groups.contains(&plane.group))
        .map(|plane| {
            let name = (plane.group.clone(), plane.name.clone());
            (name, &plane.host_namespace)
        })
        .collect();
    let mut lines: Vec<Line> = Vec::new();
    for plane in &found.control_planes {
        let known = listed.remove(&(plane.group.clone(), plane.name.clone()));
        let file = match (&plane.host_namespace, known) {
            (None, _) => "pending",
            (Some(_), None) => "new",
            (Some(is), Some(was)) if is == was => "same",
            (Some(_), Some(_)) => "anew",
        };
        lines.push(of_found(plane, file));
    }
    for ((group, name), host) in listed {
        lines.push(line((group, name), Some(host), "absent", "gone"));
    }
    lines.sort_by(|a, b| (&a.group, &a.name).cmp(&(&b.group, &b.name)));
    lines
}

fn of_found(plane: &FoundControlPlane, file: &'static str) -> Line {
    let standing = match plane.standing {
        Standing::Ready => "ready",
        Standing::NotReady => "notReady",
        Standing::Deleting => "deleting",
    };
    let name = (plane.group.clone(), plane.name.clone());
    line(name, plane.host_namespace.as_ref(), standing, file)
}

fn line(
    (group, name): (String, String),
    host: Option<&HostNamespace>,
    standing: &'static str,
    file: &'static str,
) -> Line {
    let id = match host {
        Some(HostNamespace::OfId(id)) => Some(id.clone()),
        _ => None,
    };
    Line {
        group,
        name,
        id,
        host_namespace: host.map(HostNamespace::name),
        standing,
        file,
    }
}

fn show(session: Session<'_>, discovery: &Discovery, lines: &[Line]) {
    let terminal = session.terminal;
    let count = lines.iter().filter(|line| line.file != "gone").count();
    let noun = if count == 1 {
        "control plane"
    } else {
        "control planes"
    };
    terminal.print(&format!("{} · {count} {noun}\n", discovery.cluster));
    let names = lines
        .iter()
        .map(|line| line.group.len() + line.name.len() + 1);
    let wide = names.max().unwrap_or(0).max(12);
    for line in lines {
        let sign = match line.file {
            "new" => '+',
            "gone" => '-',
            "anew" => '~',
            "pending" => '?',
            _ => ' ',
        };
        let standing = match (line.file, line.standing) {
            ("gone", _) => "in the file alone",
            ("pending", _) => "no id yet",
            (_, "ready") => "ready",
            (_, "deleting") => "being deleted",
            _ => "not ready",
        };
        let full = format!("{}/{}", line.group, line.name);
        let host = line.host_namespace.as_deref().unwrap_or("-");
        terminal.print(&format!("{sign} {full:wide$}  {host}  {standing}"));
    }
}

/// Writes the file, if it says something else; answers whether it did.
fn write(
    path: &Path,
    run: &Run<'_>,
    discovery: &Discovery,
    found: &Found,
) -> Result<bool, Failure> {
    let before = String::from_utf8_lossy(&run.source.text).into_owned();
    let after = with_control_planes(&before, discovery, &found.placed()).map_err(|error| {
        let mut failure = Failure::new(
            "WIP0290",
            format!("{} is left as it is", path.display()),
            "write `controlPlanes` as a list with one control plane a line",
        )
        .because(&error);
        if let EditError::ByHand { lines } = &error {
            failure.causes.extend(lines.iter().cloned());
        }
        failure
    })?;
    if after == before {
        return Ok(false);
    }
    replace(path, &after).map_err(|error| Failure::file("write", path, &error))?;
    Ok(true)
}

/// The whole new text or the whole old one, whatever happens; the file keeps its mode.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = std::fs::canonicalize(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let written = std::fs::write(&new, text)
        .and_then(|()| std::fs::set_permissions(&new, std::fs::metadata(&path)?.permissions()))
        .and_then(|()| std::fs::rename(&new, &path));
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    written
}
