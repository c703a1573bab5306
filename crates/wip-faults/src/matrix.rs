//! The matrix: every call of a story in every class of fault.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::sync::Mutex;

use crate::bug::Bug;
use crate::cell::Cell;
use crate::class::{CLASSES, Class};
use crate::story::{Call, Stage, Story, play};

/// What came of many cells.
#[derive(Debug, Default)]
pub struct Table {
    /// `iam:CreateRole` → name of the class → cells that were tried, and of those the wrong ones.
    cells: BTreeMap<String, BTreeMap<&'static str, (usize, usize)>>,
    /// What is wrong, in words.
    pub wrong: Vec<String>,
}

/// Which cells are tried.
pub type Filter<'a> = &'a (dyn Fn(&Stage, &Call, Class) -> bool + Sync);

/// All of them.
pub fn all(_: &Stage, _: &Call, _: Class) -> bool {
    true
}

/// Tries the cells of a story that `filter` lets through.
///
/// # Errors
/// Where the story does not work undisturbed.
pub fn run(story: &Story, bug: Option<Bug>, filter: Filter<'_>) -> io::Result<Table> {
    let stages = play(story)?;
    let Some(last) = stages.last() else {
        return Ok(Table::default());
    };
    let mut cells = Vec::new();
    for stage in &stages {
        for call in &stage.calls {
            let tried = CLASSES
                .into_iter()
                .filter(|class| filter(stage, call, *class));
            cells.extend(tried.map(|class| Cell {
                stage,
                call,
                class,
                bug,
                nothing: &last.end,
            }));
        }
    }
    Ok(Table::of(&story.name, &cells))
}

impl Table {
    fn of(story: &str, cells: &[Cell<'_>]) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let todo = Mutex::new(cells.iter());
        let table = Mutex::new(Self::default());
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    loop {
                        let next = todo.lock().map(|mut todo| todo.next());
                        let Ok(Some(cell)) = next else { break };
                        let verdict = cell.try_it();
                        if let Ok(mut table) = table.lock() {
                            table.add(story, cell, verdict.err());
                        }
                    }
                });
            }
        });
        table
            .into_inner()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn add(&mut self, story: &str, cell: &Cell<'_>, wrong: Option<String>) {
        let row = format!("{}:{}", cell.call.service, cell.call.operation);
        let count = self.cells.entry(row).or_default();
        let count = count.entry(cell.class.name).or_default();
        count.0 += 1;
        count.1 += usize::from(wrong.is_some());
        self.wrong
            .extend(wrong.map(|wrong| format!("{story}, {wrong}")));
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (row, counts) in other.cells {
            let mine = self.cells.entry(row).or_default();
            for (class, (tried, wrong)) in counts {
                let count = mine.entry(class).or_default();
                count.0 += tried;
                count.1 += wrong;
            }
        }
        self.wrong.extend(other.wrong);
        self
    }

    /// How many cells were tried.
    pub fn tried(&self) -> usize {
        let counts = self.cells.values().flat_map(BTreeMap::values);
        counts.map(|(tried, _)| tried).sum()
    }

    /// A Markdown table: operations × classes, each with the number of its cells.
    pub fn markdown(&self) -> String {
        let mut text = String::from("| operation |");
        for class in CLASSES {
            // Writing to a text cannot fail.
            let _ = write!(text, " {} |", class.name);
        }
        text.push_str("\n|---|");
        text.push_str(&"--:|".repeat(CLASSES.len()));
        for (row, counts) in &self.cells {
            let _ = write!(text, "\n| `{row}` |");
            for class in CLASSES {
                let _ = match counts.get(class.name) {
                    None => write!(text, " |"),
                    Some((tried, 0)) => write!(text, " {tried} |"),
                    Some((tried, wrong)) => write!(text, " **{wrong} of {tried} wrong** |"),
                };
            }
        }
        text.push('\n');
        text
    }
}
