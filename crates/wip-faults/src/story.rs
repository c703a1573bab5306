//! Stories: commands, one after the other, and how they end where nothing disturbs them.

use std::collections::BTreeSet;
use std::fmt;
use std::io;

use wip_sandbox::{Reply, Request, Seed};

use crate::world::{Snapshot, Sum, Treatment, World};

/// Commands on one Space, one after the other.
#[derive(Clone, Debug)]
pub struct Story {
    /// Its name.
    pub name: String,
    /// What is there besides what the Space file takes for granted.
    pub seed: Seed,
    /// What somebody did before, which no seed says.
    pub deeds: Vec<Request>,
    /// What happens.
    pub acts: Vec<Act>,
}

/// One command of a story.
#[derive(Clone, Debug)]
pub struct Act {
    /// Its name.
    pub name: &'static str,
    /// The Space file.
    pub space: String,
    /// The command and its options.
    pub words: &'static [&'static str],
}

const PLAN: &[&str] = &["plan"];
const APPLY: &[&str] = &[
    "apply",
    "--auto-approve",
    "--allow-revokes=99",
    "--allow-interruption",
];
const DESTROY: &[&str] = &["destroy", "--auto-approve"];

impl Story {
    /// Plan, apply, change, apply, destroy.
    pub fn of(name: &str, seed: Seed, space: &str, changed: &str) -> Self {
        let act = |name, space: &str, words| Act {
            name,
            space: space.to_owned(),
            words,
        };
        Self {
            name: name.to_owned(),
            seed,
            deeds: Vec::new(),
            acts: vec![
                act("plan", space, PLAN),
                act("apply", space, APPLY),
                act("plan again", space, PLAN),
                act("change", changed, APPLY),
                act("destroy", changed, DESTROY),
            ],
        }
    }
}

/// A call, named so that the same one can be found in the next run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The service: `iam`.
    pub service: String,
    /// The operation: `CreateRole`.
    pub operation: String,
    /// Which call of it, from 1.
    pub nth: u64,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            operation,
            nth,
        } = self;
        write!(f, "{service}:{operation} {nth}")
    }
}

/// An act that nothing disturbed.
pub struct Stage {
    /// What happens.
    pub act: Act,
    pub(crate) before: Snapshot,
    pub(crate) was: Sum,
    pub(crate) end: Sum,
    /// Its calls, in the order in which they were made.
    pub calls: Vec<Call>,
}

impl Stage {
    /// Whether the act changes nothing.
    pub(crate) fn only_looks(&self) -> bool {
        self.act.words == PLAN
    }

    /// What undoes the act, and how it ends then: a destroy undoes everything.
    pub(crate) fn undoing(&self) -> Act {
        Act {
            name: "destroy",
            space: self.act.space.clone(),
            words: DESTROY,
        }
    }
}

/// Plays a story undisturbed; the moment of each act.
///
/// # Errors
/// Where an act does not end as it should: then nothing that is disturbed can be judged.
pub fn play(story: &Story) -> io::Result<Vec<Stage>> {
    let world = World::new(&story.seed)?;
    for deed in &story.deeds {
        match world.sandbox.handle(deed) {
            Reply::Answer(answer) if answer.status < 300 => {}
            other => {
                let why = format!("{}: {} {}: {other:?}", story.name, deed.method, deed.path);
                return Err(io::Error::other(why));
            }
        }
    }
    let mut stages = Vec::new();
    let spaces: BTreeSet<&str> = story.acts.iter().map(|act| act.space.as_str()).collect();
    for space in spaces {
        // What the Space files take for granted is there from the start, of the changed one too: control planes, for example.
        world.run(space, PLAN, Treatment::default())?;
    }
    for act in &story.acts {
        let (before, was) = (world.snapshot()?, world.sum()?);
        let ended = world.run(&act.space, act.words, Treatment::default())?;
        if ended.code != Some(0) {
            return Err(io::Error::other(format!(
                "{}, {}: ends with {:?}\n{}",
                story.name, act.name, ended.code, ended.said
            )));
        }
        let mut calls: Vec<Call> = Vec::new();
        for logged in ended.calls {
            let same =
                |call: &&Call| call.service == logged.service && call.operation == logged.operation;
            let nth = calls.iter().filter(same).count() as u64 + 1;
            calls.push(Call {
                service: logged.service,
                operation: logged.operation,
                nth,
            });
        }
        stages.push(Stage {
            act: act.clone(),
            before,
            was,
            end: world.sum()?,
            calls,
        });
    }
    Ok(stages)
}
