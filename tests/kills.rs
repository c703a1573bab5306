//! `kill -9` at any moment of a run, and the same command again: everything is as if nothing had happened.
//!
//! The moments are all of them, one by one: each thing that a run does to its disk (journal, state, lock), before it and in its middle; each call that it makes to a cloud, before the cloud has done anything and after it has done all.
//! The two worlds are compared byte for byte, and so are the states.
//!
//! Not here: the machine that stops, which loses what was not made durable (`wip-state`).

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Mutex;
use std::time::Instant;

use serde_json::{Value, json};

use crate::examples::{Space, example};
use crate::sandbox::{PATIENCE, PAUSE, Sandbox, said};

/// How many cells run at once: each has a wip and a server, which take turns.
const WORKERS: usize = 4;
/// SIGKILL.
const KILLED: i32 = 9;
/// Variable of debug builds: the process ends at this effect on its disk.
const KILL_AT_WRITE: &str = "WIP_TEST_KILL_AT_WRITE";
/// No run does so much to its disk: it is not killed there.
const MANY_WRITES: usize = 1 << 10;

/// A command that is killed, and what comes before it.
struct Story {
    name: &'static str,
    /// The Space file that is applied before; none for a first apply.
    before: Option<Space>,
    /// The Space file of the command.
    space: Space,
    command: &'static [&'static str],
    /// Says that nothing is left to do, by exit code 0.
    proof: &'static [&'static str],
}

const APPLY: &[&str] = &["apply", "--auto-approve"];
const CHANGE: &[&str] = &["apply", "--auto-approve", "--allow-revokes", "99"];
const DESTROY: &[&str] = &["destroy", "--auto-approve"];
const NOTHING_TO_APPLY: &[&str] = &["plan", "--detailed-exitcode"];
const NOTHING_TO_DESTROY: &[&str] = &["plan", "--destroy", "--detailed-exitcode"];

/// Not `eks-irsa-wildcard`: it has the steps and calls of `eks-irsa`.
fn stories() -> Vec<Story> {
    let first = |name| Story {
        name,
        before: None,
        space: example(name),
        command: APPLY,
        proof: NOTHING_TO_APPLY,
    };
    let eks = example("eks-irsa");
    let pods = example("eks-pod-identity-isolated");
    let backup = example("cross-account-backup").destroyable();
    vec![
        first("eks-irsa"),
        first("velero-two-clusters"),
        first("cross-account-backup"),
        Story {
            name: "eks-irsa-changed",
            before: Some(eks.clone()),
            // Updates two roles, creates one, deletes one.
            space: eks
                .with_control_plane("ctp3")
                .with_other_last_identity("sharedSecrets", OTHER_IDENTITY),
            command: CHANGE,
            proof: NOTHING_TO_APPLY,
        },
        Story {
            name: "eks-pod-identity-isolated-changed",
            before: Some(pods.clone()),
            // Changes the session policy of each backup, and a role; makes two associations, and deletes two.
            space: pods
                .with(
                    "group: team-a, name: ctp1, hostNamespace: team-a-ctp1",
                    "group: team-b, name: ctp1, hostNamespace: team-b-ctp1",
                )
                .with("prefix: pods-isolated/", "prefix: moved/"),
            command: CHANGE,
            proof: NOTHING_TO_APPLY,
        },
        Story {
            name: "cross-account-backup-changed",
            before: Some(backup.clone()),
            // Updates the role and both shared policies.
            space: backup
                .clone()
                .with_control_plane("ctp3")
                .with("prefix: prod-ap/", "prefix: moved/"),
            command: CHANGE,
            proof: NOTHING_TO_APPLY,
        },
        Story {
            name: "cross-account-backup-destroyed",
            before: Some(backup.clone()),
            space: backup,
            command: DESTROY,
            proof: NOTHING_TO_DESTROY,
        },
    ]
}

const OTHER_IDENTITY: &str = "    reports:
      method: irsa
      workloads: [{ namespace: reports, serviceAccount: writer }]
      access:
        - s3: { bucket: acme-billing, region: eu-west-1, prefix: reports/, allow: [read] }
";

