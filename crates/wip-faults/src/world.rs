//! One world: clouds and a folder, and command lines in them.
//!
//! Owns how a command line runs inside this process: its own runtime with virtual time, and a death where a call hangs.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::time::Instant;
use wip::{Env, Output};
use wip_sandbox::{Fault, Logged, Options, Sandbox, Seed};

use crate::bug::Bug;
use crate::class::Class;
use crate::story::Call;
use crate::wire::{Heard, Loopback};

/// Path below the folder → content.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Clouds and a folder.
pub(crate) struct World {
    pub(crate) sandbox: Arc<Sandbox>,
    folder: TempDir,
    /// How long, in virtual time, its commands have taken: time goes on from one to the next.
    spent: Cell<Duration>,
}

/// A moment of a world.
pub(crate) struct Snapshot {
    sandbox: Sandbox,
    files: Files,
    spent: Duration,
}

/// How the world is to treat a command line.
#[derive(Clone, Default)]
pub(crate) struct Treatment {
    pub(crate) faults: Vec<Fault>,
    /// A connection that closes before the call had an effect was never there.
    pub(crate) refuses: bool,
    /// A call that hangs is the death of the command.
    pub(crate) kills: bool,
    pub(crate) bug: Option<Bug>,
    /// Where its requests are kept.
    pub(crate) heard: Option<Heard>,
}

impl Treatment {
    /// One call is disturbed.
    pub(crate) fn of(class: Class, call: &Call, bug: Option<Bug>) -> Self {
        let mut fault = class.fault(call);
        if let Some(bug) = bug {
            fault.class = bug.heard(fault.class);
        }
        Self {
            faults: vec![fault],
            refuses: class.refuses(),
            kills: class.kills(),
            bug,
            heard: None,
        }
    }
}

/// How a command line ended.
pub(crate) struct Ended {
    /// The exit code; nothing where it died.
    pub(crate) code: Option<u8>,
    /// All that it said.
    pub(crate) said: String,
    /// The calls that it made.
    pub(crate) calls: Vec<Logged>,
}

/// What a state and the clouds come to, in text that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    /// The clouds.
    pub(crate) clouds: String,
    /// Each file below the folder of states but the lock; of a state not its serial, which counts how often it was stored, and
    /// none that holds nothing.
    pub(crate) files: BTreeMap<PathBuf, String>,
}

/// Files with keys that Space files name.
const KEYS: [(&str, &str); 2] = [
    (
        "sa.pub",
        include_str!("../../../examples/eks-anywhere/sa.pub"),
    ),
    (
        "next.pub",
        include_str!("../../../tests/access/keys/next.pub"),
    ),
];

impl World {
    /// Clouds that hold what a seed says.
    pub(crate) fn new(seed: &Seed) -> io::Result<Self> {
        let sandbox = Sandbox::in_memory(Options::default());
        sandbox.seed(seed)?;
        Self::of(sandbox)
    }

    fn of(sandbox: Sandbox) -> io::Result<Self> {
        // Memory, where there is such a folder: thousands of runs wait for their disk.
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory)?,
            false => tempfile::tempdir()?,
        };
        Ok(Self {
            sandbox: Arc::new(sandbox),
            folder,
            spent: Cell::default(),
        })
    }

    /// The world as it was at that moment.
    pub(crate) fn at(moment: &Snapshot) -> io::Result<Self> {
        let world = Self::of(moment.sandbox.copy())?;
        world.spent.set(moment.spent);
        for (path, content) in &moment.files {
            let path = world.folder.path().join(path);
            if let Some(above) = path.parent() {
                fs::create_dir_all(above)?;
            }
            fs::write(path, content)?;
        }
        Ok(world)
    }

    /// This moment.
    pub(crate) fn snapshot(&self) -> io::Result<Snapshot> {
        let mut files = Files::new();
        collect(self.folder.path(), Path::new(""), &mut files)?;
        Ok(Snapshot {
            sandbox: self.sandbox.copy(),
            files,
            spent: self.spent.get(),
        })
    }

    /// Where the states are.
    pub(crate) fn states(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Writes the Space file, with the keys that it may name, and runs a command line on it.
    pub(crate) fn run(&self, space: &str, words: &[&str], how: Treatment) -> io::Result<Ended> {
        let file = self.folder.path().join("space.yaml");
        fs::write(&file, space)?;
        for (name, key) in KEYS {
            fs::write(self.folder.path().join(name), key)?;
        }
        let mut arguments: Vec<OsString> = vec!["wip".into()];
        arguments.extend(words.iter().map(Into::into));
        arguments.push(file.into());
        for (option, folder) in [("--sandbox=", "sandbox"), ("--state=", "state")] {
            let mut argument = OsString::from(option);
            argument.push(self.folder.path().join(folder));
            arguments.push(argument);
        }
        let hangs = Arc::new(Notify::new());
        let said = Arc::new(Mutex::new(String::new()));
        let env = Env {
            can_ask: false,
            err_is_terminal: false,
            host: "here".to_owned(),
            kill_at_write: None,
            wire: Some(Arc::new(Loopback {
                sandbox: Arc::clone(&self.sandbox),
                refuses: how.refuses,
                hangs: Arc::clone(&hangs),
                bug: how.bug,
                heard: how.heard,
            })),
            output: Output::Kept(Arc::clone(&said)),
        };
        self.sandbox.clear_log();
        self.sandbox.set_faults(how.faults);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()?;
        let (code, spent) = runtime.block_on(async {
            let start = Instant::now();
            tokio::time::advance(self.spent.get()).await;
            let code = tokio::select! {
                code = wip::run(arguments, &env) => Some(code),
                () = hangs.notified(), if how.kills => None,
            };
            (code, start.elapsed())
        });
        self.spent.set(spent);
        // A file that is being written when the command dies is written to its end.
        drop(runtime);
        self.sandbox.set_faults(Vec::new());
        let said = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Ended {
            code,
            said,
            calls: self.sandbox.log(),
        })
    }

    /// What it all comes to.
    pub(crate) fn sum(&self) -> io::Result<Sum> {
        let mut files = Files::new();
        if self.states().exists() {
            collect(&self.states(), Path::new(""), &mut files)?;
        }
        let files = files.into_iter().filter_map(|(path, content)| {
            let text = String::from_utf8_lossy(&content).into_owned();
            let text = match path.file_name().and_then(|name| name.to_str()) {
                Some("state.yaml") if text.contains("\nresources: {}\n") => return None,
                Some("state.yaml") => without_serial(&text),
                Some(".wip-lock") => return None,
                _ => text,
            };
            Some((path, text))
        });
        Ok(Sum {
            clouds: without_old_versions(&self.sandbox.dump())?,
            files: files.collect(),
        })
    }
}

