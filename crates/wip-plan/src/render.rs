//! Plans and documents as people and programs read them.
//!
//! Owns the looks: text, JSON, Markdown, documents. All of them print `(sensitive)` for
//! sensitive fields, and those for people escape what could act on a terminal or a page.
//! Detects no terminal and prints nothing itself.

mod documents;
mod json;
mod markdown;
mod mask;
mod rows;
mod text;
mod words;

pub use documents::{document, unified};
pub use json::json;
pub use markdown::markdown;
pub use rows::changes;
pub use text::text;
pub use words::clean;

/// How a plan is shown as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Colour words, with the sixteen colours that every terminal has.
    pub color: bool,
    /// Add the documents as unified diffs, and fold no list.
    pub verbose: bool,
}

/// What is written around a word to colour it: ECMA-48 SGR sequences, or nothing.
#[derive(Clone, Copy, Debug)]
struct Style {
    add: &'static str,
    remove: &'static str,
    change: &'static str,
    dim: &'static str,
    bold: &'static str,
    reset: &'static str,
}

impl Style {
    fn new(options: Options) -> Self {
        if options.color {
            Self::ANSI
        } else {
            Self::PLAIN
        }
    }

    /// No colour.
    const PLAIN: Self = Self {
        add: "",
        remove: "",
        change: "",
        dim: "",
        bold: "",
        reset: "",
    };

    /// Select Graphic Rendition 0, 1, 2 and 31 to 33.
    const ANSI: Self = Self {
        add: "\u{1b}[32m",
        remove: "\u{1b}[31m",
        change: "\u{1b}[33m",
        dim: "\u{1b}[2m",
        bold: "\u{1b}[1m",
        reset: "\u{1b}[0m",
    };

    /// `text` in the colour of `sign`: `+`, `-`, `!` or another.
    fn by_sign(&self, sign: &str, text: &str) -> String {
        let colour = match sign {
            "+" => self.add,
            "-" | "!" => self.remove,
            "~" | "=" => self.change,
            _ => self.dim,
        };
        self.paint(colour, text)
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        format!("{colour}{text}{}", self.reset)
    }
}

#[cfg(test)]
mod tests;
