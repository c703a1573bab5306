//! A plan as people read it.
//!
//! Owns the layout; what is said of a step is `rows`'.

use std::collections::{BTreeMap, BTreeSet};

use super::documents::unified;
use super::mask::masked;
use super::rows::{Row, rows, word};
use super::words::clean;
use super::{Options, Style};
use crate::diff::apply;
use crate::{Action, Address, Counts, KindInfo, Note, Plan, Step};

/// Where the word behind an address stands, unless an address is longer.
const WORD_COLUMN: usize = 69;

/// The narrowest column of labels.
const LABEL_WIDTH: usize = 6;

/// What the parts of one text share.
struct Page<'a> {
    plan: &'a Plan,
    /// What is said beside a step or a block.
    notes: BTreeMap<&'a Address, Vec<&'a Note>>,
    kinds: &'a BTreeMap<&'static str, KindInfo>,
    style: Style,
    verbose: bool,
}

/// `plan` as text, with a final newline, under `heading`, a line such as
/// `prod-eu · 2 control planes · aws 111122223333`.
pub fn text(
    plan: &Plan,
    heading: &str,
    kinds: &BTreeMap<&'static str, KindInfo>,
    options: Options,
) -> String {
    let style = Style::new(options);
    let plan = &masked(plan, kinds);
    let (notes, apart) = notes(plan);
    let page = Page {
        plan,
        notes,
        kinds,
        style,
        verbose: options.verbose,
    };
    let mut out = format!("{}\n", style.paint(style.bold, &clean(heading)));

    let addresses = plan.steps.iter().map(|step| shown(&step.address));
    let widest = addresses.map(|address| address.chars().count() + 2).max();
    let column = WORD_COLUMN.max(widest.unwrap_or(0) + 2);
    for (i, step) in plan.steps.iter().enumerate() {
        out += if i == 0 { "\n" } else { "" };
        head(step, column, style, &mut out);
        body(&page, step, &mut out);
    }
    if !plan.blocked.is_empty() {
        out += &format!("\n{}\n", style.paint(style.bold, "blocked"));
    }
    for blocked in &plan.blocked {
        out += &format!(
            "{} {}\n    {}\n",
            style.by_sign("!", "!"),
            shown(&blocked.address),
            clean(&blocked.reason)
        );
        for step in &blocked.held {
            body(&page, step, &mut out);
        }
        for note in page
            .notes_of(&blocked.address)
            .filter(|_| blocked.held.is_empty())
        {
            out += &format!("    {}\n", clean(&note.text));
        }
    }
    if !apart.is_empty() {
        out.push('\n');
    }
    for note in apart {
        let about = note.address.as_ref().map(shown);
        let about = about.map(|about| format!("{about}: ")).unwrap_or_default();
        let code = format!("note[{}]", clean(&note.code));
        let code = style.paint(style.change, &code);
        out += &format!("{code} {about}{}\n", clean(&note.text));
    }

    out += &format!("\n{}\n", style.paint(style.bold, &counts(plan.counts())));
    if !plan.grants.is_empty() || !plan.revokes.is_empty() {
        out += &format!(
            "grants {} · revokes {}\n",
            plan.grants.len(),
            plan.revokes.len()
        );
    }
    out
}

/// `1 to create · 2 to update · …`; what is rare is shown where there is some.
pub(super) fn counts(counts: Counts) -> String {
    let always = [
        (counts.create, "to create"),
        (counts.update, "to update"),
        (counts.replace, "to replace"),
        (counts.delete, "to delete"),
    ];
    let rare = [(counts.adopt, "to adopt"), (counts.forget, "to forget")];
    let rare = rare.into_iter().filter(|(count, _)| *count > 0);
    let blocked = Some((counts.blocked, "blocked")).filter(|(count, _)| *count > 0);
    let words: Vec<String> = always
        .into_iter()
        .chain(rare)
        .chain([(counts.unchanged, "unchanged")])
        .chain(blocked)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    words.join(" · ")
}

fn head(step: &Step, column: usize, style: Style, out: &mut String) {
    let sign = match step.action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Delete => "-",
        Action::Adopt => "=",
        Action::Forget => "·",
    };
    let address = shown(&step.address);
    let word = word(step);
    *out += &style.by_sign(sign, sign);
    *out += " ";
    if word.is_empty() {
        *out += &address;
    } else {
        let width = column - 2;
        *out += &format!("{address:width$}{}", style.paint(style.dim, &word));
    }
    out.push('\n');
}

fn body(page: &Page<'_>, step: &Step, out: &mut String) {
    let info = page.kinds.get(step.address.kind());
    let mut rows = rows(step, info, page.verbose);
    let last_half = !(step.replace && step.action == Action::Delete);
    for note in page.notes_of(&step.address).filter(|_| last_half) {
        rows.push(Row {
            label: String::new(),
            sign: "",
            body: clean(&note.text),
        });
    }
    let labels = rows.iter().map(|row| row.label.chars().count());
    let width = labels.max().unwrap_or(0).max(LABEL_WIDTH);
    let mut above: Option<&str> = None;
    for row in &rows {
        let repeated = above == Some(&row.label);
        let label = if repeated { "" } else { row.label.as_str() };
        let sign = match row.sign {
            "" => String::new(),
            sign => format!("{} ", page.style.by_sign(sign, sign)),
        };
        *out += &format!("    {label:width$} {sign}{}\n", row.body);
        above = Some(&row.label);
    }
    if page.verbose {
        documents(page, step, out);
    }
}

fn documents(page: &Page<'_>, step: &Step, out: &mut String) {
    let before = match step.action {
        // The live document of a replacement stands at its other half.
        Action::Create if step.replace => page
            .plan
            .steps
            .iter()
            .find(|other| other.address == step.address && other.action == Action::Delete)
            .and_then(|delete| delete.before.as_ref()),
        Action::Delete if step.replace => return,
        _ => step.before.as_ref(),
    };
    let edited = before.map(|before| apply(before, &step.edits));
    let after = match step.action {
        Action::Create => step.after.as_ref(),
        Action::Update | Action::Adopt => edited.as_ref(),
        Action::Delete | Action::Forget => None,
    };
    for line in unified(before, after, &[]).lines() {
        let sign = line.get(..1).unwrap_or_default();
        let line = match sign {
            "+" | "-" => page.style.by_sign(sign, line),
            "@" => page.style.paint(page.style.dim, line),
            _ => line.to_owned(),
        };
        *out += &format!("    {line}\n");
    }
}

fn shown(address: &Address) -> String {
    clean(&address.to_string())
}

/// The notes beside a step or a block, and those that stand apart.
fn notes(plan: &Plan) -> (BTreeMap<&Address, Vec<&Note>>, Vec<&Note>) {
    let steps = plan.steps.iter().map(|step| &step.address);
    let blocked = plan.blocked.iter().map(|blocked| &blocked.address);
    let shown: BTreeSet<&Address> = steps.chain(blocked).collect();
    let (mut beside, mut apart) = (BTreeMap::<_, Vec<_>>::new(), Vec::new());
    for note in &plan.notes {
        match note.address.as_ref().filter(|about| shown.contains(about)) {
            Some(about) => beside.entry(about).or_default().push(note),
            None => apart.push(note),
        }
    }
    (beside, apart)
}

impl Page<'_> {
    fn notes_of(&self, address: &Address) -> impl Iterator<Item = &Note> {
        self.notes.get(address).into_iter().flatten().copied()
    }
}
