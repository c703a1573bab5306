//! Conditions of role bindings: the part of Common Expression Language that IAM takes and the sandbox reads.
//!
//! Source: "Attribute reference for IAM Conditions": `resource.name`, `resource.type`, `resource.service`, `request.time`, `api.getAttribute(…)`; `startsWith`, `endsWith`, `hasOnly`, `timestamp`, comparisons, `&&`, `||`, `!`.
//! Not here: which bindings may have conditions (`policy.rs`).

use jiff::Timestamp;

/// What a condition is asked about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// `projects/_/buckets/B/objects/O`.
    pub(crate) name: String,
    /// `storage.googleapis.com/Object`.
    pub(crate) kind: String,
    /// `storage.googleapis.com`.
    pub(crate) service: String,
    /// The roles that a change of a policy gives or takes away; empty where nothing is changed.
    pub(crate) grants: Vec<String>,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

/// The most logic operators of one condition ("Quotas and limits" of IAM).
const MOST_OPERATORS: usize = 12;
/// The deepest nesting that is read.
const DEEPEST: usize = 32;

/// Whether a condition holds; `None` where it is none that the sandbox reads.
pub(crate) fn holds(expression: &str, asked: &Asked) -> Option<bool> {
    let tokens = tokens(expression)?;
    let operators = tokens
        .iter()
        .filter(|token| matches!(token, Token::Sign("&&" | "||" | "!")));
    if operators.count() > MOST_OPERATORS {
        return None;
    }
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        asked,
        depth: 0,
    };
    let value = reader.or()?;
    match (value, reader.at == tokens.len()) {
        (Value::Bool(value), true) => Some(value),
        _ => None,
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    Word(String),
    Sign(&'static str),
}

const SIGNS: [&str; 16] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ",", ".", "-",
];

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if matches!(first, '"' | '\'') {
            let end = rest[1..].find(first)?;
            let inner = &rest[1..=end];
            // Escapes are read by nobody here.
            if inner.contains('\\') {
                return None;
            }
            tokens.push(Token::Text(inner.to_owned()));
            rest = &rest[end + 2..];
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        }
        rest = rest.trim_start();
    }
    Some(tokens)
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Bool(bool),
    Text(String),
    List(Vec<String>),
    Time(i64),
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    asked: &'a Asked,
    depth: usize,
}

