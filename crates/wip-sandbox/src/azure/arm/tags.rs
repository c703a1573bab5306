//! The tags of a resource, and which of them Resource Manager takes.
//!
//! Sources: "Use tags to organize your Azure resources", "Limitations": 50 tags, names of 512 characters without `<>%&\?/`, values of 256; scripts of Microsoft that repeat the messages (`InvalidTagNameCharacters`, `InvalidTagName`). How too many tags are refused is not documented; code and message are ours.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::azure::call::Refusal;

/// The tags of a body; none where it says nothing of them.
pub(super) fn read(tags: Option<&Value>) -> Result<Option<BTreeMap<String, String>>, Refusal> {
    let tags = match tags {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(tags)) => tags,
        Some(_) => return Err(invalid_body()),
    };
    let mut read = BTreeMap::<String, String>::new();
    for (name, value) in tags {
        let value = value.as_str().ok_or_else(invalid_body)?;
        let twice = read.keys().any(|other| other.eq_ignore_ascii_case(name));
        if twice {
            let message =
                format!("The tag '{name}' is given twice: names of tags differ in more than case.");
            return Err(Refusal::new(400, "InvalidTagName", message));
        }
        check(name, value)?;
        read.insert(name.clone(), value.to_owned());
    }
    if read.len() > 50 {
        let message = format!(
            "The resource has {} tags. The maximum allowed number of tags is '50'.",
            read.len()
        );
        return Err(Refusal::new(400, "TooManyTags", message));
    }
    Ok(Some(read))
}

fn invalid_body() -> Refusal {
    Refusal::new(
        400,
        "InvalidRequestContent",
        "The request content was invalid and could not be deserialized: tags are an object of texts.",
    )
}

fn check(name: &str, value: &str) -> Result<(), Refusal> {
    let is_reserved = |letter: char| "<>%&\\?/".contains(letter) || letter.is_control();
    let refuse = |code: &str, message: String| Err(Refusal::new(400, code, message));
    if name.trim().is_empty() {
        return refuse(
            "InvalidTagName",
            "The tag name must not be empty.".to_owned(),
        );
    }
    if name.contains(is_reserved) {
        let message = format!(
            "The tag names '{name}' have reserved characters '<,>,%,&,\\,?,/' or control characters."
        );
        return refuse("InvalidTagNameCharacters", message);
    }
    if name.chars().count() > 512 {
        let message = format!(
            "Tag key too large. Following tag name '{name}' exceeded the maximum length. Maximum allowed length for tag name - '512' characters."
        );
        return refuse("InvalidTagName", message);
    }
    if value.chars().count() > 256 {
        let message = format!(
            "Tag value too large. Following tag value '{value}' exceeded the maximum length. Maximum allowed length for tag value - '256' characters."
        );
        return refuse("InvalidTagName", message);
    }
    Ok(())
}
