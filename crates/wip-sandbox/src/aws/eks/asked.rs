//! What a request to EKS carries besides its path: a JSON body, a page of a list, tags.
//!
//! Not here: what an operation does with it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::aws::call::Refusal;
use crate::http::Request;

/// The refusal of a parameter.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameterException", message)
}

/// The members of the body, or the refusal of one that is not a JSON object.
pub(super) fn body(request: &Request) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(&request.body).map_err(|_| {
        Refusal::new(
            400,
            "SerializationException",
            "Unable to parse the request body",
        )
    })
}

/// Which page is asked for.
///
/// Source: botocore's model of `eks`: pages of 1 to 100, and 100 where nobody asks.
pub(super) struct Asked {
    /// The key of the last item of the page before; empty for the first page.
    pub(super) after: String,
    most: usize,
}

impl Asked {
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        let most = match request.query_value("maxResults") {
            None => 100,
            Some(text) => text
                .parse::<usize>()
                .ok()
                .filter(|n| (1..=100).contains(n))
                .ok_or_else(|| invalid("maxResults must be between 1 and 100"))?,
        };
        let after = request.query_value("nextToken").unwrap_or_default();
        Ok(Self { after, most })
    }

    /// The page of `items`, which are sorted by key and begin behind `after`.
    pub(super) fn page(&self, name: &str, items: impl Iterator<Item = (String, Value)>) -> Value {
        let mut page: Vec<(String, Value)> = items.take(self.most + 1).collect();
        let more = page.len() > self.most;
        page.truncate(self.most);
        let next = page
            .last()
            .filter(|_| more)
            .map(|(key, _)| key.as_str().into());
        let items: Vec<Value> = page.iter().map(|(_, item)| item.clone()).collect();
        let mut body = Map::from_iter([(name.to_owned(), Value::Array(items))]);
        body.extend(next.map(|next: Value| ("nextToken".to_owned(), next)));
        Value::Object(body)
    }
}

/// The most tags of a resource.
pub(super) const MOST_TAGS: usize = 50;

/// Tags of a request, checked.
///
/// Source: botocore's model of `eks`, shapes `TagMap`, `TagKey`, `TagValue`; the words are not in it.
pub(super) fn tags(value: Option<&Value>) -> Result<BTreeMap<String, String>, String> {
    let Some(value) = value else {
        return Ok(BTreeMap::new());
    };
    let pairs = value.as_object().ok_or("tags must be a map")?;
    let mut tags = BTreeMap::new();
    for (key, value) in pairs {
        let value = value.as_str().ok_or("a tag value must be a string")?;
        if !(1..=128).contains(&key.chars().count()) || value.chars().count() > 256 {
            return Err(format!(
                "the tag {key} is longer than 128 characters, or its value than 256"
            ));
        }
        if key
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
        {
            return Err(format!("the tag {key} begins with aws:, which is reserved"));
        }
        tags.insert(key.clone(), value.to_owned());
    }
    match tags.len() <= MOST_TAGS {
        true => Ok(tags),
        false => Err(format!("more than {MOST_TAGS} tags")),
    }
}
