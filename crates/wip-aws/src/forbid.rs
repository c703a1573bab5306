//! What no identity may have, whatever the file says: `guardrails.forbid`.

use std::collections::BTreeSet;

use wip_policy::Statement;

/// Checks statements and attached policies against the guardrail.
///
/// An entry is an action or a pattern of actions (`iam:*`; `*` alone means only the action `*`), or the ARN or name of a
/// managed policy.
///
/// # Errors
/// Everything that is forbidden, with the entry that forbids it.
pub(crate) fn check(
    forbid: &BTreeSet<String>,
    statements: &[Statement],
    attachments: &BTreeSet<String>,
) -> Result<(), String> {
    let allowing = statements.iter().filter(|statement| !statement.is_deny());
    let mut found = BTreeSet::new();
    for statement in allowing {
        for action in &statement.action {
            let by = forbid.iter().find(|entry| forbids(entry, action));
            found.extend(by.map(|entry| format!("`{action}` (by `{entry}`)")));
        }
        if !statement.not_action.is_empty() && !forbid.is_empty() {
            found.insert("every action but some (`NotAction`)".to_owned());
        }
    }
    for arn in attachments {
        let by = forbid
            .iter()
            .find(|entry| arn == *entry || arn.rsplit('/').next() == Some(entry));
        found.extend(by.map(|entry| format!("the policy {arn} (by `{entry}`)")));
    }
    match found.is_empty() {
        true => Ok(()),
        false => {
            let found: Vec<String> = found.into_iter().collect();
            Err(format!(
                "guardrails.forbid does not allow {}",
                found.join(", ")
            ))
        }
    }
}

fn forbids(entry: &str, action: &str) -> bool {
    let (entry, action) = (entry.to_ascii_lowercase(), action.to_ascii_lowercase());
    match entry.as_str() {
        "*" => action == "*" || action == "*:*",
        entry => matches(entry, &action) || matches(&action, entry),
    }
}

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

    fn check_action(entry: &str, action: &str) -> bool {
        let statement = Statement::allow([action], ["*"]);
        check(
            &BTreeSet::from([entry.to_owned()]),
            &[statement],
            &BTreeSet::new(),
        )
        .is_err()
    }

    #[test]
    fn an_entry_forbids_what_it_covers_and_what_covers_it() {
        assert!(check_action("iam:*", "iam:PassRole"));
        assert!(check_action("iam:*", "*"));
        assert!(check_action("kms:PutKeyPolicy", "kms:Put*"));
        assert!(check_action("kms:PutKeyPolicy", "KMS:putkeypolicy"));
        assert!(check_action("*", "*"));
        assert!(!check_action("*", "s3:GetObject"));
        assert!(!check_action("iam:*", "s3:*"));
        assert!(!check_action("kms:PutKeyPolicy", "kms:Decrypt"));
    }

    #[test]
    fn wildcards_match_as_in_policies() {
        assert!(matches("arn:aws:s3:::b/*", "arn:aws:s3:::b/prod/*"));
        assert!(!matches("arn:aws:s3:::b/prod/*", "arn:aws:s3:::b/*"));
        assert!(matches("a*c?e", "abbbcde"));
        assert!(!matches("a*c", "abd"));
        assert!(matches("**", ""));
    }
}
