//! The part of GitHub Actions and of GitLab CI that the examples use, for their shell steps as they stand.
//!
//! Owns what the systems give a step: variables, the shell and its options, which step runs after a failure.
//! Actions of others are not run: a checkout is done by git, and the sandbox asks for no credentials.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::{Scope, ScopedJoinHandle};

use serde_json::Value;

use crate::binary::wip;
use crate::clones::{Clone, Origin};
use crate::sandbox::{said, until};
use crate::tree::file;

/// Whose pipeline.
#[derive(Clone, Copy, Debug)]
pub(crate) enum System {
    GitHub,
    GitLab,
}

/// How a job ended.
pub(crate) struct Ended {
    /// Whether the pipeline is green.
    pub(crate) succeeded: bool,
    /// What all its steps said.
    pub(crate) words: String,
}

/// One job of one pipeline, in a clone.
pub(crate) struct Job<'a> {
    pub(crate) system: System,
    pub(crate) name: &'a str,
    pub(crate) clone: &'a Clone,
    /// Variables besides those of the system.
    pub(crate) env: Vec<(&'a str, String)>,
    /// Whether it checks out first; not where a test has prepared the work tree.
    pub(crate) checkout: bool,
}

/// What every command of a pipeline finds first on its path.
const PROGRAMS: [(&str, &str); 3] = [
    // The first apply waits before and after, where a test wants that, until it is let go.
    (
        "wip",
        r#"#!/bin/sh
wait_for() {
  touch "$HOLD.is-$1"
  while [ ! -e "$HOLD.may-$1" ]; do sleep 0.02; done
}
held=$([ "$1" = apply ] && [ -n "$HOLD" ] && [ ! -e "$HOLD.is-start" ] && echo yes)
[ -z "$held" ] || wait_for start
"$WIP" "$@"
status=$?
[ -z "$held" ] || wait_for end
exit $status
"#,
    ),
    (
        "gh",
        r#"#!/bin/sh
echo "$*" > "$COMMENT.to"
for file; do :; done
cat "$file" > "$COMMENT"
"#,
    ),
    (
        "curl",
        r#"#!/bin/sh
echo "$*" > "$COMMENT.to"
for word; do case "$word" in body@*) cat "${word#body@}" > "$COMMENT";; esac; done
"#,
    ),
];

/// Puts the programs where jobs find them.
pub(crate) fn install(origin: &Origin) {
    let bin = origin.sandbox().folder().join("bin");
    fs::create_dir(&bin).expect("a folder");
    for (name, text) in PROGRAMS {
        let path = bin.join(name);
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a file");
    }
}

/// A pipeline's file.
pub(crate) fn example(system: System) -> Value {
    let name = match system {
        System::GitHub => "github-actions",
        System::GitLab => "gitlab-ci",
    };
    let text = &file(&format!("examples/pipelines/{name}.yaml")).text;
    serde_yaml::from_str(text).expect("YAML")
}

impl Job<'_> {
    /// Runs it to its end.
    pub(crate) fn run(&self) -> Ended {
        let document = example(self.system);
        match self.system {
            System::GitHub => self.github(&document["jobs"][self.name]),
            System::GitLab => self.gitlab(&document[".wip"], &document[self.name]),
        }
    }

    fn github(&self, job: &Value) -> Ended {
        let mut words = String::new();
        let mut succeeded = true;
        let mut begun = Vec::new();
        for step in job["steps"].as_array().expect("steps") {
            let runs = match step["if"].as_str() {
                None => succeeded,
                Some(condition) => {
                    let id = condition
                        .strip_prefix("always() && steps.")
                        .and_then(|rest| rest.strip_suffix(".outcome != 'skipped'"));
                    let id = id.unwrap_or_else(|| panic!("a condition of another form: {step}"));
                    begun.contains(&id)
                }
            };
            if !runs {
                continue;
            }
            begun.extend(step["id"].as_str());
            if let Some(action) = step["uses"].as_str() {
                if action.starts_with("actions/checkout@") && self.checkout {
                    self.check_out(step["with"]["ref"].as_str());
                }
                continue;
            }
            let status = if succeeded { "success" } else { "failure" };
            let mut command = self.bash(text(&step["run"]));
            command.env("GITHUB_STEP_SUMMARY", self.beside("summary.md"));
            for (name, value) in members(&step["env"]) {
                command.env(name, expressions(text(value), status));
            }
            succeeded &= run(command, &mut words);
        }
        Ended { succeeded, words }
    }

    /// The branch that is asked for; without one the commit of the pull request, which is there.
    fn check_out(&self, branch: Option<&str>) {
        let Some(branch) = branch else { return };
        self.clone.git(&["fetch", "--quiet", "origin"]);
        let upstream = format!("origin/{branch}");
        let checkout = ["checkout", "--quiet", "--force", "-B", branch, "--track"];
        self.clone.git(&[&checkout[..], &[&upstream]].concat());
    }

    fn gitlab(&self, common: &Value, job: &Value) -> Ended {
        // A job has its commit, and no branch.
        self.clone.git(&["checkout", "--quiet", "--detach"]);
        let mut words = String::new();
        let lines = |lines: &Value| {
            let lines = lines.as_array().into_iter().flatten().map(text);
            lines.collect::<Vec<_>>().join("\n")
        };
        let script = [lines(&common["before_script"]), lines(&job["script"])].join("\n");
        let shell = |script: &str, status: &str| {
            let mut command = self.bash(script);
            let given = given(status);
            command.envs(&given);
            for variables in [&common["variables"], &job["variables"]] {
                for (name, value) in members(variables) {
                    command.env(name, expanded(text(value), &given));
                }
            }
            command
        };
        let succeeded = run(shell(&script, "running"), &mut words);
        let after = lines(&job["after_script"]);
        if !after.is_empty() {
            let status = if succeeded { "success" } else { "failed" };
            run(shell(&after, status), &mut words);
        }
        Ended { succeeded, words }
    }

    /// A shell as both systems start it, in the clone.
    fn bash(&self, script: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .stdin(Stdio::null());
        self.clone.surround(&mut command);
        let rest = std::env::var("PATH").expect("a search path");
        command
            .env(
                "PATH",
                format!("{}:{rest}", self.clone.path("../bin").display()),
            )
            .env("WIP", wip())
            .env("COMMENT", self.beside("comment"))
            .envs(self.env.clone());
        command
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.clone.path(&format!("../{name}"))
    }
}

