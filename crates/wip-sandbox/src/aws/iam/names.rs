//! Names, paths, descriptions, ARNs and numbers of IAM requests: lengths, ranges, characters.
//!
//! Source of every bound and pattern: the input shapes of botocore's model of `iam` (`roleNameType`, `pathType`, …); of the messages: "Common errors" of the IAM API reference and answers quoted in public issue threads.
//! Not here: policy documents (`trust.rs`, `policy_grammar.rs`) and tags (`tags.rs`).

use crate::aws::call::Refusal;
use crate::aws::query::Params;

/// A refusal with HTTP 400 and `ValidationError`.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ValidationError", message)
}

/// The refusal of a member that breaks a constraint of the model.
pub(super) fn constraint(member: &str, what: &str) -> Refusal {
    invalid(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: {what}"
    ))
}

/// The member's name in messages: the parameter's with a small first letter.
fn member(parameter: &str) -> String {
    let mut letters = parameter.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// A parameter that must be there.
pub(super) fn required<'p>(params: &'p Params, parameter: &str) -> Result<&'p str, Refusal> {
    params
        .text(parameter)
        .ok_or_else(|| constraint(&member(parameter), "Member must not be null"))
}

/// Checks a length in characters.
pub(super) fn length(
    parameter: &str,
    text: &str,
    least: usize,
    most: usize,
) -> Result<(), Refusal> {
    let count = text.chars().count();
    if count < least {
        let what = format!("Member must have length greater than or equal to {least}");
        return Err(constraint(&member(parameter), &what));
    }
    if count > most {
        let what = format!("Member must have length less than or equal to {most}");
        return Err(constraint(&member(parameter), &what));
    }
    Ok(())
}

/// A name of `[\w+=,.@-]`, 1 to `most` characters.
fn name<'p>(params: &'p Params, parameter: &str, most: usize) -> Result<&'p str, Refusal> {
    let text = required(params, parameter)?;
    length(parameter, text, 1, most)?;
    if !text.chars().all(is_name_character) {
        return Err(invalid(format!(
            "The specified value for {} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
            member(parameter)
        )));
    }
    Ok(text)
}

/// Whether the character fits `[\w+=,.@-]`.
pub(super) fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}

/// `RoleName`: 1 to 64 characters.
pub(super) fn role_name(params: &Params) -> Result<&str, Refusal> {
    name(params, "RoleName", 64)
}

/// `PolicyName`: 1 to 128 characters.
pub(super) fn policy_name(params: &Params) -> Result<&str, Refusal> {
    name(params, "PolicyName", 128)
}

/// `Path` of a role, `/` when absent.
pub(super) fn role_path(params: &Params) -> Result<&str, Refusal> {
    let path = params.text("Path").unwrap_or("/");
    length("Path", path, 1, 512)?;
    let fits = path == "/"
        || (path.len() > 2
            && path.starts_with('/')
            && path.ends_with('/')
            && path
                .chars()
                .all(|character| ('\u{21}'..='\u{7e}').contains(&character)));
    if fits { Ok(path) } else { Err(bad_path()) }
}

/// `Path` of a managed policy, `/` when absent.
pub(super) fn policy_path(params: &Params) -> Result<&str, Refusal> {
    let path = params.text("Path").unwrap_or("/");
    length("Path", path, 1, 512)?;
    let inner = path
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/').or(Some(rest)));
    let fits = path.starts_with('/')
        && path.ends_with('/')
        && (path == "/"
            || inner.is_some_and(|inner| {
                inner
                    .split('/')
                    .all(|part| !part.is_empty() && part.chars().all(is_name_character))
            }));
    if fits { Ok(path) } else { Err(bad_path()) }
}

fn bad_path() -> Refusal {
    invalid(
        "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
    )
}