/// When a run is killed.
#[derive(Clone, Copy)]
enum Moment {
    /// Before the n-th effect on its disk.
    Write(usize),
    /// In the middle of it.
    Torn(usize),
    /// When the n-th call has arrived and nothing has happened yet.
    Unheard(usize),
    /// When it has happened and nobody has said so.
    Unanswered(usize),
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(n) => write!(f, "write-{n}"),
            Self::Torn(n) => write!(f, "write-{n}-torn"),
            Self::Unheard(n) => write!(f, "call-{n}-unheard"),
            Self::Unanswered(n) => write!(f, "call-{n}-unanswered"),
        }
    }
}

/// A story up to its command, and how it ends where nobody kills it.
struct Stage {
    story: Story,
    /// The files before the command.
    template: PathBuf,
    end: End,
    writes: usize,
    calls: usize,
}

/// Everything that there is in the end.
#[derive(PartialEq, Eq)]
struct End {
    dump: String,
    /// Each file in the folder of the state; of the lock, only that it is there.
    files: BTreeMap<String, String>,
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "of a run that passes, how much it has tried is worth reading"
)]
fn a_run_that_was_killed_at_any_moment_is_finished_by_the_next() {
    let started = Instant::now();
    let stages = in_parallel(stories(), Stage::new);
    let mut cells = Vec::new();
    for stage in &stages {
        let writes = (1..=stage.writes).flat_map(|n| [Moment::Write(n), Moment::Torn(n)]);
        let calls = (1..=stage.calls).flat_map(|n| [Moment::Unheard(n), Moment::Unanswered(n)]);
        cells.extend(writes.chain(calls).map(|moment| (stage, moment)));
        eprintln!(
            "{}: {} writes, {} calls",
            stage.story.name, stage.writes, stage.calls
        );
    }
    let count = cells.len();
    let wrong: Vec<String> = in_parallel(cells, |(stage, moment)| stage.kill(moment))
        .into_iter()
        .filter_map(Result::err)
        .collect();
    eprintln!("{count} kills in {} s", started.elapsed().as_secs());
    for stage in stages {
        fs::remove_dir_all(stage.template).expect("a folder");
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} kills:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

/// Does `work` for all, a few at a time; results in the order of the items.
fn in_parallel<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let todo = Mutex::new(items.into_iter().enumerate());
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let next = todo.lock().expect("nobody panics here").next();
                    let Some((at, item)) = next else { break };
                    let result = work(item);
                    done.lock().expect("nobody panics here").insert(at, result);
                }
            });
        }
    });
    done.into_inner()
        .expect("nobody panics here")
        .into_values()
        .collect()
}

impl Stage {
    fn new(story: Story) -> Self {
        let template = prepare(&story);
        let undisturbed = Sandbox::copy(&template, &format!("kills-{}", story.name));
        undisturbed.clear_log();
        undisturbed.run(story.command, 0);
        let calls = undisturbed.log().len();
        let end = End::of(&undisturbed);
        undisturbed.remove();
        let mut stage = Self {
            story,
            template,
            end,
            writes: 0,
            calls,
        };
        stage.writes = stage.count_writes();
        assert!(stage.writes > 10, "a run writes more than {}", stage.writes);
        assert!(stage.calls > 10, "a run calls more than {}", stage.calls);
        stage
    }

    /// How many effects on its disk a run has: the last at which it can be killed.
    fn count_writes(&self) -> usize {
        let (mut killed, mut survived) = (0, MANY_WRITES);
        while survived - killed > 1 {
            let middle = killed + (survived - killed) / 2;
            let sandbox = self.open(&format!("count-{middle}"));
            let status = self.run_to(&sandbox, &middle.to_string());
            sandbox.remove();
            if status.signal() == Some(KILLED) {
                killed = middle;
            } else {
                assert!(status.success(), "{}: {status}", self.story.name);
                survived = middle;
            }
        }
        killed
    }

    fn open(&self, what: &str) -> Sandbox {
        Sandbox::copy(&self.template, &format!("kills-{}-{what}", self.story.name))
    }

    fn command(&self, sandbox: &Sandbox) -> Command {
        sandbox.wip(self.story.command)
    }

    /// Runs the command, with this point of its writes as its end.
    fn run_to(&self, sandbox: &Sandbox, point: &str) -> ExitStatus {
        let output = self.command(sandbox).env(KILL_AT_WRITE, point).output();
        output.expect("wip starts").status
    }

