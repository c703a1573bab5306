//! Lists that come in pages: IAM's `IsTruncated` and `Marker`.
//!
//! Owns when a list is complete, and what an answer is worth that does not say so.

use wip_provider::{Class, CloudError};

/// Pages that one list has at most: IAM holds no list as long as that, even at one entry a page.
///
/// Source: "IAM and AWS STS quotas", IAM User Guide: 5,000 roles an account at most.
const PAGES: usize = 5_000;

/// Where a list goes on.
pub(crate) struct Pages {
    call: &'static str,
    marker: Option<String>,
    seen: usize,
}

impl Pages {
    /// Before the first page; `call` names the list in errors.
    pub(crate) fn of(call: &'static str) -> Self {
        Self {
            call,
            marker: None,
            seen: 0,
        }
    }

    /// The call that lists.
    pub(crate) fn call(&self) -> &'static str {
        self.call
    }

    /// What to ask the next page with.
    pub(crate) fn marker(&self) -> Option<String> {
        self.marker.clone()
    }

    /// Takes note of a page; whether another one follows.
    ///
    /// # Errors
    /// `Final` where the list goes on but not how, begins anew, or never ends: half a list must not pass for the whole.
    pub(crate) fn more(
        &mut self,
        is_truncated: bool,
        marker: Option<String>,
    ) -> Result<bool, CloudError> {
        if !is_truncated {
            return Ok(false);
        }
        self.seen += 1;
        let marker = marker.filter(|marker| !marker.is_empty());
        let wrong = match &marker {
            None => "says that there is more, without a marker to ask for it with",
            Some(_) if marker == self.marker => "says the same marker again, so it never ends",
            Some(_) if self.seen >= PAGES => "does not end",
            Some(_) => {
                self.marker = marker;
                return Ok(true);
            }
        };
        let words = format!("the list {wrong} (page {})", self.seen);
        Err(CloudError::local(Class::Final, self.call, words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(answer: Result<bool, CloudError>) -> String {
        let error = answer.expect_err("no whole list");
        assert_eq!(error.class, Class::Final);
        error.to_string()
    }

    #[test]
    fn a_list_goes_on_until_it_says_that_it_ends() {
        let mut pages = Pages::of("iam:ListRoles");
        assert_eq!(pages.marker(), None);
        assert_eq!(pages.more(true, Some("a".to_owned())), Ok(true));
        assert_eq!(pages.marker().as_deref(), Some("a"));
        assert_eq!(pages.more(true, Some("b".to_owned())), Ok(true));
        assert_eq!(pages.more(false, Some("c".to_owned())), Ok(false));
    }

    #[test]
    fn half_a_list_is_no_list() {
        let without = why(Pages::of("iam:ListRoles").more(true, None));
        assert!(without.contains("without a marker"), "{without}");
        let empty = why(Pages::of("iam:ListRoles").more(true, Some(String::new())));
        assert!(empty.contains("without a marker"), "{empty}");
        let mut pages = Pages::of("iam:ListRoles");
        assert_eq!(pages.more(true, Some("a".to_owned())), Ok(true));
        let again = why(pages.more(true, Some("a".to_owned())));
        assert!(again.contains("the same marker again"), "{again}");
    }

    #[test]
    fn a_list_that_does_not_end_is_given_up() {
        let mut pages = Pages::of("iam:ListRoles");
        let turn = |n: usize| Some(format!("{}", n % 2));
        let ended = (0..=PAGES).find_map(|n| pages.more(true, turn(n)).err());
        let error = ended.expect("given up");
        assert!(error.to_string().contains("does not end"), "{error}");
    }
}
