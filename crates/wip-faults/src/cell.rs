//! One cell: one call of one act in one class of fault, the command again, and the judgement.

use std::io;

use crate::bug::Bug;
use crate::class::Class;
use crate::story::{Call, Stage};
use crate::world::{Ended, Sum, Treatment, World};

/// One call that is disturbed.
#[derive(Clone, Copy)]
pub struct Cell<'a> {
    /// The act.
    pub stage: &'a Stage,
    /// The call of it.
    pub call: &'a Call,
    /// What happens to the call.
    pub class: Class,
    /// What is wrong with wip, on purpose.
    pub bug: Option<Bug>,
    /// How a destroy of everything ends.
    pub(crate) nothing: &'a Sum,
}

/// What is wrong, with what the commands said.
pub type Verdict = Result<(), String>;

impl Cell<'_> {
    /// Tries it.
    ///
    /// # Errors
    /// What is wrong.
    pub fn try_it(&self) -> Verdict {
        self.disturbed(false).map_err(|wrong| self.name(&wrong))?;
        // A run that died need not be run again: somebody may want nothing of it any more.
        if self.class.kills() && !self.stage.only_looks() {
            self.disturbed(true)
                .map_err(|wrong| self.name(&format!("then destroyed: {wrong}")))?;
        }
        Ok(())
    }

    fn name(&self, wrong: &str) -> String {
        let (act, call, class) = (self.stage.act.name, self.call, self.class.name);
        format!("{act}, {call}, {class}: {wrong}")
    }

    fn disturbed(&self, undone: bool) -> Verdict {
        let world = World::at(&self.stage.before).map_err(no_world)?;
        let act = &self.stage.act;
        let first = self.first(&world)?;
        self.judge_first(&world, &first)
            .map_err(|wrong| format!("{wrong}\n{}", said(&first)))?;
        let (again, end) = match undone {
            true => (self.stage.undoing(), self.nothing),
            false => (act.clone(), &self.stage.end),
        };
        let how = Treatment {
            bug: self.bug,
            ..Treatment::default()
        };
        let second = world
            .run(&again.space, again.words, how)
            .map_err(no_world)?;
        let found = world.sum().map_err(no_world)?;
        let wrong = match (second.code, end.difference(&found)) {
            (Some(0), None) => return Ok(()),
            (Some(0), Some(difference)) => difference,
            (code, _) => format!("run again, it ends with {code:?}"),
        };
        Err(format!(
            "{wrong}\n{}\n  and again:\n{}",
            said(&first),
            said(&second)
        ))
    }

    /// The command, disturbed.
    fn first(&self, world: &World) -> Result<Ended, String> {
        let act = &self.stage.act;
        let how = Treatment::of(self.class, self.call, self.bug);
        let ended = world.run(&act.space, act.words, how).map_err(no_world)?;
        if let Some(bug) = self.bug.filter(|_| self.class.kills()) {
            bug.forget(&world.states()).map_err(no_world)?;
        }
        Ok(ended)
    }

    /// Whether the disturbed command ended as its documentation says.
    fn judge_first(&self, world: &World, first: &Ended) -> Verdict {
        let found = world.sum().map_err(no_world)?;
        let stage = self.stage;
        match first.code {
            None if self.class.kills() => Ok(()),
            Some(_) if self.class.kills() => Err("it was to die, and did not".to_owned()),
            Some(0) => same(&stage.end, &found, "it says that all is done"),
            Some(code) if self.class.passes() => {
                Err(format!("what passes by itself ends it with {code}"))
            }
            // An error before anything was done, and a plan in which something is blocked.
            Some(1 | 4) if stage.only_looks() => same(&stage.was, &found, "it only looks"),
            Some(1) => same(&stage.was, &found, "it says that nothing was done"),
            // Done and not verified, applied in part, blocked.
            Some(2..=4) if !stage.only_looks() => Ok(()),
            code => Err(format!("it ends with {code:?}")),
        }
    }
}

fn same(wanted: &Sum, found: &Sum, words: &str) -> Verdict {
    match wanted.difference(found) {
        None => Ok(()),
        Some(difference) => Err(format!("{words}: {difference}")),
    }
}

fn said(ended: &Ended) -> String {
    let lines = ended.said.lines();
    lines.map(|line| format!("    {line}\n")).collect()
}

fn no_world(error: io::Error) -> String {
    format!("no world to try it in: {error}")
}