/// Whether it succeeded.
fn run(mut command: Command, words: &mut String) -> bool {
    let output = command.output().expect("bash starts");
    words.push_str(&said(&output));
    output.status.success()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// What GitHub puts in the place of `${{ … }}`.
fn expressions(text: &str, status: &str) -> String {
    let mut out = text.to_owned();
    for (name, value) in [
        ("github.token", "token"),
        ("github.repository", "acme/clouds"),
        ("github.event.pull_request.number", "7"),
        ("github.server_url", "https://github.example.com"),
        ("github.run_id", "42"),
        ("job.status", status),
    ] {
        out = out.replace(&format!("${{{{ {name} }}}}"), value);
    }
    assert!(
        !out.contains("${{"),
        "an expression that is not known: {out}"
    );
    out
}

/// The variables that GitLab gives, and those that the file asks the reader to set.
fn given(status: &str) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("AWS_ID_TOKEN", "token".to_owned()),
        (
            "CI_API_V4_URL",
            "https://gitlab.example.com/api/v4".to_owned(),
        ),
        ("CI_COMMIT_BRANCH", "main".to_owned()),
        ("CI_JOB_ID", "42".to_owned()),
        ("CI_JOB_STATUS", status.to_owned()),
        (
            "CI_JOB_URL",
            "https://gitlab.example.com/jobs/42".to_owned(),
        ),
        ("CI_MERGE_REQUEST_IID", "7".to_owned()),
        ("CI_PROJECT_ID", "11".to_owned()),
        ("CI_SERVER_HOST", "gitlab.example.com".to_owned()),
        (
            "WIP_APPLY_ROLE",
            "arn:aws:iam::111122223333:role/apply".to_owned(),
        ),
        ("WIP_NOTE_TOKEN", "token".to_owned()),
        (
            "WIP_PLAN_ROLE",
            "arn:aws:iam::111122223333:role/plan".to_owned(),
        ),
        ("WIP_REGION", "eu-west-1".to_owned()),
    ])
}

/// A variable of the file, with those in it.
fn expanded(text: &str, given: &BTreeMap<&'static str, String>) -> String {
    let mut out = text.to_owned();
    // The longest name first: none is the beginning of another by accident.
    for (name, value) in given.iter().rev() {
        out = out.replace(&format!("${name}"), value);
    }
    assert!(!out.contains('$'), "a variable that is not known: {out}");
    out
}

/// A job that waits before its first apply, and after it.
pub(crate) struct Held<'scope> {
    running: ScopedJoinHandle<'scope, Ended>,
    hold: String,
}

impl<'scope> Held<'scope> {
    /// Starts it; answers when it is about to apply.
    pub(crate) fn start(scope: &'scope Scope<'scope, '_>, mut job: Job<'scope>) -> Self {
        let hold = format!("{}.hold", job.clone.path("").display()).replace("/.", ".");
        job.env.push(("HOLD", hold.clone()));
        let running = scope.spawn(move || job.run());
        let held = Self { running, hold };
        held.is_at("start");
        held
    }

    /// Lets it apply; answers when it has.
    pub(crate) fn apply(&self) {
        self.may("start");
        self.is_at("end");
    }

    /// Lets it do the rest.
    pub(crate) fn end(self) -> Ended {
        self.may("end");
        self.running.join().expect("it ends")
    }

    fn is_at(&self, point: &str) {
        until(point, || {
            let there = fs::exists(format!("{}.is-{point}", self.hold)).expect("a folder");
            assert!(
                there || !self.running.is_finished(),
                "it ended without {point}"
            );
            there.then_some(())
        });
    }

    fn may(&self, point: &str) {
        fs::write(format!("{}.may-{point}", self.hold), "").expect("a file");
    }
}