/// `PathPrefix`, everything when absent.
pub(super) fn path_prefix(params: &Params) -> Result<&str, Refusal> {
    let Some(prefix) = params.text("PathPrefix") else {
        return Ok("/");
    };
    length("PathPrefix", prefix, 1, 512)?;
    let fits = prefix.starts_with('/')
        && prefix
            .chars()
            .all(|character| ('\u{21}'..='\u{7f}').contains(&character));
    if fits {
        Ok(prefix)
    } else {
        Err(invalid(
            "The specified value for pathPrefix is invalid. It must begin with / and contain only alphanumeric characters and/or / characters.",
        ))
    }
}

/// `Description` of a role.
pub(super) fn role_description(params: &Params) -> Result<Option<&str>, Refusal> {
    let Some(text) = params.text("Description") else {
        return Ok(None);
    };
    length("Description", text, 0, 1000)?;
    let fits = |character| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}');
    if text.chars().all(fits) {
        Ok(Some(text))
    } else {
        Err(constraint(
            "description",
            r"Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*",
        ))
    }
}

/// `Description` of a managed policy.
pub(super) fn policy_description(params: &Params) -> Result<Option<&str>, Refusal> {
    let text = params.text("Description");
    if let Some(text) = text {
        length("Description", text, 0, 1000)?;
    }
    Ok(text)
}

/// `MaxSessionDuration` in seconds.
pub(super) fn max_session(params: &Params) -> Result<Option<u32>, Refusal> {
    number(params, "MaxSessionDuration", 3600, 43200)
}

/// A number in a range.
pub(super) fn number(
    params: &Params,
    parameter: &str,
    least: u32,
    most: u32,
) -> Result<Option<u32>, Refusal> {
    let Some(text) = params.text(parameter) else {
        return Ok(None);
    };
    let number: i64 = text
        .parse()
        .map_err(|_| Refusal::new(400, "MalformedInput", ""))?;
    match u32::try_from(number) {
        Ok(number) if number > most => Err(constraint(
            &member(parameter),
            &format!("Member must have value less than or equal to {most}"),
        )),
        Ok(number) if number >= least => Ok(Some(number)),
        Err(_) if number > 0 => Err(constraint(
            &member(parameter),
            &format!("Member must have value less than or equal to {most}"),
        )),
        _ => Err(constraint(
            &member(parameter),
            &format!("Member must have value greater than or equal to {least}"),
        )),
    }
}

/// An ARN: 20 to 2048 characters, and of the form of one.
pub(super) fn arn<'p>(params: &'p Params, parameter: &str) -> Result<&'p str, Refusal> {
    let text = required(params, parameter)?;
    length(parameter, text, 20, 2048)?;
    if text.split(':').count() >= 6 && text.starts_with("arn:") {
        Ok(text)
    } else {
        Err(not_an_arn(text))
    }
}

/// The refusal of an ARN that is none, or names another kind of thing.
pub(super) fn not_an_arn(text: &str) -> Refusal {
    Refusal::new(400, "InvalidInput", format!("ARN {text} is not valid."))
}

/// A policy document as it came: 1 to 131,072 characters of the allowed set.
pub(super) fn document<'p>(params: &'p Params, parameter: &str) -> Result<&'p str, Refusal> {
    let text = required(params, parameter)?;
    length(parameter, text, 1, 131_072)?;
    let fits = |character| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}');
    if text.chars().all(fits) {
        Ok(text)
    } else {
        Err(constraint(
            &member(parameter),
            r"Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+",
        ))
    }
}

/// A flag, `false` when absent.
pub(super) fn flag(params: &Params, parameter: &str) -> Result<bool, Refusal> {
    match params.text(parameter) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Refusal::new(400, "MalformedInput", "")),
    }
}

/// The refusal of what is not there.
pub(super) fn no_such_entity(message: impl Into<String>) -> Refusal {
    Refusal::new(404, "NoSuchEntity", message)
}

/// The refusal of a quota that is reached.
pub(super) fn quota(name: &str, limit: u32) -> Refusal {
    Refusal::new(
        409,
        "LimitExceeded",
        format!("Cannot exceed quota for {name}: {limit}"),
    )
}