fn without_serial(state: &str) -> String {
    let kept = state.lines().filter(|line| !line.starts_with("serial: "));
    kept.map(|line| format!("{line}\n")).collect()
}

/// The dump with one version of each managed policy, the one in force: older ones are not access, and how many there are
/// depends on how often somebody had to ask for one.
fn without_old_versions(dump: &str) -> io::Result<String> {
    let mut records: BTreeMap<String, Value> = serde_json::from_str(dump)?;
    let in_force: BTreeMap<String, String> = records
        .iter()
        .filter(|(key, _)| key.contains("/iam/policy/"))
        .map(|(key, policy)| {
            let versions = key.replacen("/policy/", "/policy-version/", 1);
            let number = policy["default_version"].as_u64().unwrap_or_default();
            (versions, format!("{number:010}"))
        })
        .collect();
    records.retain(|key, _| match key.rsplit_once('/') {
        Some((versions, number)) if versions.contains("/iam/policy-version/") => {
            in_force.get(versions).is_some_and(|force| force == number)
        }
        _ => true,
    });
    let renamed = records.into_iter().map(|(key, mut record)| {
        let Some(members) = record.as_object_mut() else {
            return (key, record);
        };
        members.remove("default_version");
        members.remove("last_version");
        match key.rsplit_once('/') {
            Some((versions, _)) if versions.contains("/iam/policy-version/") => {
                members.remove("number");
                (versions.to_owned(), record)
            }
            _ => (key, record),
        }
    });
    let renamed: BTreeMap<String, Value> = renamed.collect();
    Ok(serde_json::to_string_pretty(&renamed)?)
}

fn collect(folder: &Path, above: &Path, files: &mut Files) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = above.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &name, files)?;
        } else {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

impl Sum {
    /// With names in the place of the ids that the cloud gave: what was deleted and made again is the same.
    #[cfg(test)]
    pub(crate) fn without_ids(mut self) -> Self {
        let records: BTreeMap<String, Value> =
            serde_json::from_str(&self.clouds).expect("a dump is JSON");
        for (key, record) in &records {
            let of_association = key.split_once("/association/").map(|(_, id)| id);
            let name = match (record["id"].as_str(), of_association) {
                (Some(id), _) => Some((id, key.clone())),
                (_, Some(id)) => {
                    let text = |name: &str| record[name].as_str().unwrap_or_default();
                    let subject = [text("namespace"), text("service_account")];
                    Some((id, subject.join(" ")))
                }
                _ => None,
            };
            if let Some((id, name)) = name {
                self.clouds = self.clouds.replace(id, &name);
                for text in self.files.values_mut() {
                    *text = text.replace(id, &name);
                }
            }
        }
        // Names sort otherwise than ids.
        let sorted: BTreeMap<String, Value> =
            serde_json::from_str(&self.clouds).expect("a dump is JSON");
        self.clouds = serde_json::to_string_pretty(&sorted).expect("a dump is JSON");
        self
    }

    /// The first line in which another one differs, in words; nothing where none does.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let names = |sum: &Self| {
            let names = sum.files.keys().map(|path| path.display().to_string());
            names.collect::<Vec<_>>().join(", ")
        };
        if names(self) != names(other) {
            return Some(format!("files: {}; not {}", names(other), names(self)));
        }
        let files = self.files.iter().map(|(path, text)| {
            let found = other.files.get(path).map_or("", String::as_str);
            (path.display().to_string(), text.as_str(), found)
        });
        let clouds = (
            "the clouds".to_owned(),
            self.clouds.as_str(),
            other.clouds.as_str(),
        );
        let (name, wanted, found) = files
            .chain([clouds])
            .find(|(_, wanted, found)| wanted != found)?;
        Some(first_difference(&name, wanted, found))
    }
}

fn first_difference(name: &str, wanted: &str, found: &str) -> String {
    let (mut wanted, mut found) = (wanted.lines(), found.lines());
    let mut number = 0;
    loop {
        number += 1;
        let pair = (wanted.next(), found.next());
        if pair.0 != pair.1 || pair.0.is_none() {
            let line = |line: Option<&str>| line.unwrap_or("(its end)").to_owned();
            let (wanted, found) = (line(pair.0), line(pair.1));
            return format!("{name}, line {number}: {found}\n    undisturbed: {wanted}");
        }
    }
}
