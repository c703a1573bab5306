//! Patterns of policies: wildcards and policy variables, matched at a bounded cost.
//!
//! Sources: "IAM JSON policy elements: Resource" (wildcards, segments of an ARN) and "IAM policy elements: Variables
//! and tags" in the IAM user guide.
//! Not here: which elements may have wildcards or variables.

use std::cell::Cell;
use std::iter::Peekable;
use std::str::Chars;

use super::Context;
use super::certainty::Match;

/// How many steps of matching one evaluation may take. The largest policies that AWS takes need a small part of it.
const STEPS: u64 = 20_000_000;

/// What is left of the steps of one evaluation.
pub(super) struct Fuel(Cell<u64>);

impl Default for Fuel {
    fn default() -> Fuel {
        Fuel(Cell::new(STEPS))
    }
}

impl Fuel {
    /// Takes so many steps; false where there are not as many left.
    fn burn(&self, steps: usize) -> bool {
        let left = self.0.get().checked_sub(steps as u64);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// Exactly this character.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any characters.
    Many,
    /// `*` inside a segment of an ARN: any characters but colons.
    ManyInSegment,
}

/// A text to match others with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

/// Which characters are wildcards, and whether `${…}` is a variable.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) wildcards: bool,
    /// Where variables get their values; `None` where `${…}` is plain text.
    pub(super) variables: Option<&'a Context>,
}

impl Pattern {
    /// A text without variables in which `*` and `?` are wildcards.
    pub(super) fn wild(text: &str) -> Pattern {
        let reading = Reading {
            wildcards: true,
            variables: None,
        };
        Pattern::read(text, reading).unwrap_or(Pattern(Vec::new()))
    }

    /// Reads a text; `None` where a variable has no value, so that nothing is equal to it or like it.
    pub(super) fn read(text: &str, reading: Reading<'_>) -> Option<Pattern> {
        let mut tokens = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '*' if reading.wildcards => tokens.push(Token::Many),
                '?' if reading.wildcards => tokens.push(Token::One),
                '$' if chars.peek() == Some(&'{') => match (reading.variables, name(&chars)) {
                    (Some(context), Some((name, rest))) => {
                        tokens.extend(value(&name, context)?.chars().map(Token::Char));
                        chars = rest;
                    }
                    _ => tokens.push(Token::Char(c)),
                },
                _ => tokens.push(Token::Char(c)),
            }
        }
        Some(Pattern(tokens))
    }

    /// Reads the ARN of a `Resource`: variables only behind the fifth colon, and a `*` before it stays in its segment
    /// unless it is the last character of it.
    pub(super) fn resource(text: &str, variables: Option<&Context>) -> Option<Pattern> {
        let Some((fifth, _)) = text.match_indices(':').nth(4) else {
            return Some(Pattern::wild(text));
        };
        let (head, tail) = text.split_at(fifth + 1);
        let mut tokens = Pattern::wild(head).0;
        for at in 0..tokens.len() {
            let ends_segment = tokens.get(at + 1) == Some(&Token::Char(':'));
            if tokens[at] == Token::Many && !ends_segment {
                tokens[at] = Token::ManyInSegment;
            }
        }
        let reading = Reading {
            wildcards: true,
            variables,
        };
        tokens.extend(Pattern::read(tail, reading)?.0);
        Some(Pattern(tokens))
    }

    /// The same pattern in lower case.
    pub(super) fn lowercase(self) -> Pattern {
        let lower = |token| match token {
            Token::Char(c) => c.to_lowercase().map(Token::Char).collect::<Vec<_>>(),
            other => vec![other],
        };
        Pattern(self.0.into_iter().flat_map(lower).collect())
    }

    /// Whether the whole text matches; unsure where the fuel does not last.
    ///
    /// Keeps all places of the pattern that the text so far can have reached, so that the cost is at most the
    /// product of both lengths.
    pub(super) fn matches(&self, text: &str, fuel: &Fuel) -> Match {
        let tokens = &self.0;
        let mut places = Vec::new();
        reach(tokens, &mut places, 0);
        for c in text.chars() {
            if !fuel.burn(places.len() + 1) {
                return Match::Unsure;
            }
            let mut next = Vec::new();
            for &place in &places {
                match tokens.get(place) {
                    Some(Token::Char(want)) if *want == c => reach(tokens, &mut next, place + 1),
                    Some(Token::One) => reach(tokens, &mut next, place + 1),
                    Some(Token::Many) => reach(tokens, &mut next, place),
                    Some(Token::ManyInSegment) if c != ':' => reach(tokens, &mut next, place),
                    _ => {}
                }
            }
            if next.is_empty() {
                return Match::No;
            }
            places = next;
        }
        (places.last() == Some(&tokens.len())).into()
    }
}

/// Adds a place, and those behind it that need no character. Places come in rising order, so the last tells whether
/// one is there already.
fn reach(tokens: &[Token], places: &mut Vec<usize>, mut place: usize) {
    loop {
        if places.last().is_none_or(|last| *last < place) {
            places.push(place);
        }
        match tokens.get(place) {
            Some(Token::Many | Token::ManyInSegment) => place += 1,
            _ => return,
        }
    }
}

/// What stands between the braces, and what follows them; `None` where they do not close.
fn name<'a>(chars: &Peekable<Chars<'a>>) -> Option<(String, Peekable<Chars<'a>>)> {
    let mut rest = chars.clone();
    rest.next();
    let mut name = String::new();
    loop {
        match rest.next()? {
            '}' => return Some((name, rest)),
            c => name.push(c),
        }
    }
}

/// The value of a variable: a character that is special, the one value of a key, or the default.
fn value(name: &str, context: &Context) -> Option<String> {
    if let "*" | "?" | "$" = name {
        return Some(name.to_owned());
    }
    let (key, default) = match name.split_once(',') {
        Some((key, default)) => (key, Some(default)),
        None => (name, None),
    };
    if let Some([only]) = context.get(key.trim()) {
        return Some(only.clone());
    }
    let default = default?.trim();
    let default = default.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(default.to_owned())
}
