//! The JSON Schema and the reader say the same, as far as a schema can say it.
//!
//! Checked with a JSON Schema library and a YAML reader that share nothing with this crate.

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use serde_json::{Value, json};

use super::{bad, examples};
use crate::{Code, Problem, parse, schema};

/// The codes of what the schema must refuse too; all else is about more than one value, or about
/// names that a pattern cannot tell.
const IN_SCHEMA: [Code; 5] = [
    Code::UnknownField,
    Code::WrongType,
    Code::MissingField,
    Code::UnknownValue,
    Code::NotSupportedYet,
];

struct Checker {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Checker {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource("space.json", schema()).unwrap();
        let index = compiler.compile("space.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn accepts(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_ok()
    }

    /// The reader never takes what the schema refuses; the schema refuses what it can.
    fn agrees(&self, value: &Value, what: &str) {
        let text = serde_json::to_string_pretty(value).unwrap();
        let read = parse("space.yaml", text.as_bytes());
        let accepts = self.accepts(value);
        if let Err(problems) = &read {
            let seen: Vec<&Problem> = problems
                .iter()
                .filter(|problem| IN_SCHEMA.contains(&problem.code))
                .collect();
            assert!(
                seen.is_empty() || !accepts,
                "the schema takes {what}: {seen:#?}\n{text}"
            );
        } else {
            assert!(accepts, "the reader takes {what}\n{text}");
        }
    }
}

#[test]
fn it_is_a_schema_with_closed_objects() {
    let schema = schema();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(schema["title"], "Space");
    for (name, part) in schema["$defs"].as_object().unwrap() {
        if part["type"] == "object" {
            assert_eq!(part["additionalProperties"], json!(false), "{name}");
        }
        assert!(part["description"].is_string(), "{name} says nothing");
    }
}

#[test]
fn every_example_is_valid() {
    let checker = Checker::new();
    for (name, bytes) in examples::examples() {
        let value: Value = serde_yaml::from_slice(&bytes).unwrap();
        assert!(checker.accepts(&value), "{name}");
    }
}

#[test]
fn bad_inputs_are_refused_by_both() {
    let checker = Checker::new();
    let mut compared = 0;
    for (name, bytes) in bad::cases() {
        if bytes.len() > 10_000 || name.starts_with("yaml-") {
            continue;
        }
        if let Ok(value) = serde_yaml::from_slice::<Value>(&bytes) {
            checker.agrees(&value, &name);
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
}

/// Everything that can go wrong at one place of an example, at every place of it.
#[test]
fn every_change_of_an_example_is_judged_alike() {
    let checker = Checker::new();
    let mut count = 0;
    for (name, bytes) in examples::examples() {
        let value: Value = serde_yaml::from_slice(&bytes).unwrap();
        let mut places = Vec::new();
        pointers(&value, String::new(), &mut places);
        for place in &places {
            for (change, changed) in changes(&value, place) {
                checker.agrees(&changed, &format!("{name} with {place} {change}"));
                count += 1;
            }
        }
    }
    assert!(count > 1000, "{count}");
}

fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                pointers(
                    value,
                    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(at);
}

fn changes(value: &Value, place: &str) -> Vec<(String, Value)> {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(7200),
        json!(111_122_223_333_u64),
        json!(1.5),
        json!(""),
        json!("a"),
        json!("A b"),
        json!("*"),
        json!("${x}/"),
        json!("/a/"),
        json!("a/"),
        json!("exact"),
        json!("eu-west-1"),
        json!("111122223333"),
        json!("arn:aws:iam::111122223333:policy/x"),
        json!([]),
        json!(["a"]),
        json!([1]),
        json!({}),
        json!({ "a": 1 }),
    ];
    let mut changes = Vec::new();
    for new in values {
        let mut changed = value.clone();
        *changed.pointer_mut(place).unwrap() = new.clone();
        changes.push((format!("= {new}"), changed));
    }
    let mut with_more = value.clone();
    if let Some(Value::Object(fields)) = with_more.pointer_mut(place) {
        fields.insert("extra".to_owned(), json!("x"));
        changes.push(("and an extra field".to_owned(), with_more));
    }
    let (parent, key) = place.rsplit_once('/').unwrap_or(("", ""));
    let mut without = value.clone();
    if let Some(Value::Object(fields)) = without.pointer_mut(parent)
        && fields
            .remove(&key.replace("~1", "/").replace("~0", "~"))
            .is_some()
    {
        changes.push(("removed".to_owned(), without));
    }
    changes
}
