//! Tags of roles, policies and providers.
//!
//! Sources: "Rules for tagging in IAM and AWS STS" in the IAM user guide (50 tags, keys are case-insensitive, `aws:` is reserved); `tagKeyType` and `tagValueType` in botocore's model of `iam`.

use serde::{Deserialize, Serialize};

use super::names::{constraint, quota};
use crate::aws::call::Refusal;
use crate::aws::query::{Params, Xml};

const MOST: usize = 50;

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// The tags of a request, checked.
pub(super) fn read(params: &Params) -> Result<Vec<Tag>, Refusal> {
    let mut tags: Vec<Tag> = Vec::new();
    for (index, entry) in params.structures("Tags").iter().enumerate() {
        let place = |part: &str| format!("tags.{}.member.{part}", index + 1);
        let key = entry
            .text("Key")
            .ok_or_else(|| constraint(&place("key"), "Member must not be null"))?;
        let value = entry
            .text("Value")
            .ok_or_else(|| constraint(&place("value"), "Member must not be null"))?;
        check(key, &place("key"), 1, 128, "+")?;
        check(value, &place("value"), 0, 256, "*")?;
        if key
            .get(..4)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
        {
            let message = format!("Tag keys beginning with aws: are reserved for AWS use: {key}");
            return Err(Refusal::new(400, "InvalidInput", message));
        }
        if tags.iter().any(|tag| same_key(&tag.key, key)) {
            return Err(Refusal::new(
                400,
                "InvalidInput",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        tags.push(Tag {
            key: key.to_owned(),
            value: value.to_owned(),
        });
    }
    if tags.len() > MOST {
        return Err(constraint(
            "tags",
            &format!("Member must have length less than or equal to {MOST}"),
        ));
    }
    Ok(tags)
}

/// As [`read`], where the list must be there.
pub(super) fn read_required(params: &Params) -> Result<Vec<Tag>, Refusal> {
    if params.has_list("Tags") {
        read(params)
    } else {
        Err(constraint("tags", "Member must not be null"))
    }
}

/// The keys of an untag request, checked.
pub(super) fn read_keys(params: &Params) -> Result<Vec<String>, Refusal> {
    if !params.has_list("TagKeys") {
        return Err(constraint("tagKeys", "Member must not be null"));
    }
    let keys = params.list("TagKeys");
    if keys.len() > MOST {
        return Err(constraint(
            "tagKeys",
            &format!("Member must have length less than or equal to {MOST}"),
        ));
    }
    for key in &keys {
        check(key, "tagKeys", 1, 128, "+")?;
    }
    Ok(keys)
}

/// Adds tags, each instead of one with the same key; `kind` is as in `Role`.
pub(super) fn add(to: &mut Vec<Tag>, tags: Vec<Tag>, kind: &str) -> Result<(), Refusal> {
    for tag in tags {
        match to.iter_mut().find(|have| same_key(&have.key, &tag.key)) {
            Some(have) => *have = tag,
            None => to.push(tag),
        }
    }
    if to.len() > MOST {
        Err(quota(&format!("TagsPer{kind}"), MOST as u32))
    } else {
        Ok(())
    }
}

/// Takes away the tags of these keys; keys that are not there are no error.
pub(super) fn remove(from: &mut Vec<Tag>, keys: &[String]) {
    from.retain(|tag| !keys.iter().any(|key| same_key(key, &tag.key)));
}

/// `<Tags>`, or nothing where there are none.
pub(super) fn write(xml: &mut Xml, tags: &[Tag]) {
    if !tags.is_empty() {
        write_list(xml, tags);
    }
}

/// `<Tags>`, empty where there are none.
pub(super) fn write_list(xml: &mut Xml, tags: &[Tag]) {
    xml.members("Tags", tags, |xml, tag| {
        xml.text("Key", &tag.key);
        xml.text("Value", &tag.value);
    });
}

fn same_key(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn check(text: &str, place: &str, least: usize, most: usize, times: &str) -> Result<(), Refusal> {
    let count = text.chars().count();
    if count < least {
        return Err(constraint(
            place,
            &format!("Member must have length greater than or equal to {least}"),
        ));
    }
    if count > most {
        return Err(constraint(
            place,
            &format!("Member must have length less than or equal to {most}"),
        ));
    }
    let fits = |character: char| {
        character.is_alphanumeric()
            || (character.is_whitespace() && !character.is_control())
            || "_.:/=+-@".contains(character)
    };
    if text.chars().all(fits) {
        return Ok(());
    }
    let pattern = format!(
        r"Member must satisfy regular expression pattern: [\p{{L}}\p{{Z}}\p{{N}}_.:/=+\-@]{times}"
    );
    Err(constraint(place, &pattern))
}
