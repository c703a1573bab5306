//! Whether something matches: yes, no, or not to be said.
//!
//! Not here: what follows from not knowing; that is for whoever allows or denies.

use std::ops::Not;

/// Yes, no, or unsure: an operator that nobody knows, a value that is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Yes,
    No,
    Unsure,
}

impl Match {
    /// Both must match.
    pub(super) fn and(self, other: Match) -> Match {
        match (self, other) {
            (Match::No, _) | (_, Match::No) => Match::No,
            (Match::Yes, Match::Yes) => Match::Yes,
            _ => Match::Unsure,
        }
    }

    /// One is enough.
    pub(super) fn or(self, other: Match) -> Match {
        !(!self).and(!other)
    }

    /// All must match; yes where there are none.
    pub(super) fn all(matches: impl IntoIterator<Item = Match>) -> Match {
        let mut all = Match::Yes;
        for one in matches {
            all = all.and(one);
            if all == Match::No {
                break;
            }
        }
        all
    }

    /// One must match; no where there are none.
    pub(super) fn any(matches: impl IntoIterator<Item = Match>) -> Match {
        let mut any = Match::No;
        for one in matches {
            any = any.or(one);
            if any == Match::Yes {
                break;
            }
        }
        any
    }
}

impl Not for Match {
    type Output = Match;
    fn not(self) -> Match {
        match self {
            Match::Yes => Match::No,
            Match::No => Match::Yes,
            Match::Unsure => Match::Unsure,
        }
    }
}

impl From<bool> for Match {
    fn from(yes: bool) -> Match {
        if yes { Match::Yes } else { Match::No }
    }
}