impl Reader<'_> {
    fn or(&mut self) -> Option<Value> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut value = self.and()?;
        while self.takes("||") {
            let (Value::Bool(one), Value::Bool(other)) = (value, self.and()?) else {
                return None;
            };
            value = Value::Bool(one || other);
        }
        self.depth -= 1;
        Some(value)
    }

    fn and(&mut self) -> Option<Value> {
        let mut value = self.compared()?;
        while self.takes("&&") {
            let (Value::Bool(one), Value::Bool(other)) = (value, self.compared()?) else {
                return None;
            };
            value = Value::Bool(one && other);
        }
        Some(value)
    }

    fn compared(&mut self) -> Option<Value> {
        let left = self.negated()?;
        for sign in ["==", "!=", "<=", ">=", "<", ">"] {
            if !self.takes(sign) {
                continue;
            }
            let right = self.negated()?;
            let holds = match (sign, &left, &right) {
                ("==", _, _) => left == right,
                ("!=", _, _) => left != right,
                ("<", Value::Time(one), Value::Time(other)) => one < other,
                (">", Value::Time(one), Value::Time(other)) => one > other,
                ("<=", Value::Time(one), Value::Time(other)) => one <= other,
                (">=", Value::Time(one), Value::Time(other)) => one >= other,
                _ => return None,
            };
            return Some(Value::Bool(holds));
        }
        Some(left)
    }

    fn negated(&mut self) -> Option<Value> {
        let mut turns = false;
        let mut any = false;
        while self.takes("!") {
            (turns, any) = (!turns, true);
        }
        match self.primary()? {
            Value::Bool(value) => Some(Value::Bool(value != turns)),
            _ if any => None,
            value => Some(value),
        }
    }

    fn primary(&mut self) -> Option<Value> {
        if self.takes("(") {
            let value = self.or()?;
            return self.takes(")").then_some(value);
        }
        let mut value = match self.next()? {
            Token::Text(text) => Value::Text(text),
            Token::Word(word) => match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "timestamp" => Value::Time(seconds(&self.argument()?)?),
                "resource" | "request" | "api" => self.attribute(&word)?,
                _ => return None,
            },
            Token::Sign("[") => Value::List(self.list()?),
            Token::Sign(_) => return None,
        };
        while self.takes(".") {
            value = self.method(&value)?;
        }
        Some(value)
    }

    fn attribute(&mut self, of: &str) -> Option<Value> {
        let dot = self.takes(".");
        let name = self.word().filter(|_| dot)?;
        let asked = self.asked;
        Some(match (of, name.as_str()) {
            ("resource", "name") => Value::Text(asked.name.clone()),
            ("resource", "type") => Value::Text(asked.kind.clone()),
            ("resource", "service") => Value::Text(asked.service.clone()),
            ("request", "time") => Value::Time(asked.now),
            ("api", "getAttribute") => {
                let opens = self.takes("(");
                let Some(Token::Text(name)) = self.next().filter(|_| opens) else {
                    return None;
                };
                let comma = self.takes(",");
                let default = self.takes("[").then(|| self.list())?.filter(|_| comma)?;
                if !self.takes(")") || name != "iam.googleapis.com/modifiedGrantsByRole" {
                    return None;
                }
                match asked.grants.is_empty() {
                    true => Value::List(default),
                    false => Value::List(asked.grants.clone()),
                }
            }
            _ => return None,
        })
    }

    fn method(&mut self, of: &Value) -> Option<Value> {
        let name = self.word()?;
        let holds = match (of, name.as_str()) {
            (Value::Text(text), "startsWith") => text.starts_with(&self.argument()?),
            (Value::Text(text), "endsWith") => text.ends_with(&self.argument()?),
            (Value::List(all), "hasOnly") => {
                let opens = self.takes("(") && self.takes("[");
                let only = self.list().filter(|_| opens)?;
                if !self.takes(")") {
                    return None;
                }
                all.iter().all(|one| only.contains(one))
            }
            _ => return None,
        };
        Some(Value::Bool(holds))
    }

    /// One text in parentheses.
    fn argument(&mut self) -> Option<String> {
        let opens = self.takes("(");
        let Some(Token::Text(text)) = self.next().filter(|_| opens) else {
            return None;
        };
        self.takes(")").then_some(text)
    }

    /// Texts up to the bracket that closes them.
    fn list(&mut self) -> Option<Vec<String>> {
        let mut all = Vec::new();
        while !self.takes("]") {
            if !all.is_empty() && !self.takes(",") {
                return None;
            }
            let Token::Text(text) = self.next()? else {
                return None;
            };
            all.push(text);
        }
        Some(all)
    }

    fn word(&mut self) -> Option<String> {
        match self.next()? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        Some(token)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.tokens.get(self.at), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(is);
        is
    }
}

fn seconds(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_documented() {
        let asked = Asked {
            name: "projects/_/buckets/b/objects/prod/x".to_owned(),
            kind: "storage.googleapis.com/Object".to_owned(),
            service: "storage.googleapis.com".to_owned(),
            grants: vec!["roles/storage.objectUser".to_owned()],
            now: 1_700_000_000,
        };
        for (text, wanted) in [
            (
                r#"resource.name.startsWith("projects/_/buckets/b/objects/prod/")"#,
                Some(true),
            ),
            (
                r#"resource.name.startsWith("projects/_/buckets/b/objects/test/")"#,
                Some(false),
            ),
            (
                r#"resource.type == "storage.googleapis.com/Bucket" || resource.name.endsWith("/x")"#,
                Some(true),
            ),
            (
                r#"!(resource.type != "storage.googleapis.com/Object") && resource.service == 'storage.googleapis.com'"#,
                Some(true),
            ),
            (
                r#"request.time < timestamp("2020-01-01T00:00:00Z")"#,
                Some(false),
            ),
            (
                "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/storage.objectUser', 'roles/x'])",
                Some(true),
            ),
            (
                "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/x'])",
                Some(false),
            ),
            ("resource.name", None),
            ("resource.owner == 'x'", None),
            ("resource.name == ", None),
            ("true &&", None),
            ("(true", None),
            ("\"a", None),
            ("true true", None),
            ("", None),
        ] {
            assert_eq!(holds(text, &asked), wanted, "{text}");
        }
        assert_eq!(holds(&"(".repeat(100_000), &asked), None);
        assert_eq!(
            holds(&format!("true{}", " || true".repeat(12)), &asked),
            Some(true)
        );
        assert_eq!(
            holds(&format!("true{}", " || true".repeat(13)), &asked),
            None
        );
    }
}
