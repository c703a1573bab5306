//! What an account holds only so many of, and whether what the plan makes fits.
//!
//! Owns the count of a whole plan: what one resource alone is too large for is its kind's to say.

use std::collections::BTreeMap;

use super::decision::Decision;
use crate::{Address, Note, Step};

/// From here on, in hundredths of what fits, a reader should know: time enough to ask for more.
const NEARLY: usize = 80;

/// Something that an account holds only so many of.
#[derive(Clone, Debug)]
pub struct Room {
    /// The cloud of the account: `aws`.
    pub cloud: String,
    /// The account, subscription or project.
    pub account: String,
    /// What is counted, in the plural: `IAM roles`.
    pub what: &'static str,
    /// How many there are, ours and others'; or why that is not known.
    pub used: Result<usize, String>,
    /// How many fit.
    pub most: usize,
    /// What helps where they do not.
    pub ways_out: String,
    /// How many more a step makes.
    pub takes: fn(&Step) -> usize,
}

impl Room {
    fn taken_by(&self, decision: &Decision) -> usize {
        let Decision::Steps(steps) = decision else {
            return 0;
        };
        let here = steps
            .iter()
            .filter(|step| step.place.cloud == self.cloud && step.place.account == self.account);
        here.map(self.takes).sum()
    }
}

/// Blocks everything that takes of a room which would not be enough, and says where one is nearly full.
///
/// What the plan deletes is not counted: nothing says that it is deleted before something else is made.
pub(super) fn limit(decisions: &mut BTreeMap<Address, Decision>, rooms: &[Room]) -> Vec<Note> {
    rooms
        .iter()
        .filter_map(|room| within(decisions, room))
        .collect()
}

fn within(decisions: &mut BTreeMap<Address, Decision>, room: &Room) -> Option<Note> {
    let taking = decisions.iter_mut().map(|(_, decision)| {
        let takes = room.taken_by(decision);
        (decision, takes)
    });
    let taking: Vec<(&mut Decision, usize)> = taking.filter(|(_, takes)| *takes > 0).collect();
    let takes: usize = taking.iter().map(|(_, takes)| takes).sum();
    if takes == 0 {
        return None;
    }
    let Room {
        account,
        what,
        most,
        ways_out,
        ..
    } = room;
    let note = |text| Note {
        code: "WIP0306".to_owned(),
        address: None,
        text,
        of_change: false,
    };
    let used = match &room.used {
        Ok(used) => used + takes,
        Err(why) => {
            return Some(note(format!(
                "whether {takes} more {what} fit account {account} was not checked: {why}"
            )));
        }
    };
    if used > *most {
        for (decision, _) in taking {
            *decision = Decision::Blocked(format!(
                "{used} of {most} {what} of account {account} would be used; {ways_out}"
            ));
        }
        return None;
    }
    (used * 100 >= most * NEARLY).then(|| {
        note(format!(
            "{used} of {most} {what} of account {account} will be used; {ways_out}"
        ))
    })
}
