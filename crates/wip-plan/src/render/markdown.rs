//! A plan as a comment on a pull request.
//!
//! Owns the summary, the table of grants and revokes, and the fence around the text.
//! Values stand in code spans and in a fence that they cannot break out of.

use std::collections::{BTreeMap, BTreeSet};

use super::Options;
use super::text::{counts, text};
use super::words::{clean, cut};
use crate::{Grant, KindInfo, Plan};

/// How many rows a table shows.
const ROWS: usize = 50;

/// How many bytes of the text plan are shown: GitHub takes comments of 65,536 characters.
const TEXT: usize = 30_000;

/// How many characters of one reason are shown.
const REASON: usize = 400;

/// `plan` as GitHub-flavoured Markdown, under `heading`.
pub fn markdown(plan: &Plan, heading: &str, kinds: &BTreeMap<&'static str, KindInfo>) -> String {
    let mut out = format!("### {}\n\n{}\n", code(heading), counts(plan.counts()));
    table(plan, &mut out);
    if !plan.blocked.is_empty() {
        out += "\n**Blocked**\n\n";
    }
    for blocked in plan.blocked.iter().take(ROWS) {
        out += &format!(
            "- {}: {}\n",
            code(&blocked.address.to_string()),
            code(&cut(blocked.reason.clone(), REASON))
        );
    }
    more(plan.blocked.len(), &mut out);

    let text = shortened(&text(plan, heading, kinds, Options::default()));
    let fence = "`".repeat(3.max(longest_run(&text, '`') + 1));
    out += &format!(
        "\n<details><summary>The plan</summary>\n\n{fence}text\n{text}{fence}\n\n</details>\n"
    );
    out
}

fn table(plan: &Plan, out: &mut String) {
    let granted = plan.grants.iter().map(|grant| ("gains", grant));
    let revoked = plan.revokes.iter().map(|grant| ("loses", grant));
    let all: Vec<(&str, &Grant)> = revoked.chain(granted).collect();
    if all.is_empty() {
        return;
    }
    // Where all are of one cluster, nobody needs to read its issuer with each.
    let vouching: BTreeSet<&str> = all.iter().map(|(_, grant)| grant.at.as_str()).collect();
    let who = |grant: &Grant| match vouching.len() > 1 && !grant.at.is_empty() {
        true => format!("{} of {}", code(&grant.who), code(&grant.at)),
        false => code(&grant.who),
    };
    *out += "\n| who | | may | on | through |\n|---|---|---|---|---|\n";
    for (what, grant) in all.iter().take(ROWS) {
        *out += &format!(
            "| {} | {what} | {} | {} | {} |\n",
            who(grant),
            code(&grant.verb),
            code(&grant.on),
            code(&grant.via.to_string())
        );
    }
    more(all.len(), out);
}

fn more(count: usize, out: &mut String) {
    if count > ROWS {
        *out += &format!("\n… and {} more\n", count - ROWS);
    }
}

/// A code span, in which neither Markdown nor HTML means anything. What could end it, or the
/// cell of a table around it, is escaped; so nothing needs a longer fence.
fn code(text: &str) -> String {
    let text = clean(text).replace('`', "\\u{60}").replace('|', "\\u{7c}");
    match text.trim().is_empty() {
        true => "``  ``".to_owned(),
        false => format!("`{text}`"),
    }
}

fn longest_run(text: &str, of: char) -> usize {
    let runs = text.split(|c| c != of).map(str::len);
    runs.max().unwrap_or(0)
}

/// The first lines of `text`, and how many are left out.
fn shortened(text: &str) -> String {
    if text.len() <= TEXT {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut lines = text.lines();
    for line in lines.by_ref() {
        if kept.len() + line.len() > TEXT {
            break;
        }
        kept += line;
        kept.push('\n');
    }
    let left = 1 + lines.count();
    format!("{kept}… and {left} more lines; wip plan shows all\n")
}
