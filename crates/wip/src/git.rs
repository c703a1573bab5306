//! What git knows of a state in a folder: whether somebody else has changed it, and whether it is
//! committed.
//!
//! Owns the questions to `git`, which all stay on this machine: nothing is fetched, nothing is
//! written.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The folder of a state, in a work tree of git that does not ignore it.
pub(crate) struct Tracked {
    top: PathBuf,
    /// Of the folder, from the top.
    path: String,
}

/// How git answers a question.
enum Said {
    Yes(String),
    No(String),
}

impl Tracked {
    /// Of `folder`, which need not be there yet; `None` where git has nothing to do with it.
    ///
    /// # Errors
    /// What git says where it cannot look at the repository in which the folder is.
    pub(crate) fn of(folder: &Path) -> Result<Option<Self>, String> {
        let Ok(folder) = std::path::absolute(folder) else {
            return Ok(None);
        };
        let Some(there) = folder.ancestors().find(|above| above.is_dir()) else {
            return Ok(None);
        };
        // Git prints the real path: so must be what is looked for below it.
        let Ok(real) = there.canonicalize() else {
            return Ok(None);
        };
        let top = match ask(&real, &["rev-parse", "--show-toplevel"]) {
            Ok(Said::Yes(top)) => PathBuf::from(top),
            Ok(Said::No(why)) if why.contains("not a git repository") => return Ok(None),
            // Inside of `.git`, or in a repository without a work tree.
            Ok(Said::No(why)) if why.contains("must be run in a work tree") => return Ok(None),
            Ok(Said::No(why)) => return Err(why),
            Err(error) if real.ancestors().any(|above| above.join(".git").exists()) => {
                return Err(format!("git cannot be run: {error}"));
            }
            Err(_) => return Ok(None),
        };
        let missing = folder.strip_prefix(there).unwrap_or(Path::new(""));
        let path = real.join(missing);
        let Ok(path) = path.strip_prefix(&top) else {
            return Ok(None);
        };
        let Some(path) = path.to_str().map(str::to_owned) else {
            return Ok(None);
        };
        let tracked = Self { top, path };
        let file = format!("{}/state.yaml", tracked.path);
        match tracked.ask(&["check-ignore", "--quiet", &file])? {
            Said::Yes(_) => Ok(None),
            Said::No(why) if why.is_empty() => Ok(Some(tracked)),
            Said::No(why) => Err(why),
        }
    }

    /// Refuses where the upstream branch, as last fetched, has another state than the one that
    /// this work tree builds on.
    pub(crate) fn check_upstream(&self) -> Result<Result<(), Failure>, String> {
        let Some(upstream) = self.commit("@{upstream}")? else {
            return Ok(Ok(()));
        };
        let theirs = self.tree(&upstream)?;
        let Some(head) = self.commit("HEAD")? else {
            return Ok(Ok(()));
        };
        let base = match self.ask(&["merge-base", &head, &upstream])? {
            Said::Yes(base) => base,
            // A shallow clone does not know it.
            Said::No(_) => head.clone(),
        };
        if theirs == self.tree(&base)? || theirs == self.tree(&head)? {
            return Ok(Ok(()));
        }
        let name = match self.ask(&["rev-parse", "--abbrev-ref", "@{upstream}"])? {
            Said::Yes(name) => name,
            Said::No(_) => "the upstream branch".to_owned(),
        };
        let heading = format!(
            "{name} has another {} than this work tree builds on; nothing was done",
            self.path
        );
        let hint = "take it in first (git pull --rebase), then apply; --allow-stale applies all the same, and what the other run made is then repaired by the next";
        Ok(Err(Failure::new("WIP0212", heading, hint)))
    }

    /// Whether something in the folder is not committed.
    pub(crate) fn is_uncommitted(&self) -> Result<bool, String> {
        let path = format!(":(literal){}", self.path);
        // Nobody commits these, whether git was told to ignore them or not.
        let [lock, unfinished] = [".wip-lock", ".wip-state.tmp"]
            .map(|name| format!(":(exclude,literal){}/{name}", self.path));
        let all = "--untracked-files=all";
        let arguments = [
            "status",
            "--porcelain",
            all,
            "--",
            &path,
            &lock,
            &unfinished,
        ];
        match self.ask(&arguments)? {
            Said::Yes(text) => Ok(!text.is_empty()),
            Said::No(why) => Err(why),
        }
    }

    /// The folder, from the top of the work tree.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    fn commit(&self, revision: &str) -> Result<Option<String>, String> {
        let revision = format!("{revision}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", revision.as_str()];
        Ok(match self.ask(&arguments)? {
            Said::Yes(commit) => Some(commit),
            Said::No(_) => None,
        })
    }

    /// What a commit has in the folder: a hash of all of it, `None` for nothing.
    fn tree(&self, commit: &str) -> Result<Option<String>, String> {
        let object = format!("{commit}:{}", self.path);
        let arguments = ["rev-parse", "--verify", "--quiet", object.as_str()];
        Ok(match self.ask(&arguments)? {
            Said::Yes(tree) => Some(tree),
            Said::No(_) => None,
        })
    }

    fn ask(&self, arguments: &[&str]) -> Result<Said, String> {
        ask(&self.top, arguments).map_err(|error| format!("git cannot be run: {error}"))
    }
}

fn ask(folder: &Path, arguments: &[&str]) -> std::io::Result<Said> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("LC_ALL", "C")
        // Set by a hook of git that runs wip, for a repository that may be another one.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        // To look must not take locks that another git waits for.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(if output.status.success() {
        Said::Yes(text(&output.stdout))
    } else {
        Said::No(text(&output.stderr))
    })
}
