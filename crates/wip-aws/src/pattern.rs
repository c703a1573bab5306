//! Patterns of policies: `*` and `?`.

/// Whether `text` matches `pattern`, where `*` stands for any text and `?` for one character; a `*` in `text` counts as a
/// plain character, so a pattern matches another one when it covers all of it.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                last_star = Some((p, t));
                p += 1;
            }
            Some('?') => (p, t) = (p + 1, t + 1),
            Some(c) if *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match last_star {
                Some((star, from)) => {
                    last_star = Some((star, from + 1));
                    (p, t) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_in_policies() {
        assert!(matches("arn:aws:s3:::b/*", "arn:aws:s3:::b/prod/*"));
        assert!(!matches("arn:aws:s3:::b/prod/*", "arn:aws:s3:::b/*"));
        assert!(matches("a*c?e", "abbbcde"));
        assert!(!matches("a*c", "abd"));
        assert!(matches("**", ""));
    }
}
