//! A statement in words, one line, for plans.
//!
//! Not here: grants (what a whole document lets somebody do).

use std::collections::BTreeSet;

use crate::{Principals, Statement, UnknownStatement};

impl Statement {
    /// One line such as `Allow s3:GetObject, s3:PutObject on arn:…`, `Deny * on * when DateLessThan
    /// aws:TokenIssueTime …`, or `Allow sts:AssumeRole by AWS arn:…`. Nothing is left out; control characters are
    /// escaped, so that a foreign policy cannot write to the reader's terminal.
    pub fn summary(&self) -> String {
        let mut words = vec![self.effect.name().to_owned()];
        words.push(match (self.action.is_empty(), self.not_action.is_empty()) {
            (_, false) if !self.action.is_empty() => {
                format!(
                    "{} and everything but {}",
                    list(&self.action),
                    list(&self.not_action)
                )
            }
            (_, false) => format!("everything but {}", list(&self.not_action)),
            (true, true) => "no action".to_owned(),
            (false, true) => list(&self.action),
        });
        words.extend(
            self.principal
                .as_ref()
                .map(|who| format!("by {}", who_is(who))),
        );
        words.extend(
            self.not_principal
                .as_ref()
                .map(|who| format!("by everyone but {}", who_is(who))),
        );
        if !self.resource.is_empty() {
            words.push(format!("on {}", list(&self.resource)));
        }
        if !self.not_resource.is_empty() {
            words.push(format!("on everything but {}", list(&self.not_resource)));
        }
        let conditions: Vec<String> = self
            .condition
            .iter()
            .flat_map(|(operator, keys)| {
                keys.iter()
                    .map(move |(key, values)| format!("{} {} {}", operator, key, values_of(values)))
            })
            .collect();
        if !conditions.is_empty() {
            words.push(format!("when {}", conditions.join(" and ")));
        }
        visible(&words.join(" "))
    }
}

impl UnknownStatement {
    /// One line: that it is not understood, and its JSON.
    pub fn summary(&self) -> String {
        visible(&format!("not understood: {}", self.to_json()))
    }
}

fn list(names: &BTreeSet<String>) -> String {
    names
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

fn values_of(values: &BTreeSet<String>) -> String {
    values
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" or ")
}

fn who_is(principals: &Principals) -> String {
    match principals {
        Principals::Anyone => "anyone".to_owned(),
        Principals::Of(map) => map
            .iter()
            .map(|(kind, names)| format!("{kind} {}", list(names)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn visible(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() {
                c.escape_default().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}