    /// One cell: killed, and run again. The folder stays where something is wrong.
    fn kill(&self, moment: Moment) -> Result<(), String> {
        let sandbox = self.open(&moment.to_string());
        let folder = sandbox.folder().display().to_string();
        let killed = match moment {
            Moment::Write(n) => self.kill_at_write(&sandbox, &n.to_string()),
            Moment::Torn(n) => self.kill_at_write(&sandbox, &format!("{n}.5")),
            Moment::Unheard(n) => self.kill_at_call(&sandbox, n, "hang_before"),
            Moment::Unanswered(n) => self.kill_at_call(&sandbox, n, "hang"),
        };
        match killed.and_then(|()| self.finish(&sandbox)) {
            Ok(()) => {
                sandbox.remove();
                Ok(())
            }
            Err(wrong) => Err(format!("{folder}: {wrong}")),
        }
    }

    fn kill_at_write(&self, sandbox: &Sandbox, point: &str) -> Result<(), String> {
        let status = self.run_to(sandbox, point);
        if status.signal() == Some(KILLED) {
            Ok(())
        } else {
            Err(format!("was to be killed, and ended with {status}"))
        }
    }

    fn kill_at_call(&self, sandbox: &Sandbox, n: usize, class: &str) -> Result<(), String> {
        sandbox.set_faults(&json!([{ "nth": n, "class": class }]));
        sandbox.clear_log();
        let mut wip = self.command(sandbox).spawn().expect("wip starts");
        let started = Instant::now();
        let arrived = loop {
            if sandbox.log().len() >= n {
                break true;
            }
            let ended = wip.try_wait().expect("a process").is_some();
            if ended || started.elapsed() > PATIENCE {
                break false;
            }
            std::thread::sleep(PAUSE);
        };
        let hangs = |call: &Value| call["status"] == json!(0);
        let arrived = arrived && sandbox.log().iter().any(hangs);
        // By its id, and by SIGKILL.
        wip.kill().expect("a process");
        let output = wip.wait_with_output().expect("a process");
        sandbox.set_faults(&json!([]));
        if arrived && output.status.signal() == Some(KILLED) {
            Ok(())
        } else {
            Err(format!("call {n} did not hang\n{}", said(&output)))
        }
    }

    /// Runs the command again, and compares the end with that of the undisturbed run.
    fn finish(&self, sandbox: &Sandbox) -> Result<(), String> {
        let words = sandbox.expect(self.story.command, 0)?;
        let end = End::of(sandbox);
        self.end
            .difference(&end)
            .map_err(|wrong| format!("{wrong}\nthe second run said:\n{words}"))?;
        sandbox.expect(self.story.proof, 0)?;
        Ok(())
    }
}

/// Everything up to the command; the files of it.
fn prepare(story: &Story) -> PathBuf {
    let sandbox = Sandbox::new(&format!("kills-{}-template", story.name));
    if let Some(before) = &story.before {
        sandbox.write(&before.0);
        sandbox.run(APPLY, 0);
    }
    sandbox.write(&story.space.0);
    sandbox.stop()
}

impl End {
    fn of(sandbox: &Sandbox) -> Self {
        let mut files = BTreeMap::new();
        collect(&sandbox.folder().join("state"), "", &mut files);
        Self {
            dump: sandbox.dump(),
            files,
        }
    }

    /// The first line that differs.
    fn difference(&self, other: &Self) -> Result<(), String> {
        let names = |end: &Self| end.files.keys().cloned().collect::<Vec<_>>().join(", ");
        if names(self) != names(other) {
            return Err(format!("files: {}; not {}", names(other), names(self)));
        }
        let files = self.files.iter().map(|(name, text)| {
            let name = name.as_str();
            (name, text, &other.files[name])
        });
        for (name, wanted, found) in files.chain([("the world", &self.dump, &other.dump)]) {
            if wanted != found {
                return Err(first_difference(name, wanted, found));
            }
        }
        Ok(())
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
            return format!("{name}, line {number}: {found}\n  undisturbed: {wanted}");
        }
    }
}

fn collect(folder: &Path, above: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{above}{}", entry.file_name().to_string_lossy());
        if entry.file_type().expect("a type").is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            let text = fs::read_to_string(entry.path()).expect("a file");
            files.insert(name, text);
        }
    }
}
