//! The awsQuery protocol (IAM, STS): a form goes in, XML comes out.
//!
//! Not here: what an operation does, and the XML of S3, which is another protocol (only the XML writer is shared).

use std::collections::BTreeMap;

use quick_xml::escape::escape;

use super::call::{Call, Refusal, Service};
use crate::http::{Answer, Request, pairs};

/// The parameters of a query call, flat, as `Tags.member.1.Key`.
#[derive(Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    /// Reads the parameters of the body (POST) or of the query (GET).
    pub(crate) fn of(request: &Request) -> Self {
        let text = if request.method == "GET" {
            request.query.clone()
        } else {
            String::from_utf8_lossy(&request.body).into_owned()
        };
        Self(pairs(&text).into_iter().collect())
    }

    /// A scalar parameter.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The scalars of `name.member.N`, in order of N.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.members(name)
            .into_iter()
            .filter_map(|n| self.0.get(&format!("{name}.member.{n}")).cloned())
            .collect()
    }

    /// The structures of `name.member.N.…`, in order of N.
    pub(crate) fn structures(&self, name: &str) -> Vec<Params> {
        self.members(name)
            .into_iter()
            .map(|n| {
                let prefix = format!("{name}.member.{n}.");
                Params(
                    self.0
                        .iter()
                        .filter_map(|(key, value)| {
                            Some((key.strip_prefix(&prefix)?.to_owned(), value.clone()))
                        })
                        .collect(),
                )
            })
            .collect()
    }

    /// Whether the list is given at all, be it empty (`Tags=`) or not.
    pub(crate) fn has_list(&self, name: &str) -> bool {
        self.0.contains_key(name) || !self.members(name).is_empty()
    }

    fn members(&self, name: &str) -> Vec<u32> {
        let prefix = format!("{name}.member.");
        let mut numbers: Vec<u32> = self
            .0
            .keys()
            .filter_map(|key| key.strip_prefix(&prefix)?.split('.').next()?.parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

/// The operation that a query request names, or an empty text.
pub(crate) fn operation(request: &Request) -> String {
    Params::of(request)
        .text("Action")
        .unwrap_or_default()
        .to_owned()
}

/// Refuses a request for another version of the API than the service has.
pub(crate) fn check_version(params: &Params, version: &str) -> Result<(), Refusal> {
    match params.text("Version") {
        Some(asked) if asked == version => Ok(()),
        asked => Err(unknown_operation(
            params.text("Action").unwrap_or_default(),
            asked.unwrap_or_default(),
        )),
    }
}

/// The refusal of an operation that there is not.
///
/// Source: `InvalidAction` in "Common errors" of the IAM API reference.
pub(crate) fn unknown_operation(operation: &str, version: &str) -> Refusal {
    let message = format!("Could not find operation {operation} for version {version}");
    Refusal::new(400, "InvalidAction", message)
}

/// The XML namespace of a query service.
///
/// Source: `xmlNamespace` in botocore's models of `iam` and `sts`.
fn namespace(service: Service) -> &'static str {
    match service {
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        _ => "https://iam.amazonaws.com/doc/2010-05-08/",
    }
}

/// The answer of an operation that has a result.
pub(crate) fn result(call: &Call<'_>, write: impl FnOnce(&mut Xml)) -> Answer {
    let operation = &call.operation;
    respond(call, |xml| {
        xml.element(&format!("{operation}Result"), write)
    })
}

/// The answer of an operation that has none.
pub(crate) fn done(call: &Call<'_>) -> Answer {
    respond(call, |_| {})
}

fn respond(call: &Call<'_>, write: impl FnOnce(&mut Xml)) -> Answer {
    let mut xml = Xml::default();
    let root = format!("{}Response", call.operation);
    xml.element_in(&root, namespace(call.service), |xml| {
        write(xml);
        xml.element("ResponseMetadata", |xml| {
            xml.text("RequestId", &call.request_id)
        });
    });
    answer(200, xml, &call.request_id)
}

/// A refusal in the form of the query services.
pub(crate) fn refusal(service: Service, refusal: &Refusal, request_id: &str) -> Answer {
    let mut xml = Xml::default();
    xml.element_in("ErrorResponse", namespace(service), |xml| {
        xml.element("Error", |xml| {
            xml.text(
                "Type",
                if refusal.status < 500 {
                    "Sender"
                } else {
                    "Receiver"
                },
            );
            xml.text("Code", &refusal.code);
            xml.text("Message", &refusal.message);
            for (name, value) in &refusal.fields {
                xml.text(name, value);
            }
        });
        xml.text("RequestId", request_id);
    });
    answer(refusal.status, xml, request_id)
}

fn answer(status: u16, xml: Xml, request_id: &str) -> Answer {
    Answer::new(status)
        .with_header("x-amzn-requestid", request_id)
        .with_body("text/xml", xml.into_bytes())
}

/// A writer of XML elements; escapes what it writes.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// An element with elements in it.
    pub(crate) fn element(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.0.push_str(&format!("<{name}>"));
        write(self);
        self.0.push_str(&format!("</{name}>"));
    }

    /// An element with a default namespace, and elements in it.
    pub(crate) fn element_in(
        &mut self,
        name: &str,
        namespace: &str,
        write: impl FnOnce(&mut Self),
    ) {
        self.0.push_str(&format!("<{name} xmlns=\"{namespace}\">"));
        write(self);
        self.0.push_str(&format!("</{name}>"));
    }

    /// An element with text in it.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.0
            .push_str(&format!("<{name}>{}</{name}>", escaped(text)));
    }

    /// As [`Xml::text`], or nothing where there is no text.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A list: `<name>` with one `<member>` for each item.
    pub(crate) fn members<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.element(name, |xml| {
            for item in items {
                xml.element("member", |xml| write(xml, item));
            }
        });
    }

    /// Text where an element stands, as for a list of scalars.
    pub(crate) fn raw_text(&mut self, text: &str) {
        self.0.push_str(&escaped(text));
    }

    /// What was written.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// Text as XML 1.0 can carry it: a carriage return by number, since parsers turn it into a line feed, and nothing that XML has no place for.
fn escaped(text: &str) -> String {
    let allowed = |letter: char| {
        if letter < ' ' && !matches!(letter, '\t' | '\n' | '\r')
            || matches!(letter, '\u{fffe}' | '\u{ffff}')
        {
            '\u{fffd}'
        } else {
            letter
        }
    };
    let text: String = text.chars().map(allowed).collect();
    escape(&text).replace('\r', "&#13;")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn texts_survive_an_xml_parser() {
        assert_eq!(escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&apos;");
        assert_eq!(escaped("one\r\n\ttwo\u{1}"), "one&#13;\n\ttwo\u{fffd}");
    }
}
