//! Strict, bounded reading of JSON: size, depth, and no key twice.
//!
//! Not here: what the JSON means.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::PolicyError;

/// Longest text that is read, in bytes. The largest policy that AWS takes has 32 KiB
/// ([`crate::KEY_POLICY_BYTES`]), percent-encoding at most triples it; the rest is room.
pub const MAX_BYTES: usize = 200 * 1024;

/// Deepest nesting of objects and lists that is read. A policy as the language has it needs seven.
pub const MAX_DEPTH: usize = 32;

/// Reads a JSON text into a value whose object keys are sorted.
///
/// Errors: too large, not JSON, too deep, a key twice in one object.
pub(crate) fn read(text: &str) -> Result<Value, PolicyError> {
    if text.len() > MAX_BYTES {
        return Err(PolicyError::TooLarge { bytes: text.len() });
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0 }
        .deserialize(&mut reader)
        .map_err(PolicyError::Json)?;
    reader.end().map_err(PolicyError::Json)?;
    Ok(value)
}

/// The minified text of a value.
pub(crate) fn write<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("keys are strings and numbers are finite")
}

/// One level of a value that is being read.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Strict, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format_args!(
                "nested deeper than {MAX_DEPTH} levels"
            )));
        }
        Ok(Strict {
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Value, E> {
        Ok(Value::from(v))
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Value, E> {
        Ok(Value::from(v))
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Value, E> {
        Ok(Value::from(v))
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<Value, E> {
        Ok(Value::from(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        // Collected sorted first: the order of `serde_json::Map` depends on a feature that others may turn on.
        let mut members = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key `{}` stands twice in one object",
                    key.escape_debug()
                )));
            }
            members.insert(key, map.next_value_seed(inner)?);
        }
        Ok(Value::Object(members.into_iter().collect()))
    }
}
