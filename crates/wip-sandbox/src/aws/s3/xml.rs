//! The XML of S3: reading request bodies, writing answers.
//!
//! Not here: what an element means.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::aws::call::{Call, Refusal};
use crate::aws::query::Xml;
use crate::http::Answer;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
pub(super) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// An element of a request body.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// Reads a body whose root is called `root`, or refuses it.
    pub(crate) fn read(body: &[u8], root: &str) -> Result<Self, Refusal> {
        std::str::from_utf8(body)
            .ok()
            .and_then(parse)
            .filter(|element| element.name == root)
            .ok_or_else(malformed)
    }

    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of that name.
    pub(crate) fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }

    /// Refuses children of other names than these.
    pub(crate) fn only(&self, names: &[&str]) -> Result<(), Refusal> {
        if self
            .children
            .iter()
            .all(|child| names.contains(&child.name.as_str()))
        {
            Ok(())
        } else {
            Err(malformed())
        }
    }
}

/// Source: S3 API Reference, "Error responses" (`MalformedXML`).
pub(crate) fn malformed() -> Refusal {
    Refusal::new(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

fn parse(text: &str) -> Option<Element> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => open.push(named(start.local_name().as_ref())?),
            Event::Empty(start) => {
                let element = named(start.local_name().as_ref())?;
                open.last_mut()?.children.push(element);
            }
            Event::End(_) => {
                let mut element = open.pop()?;
                if !element.children.is_empty() {
                    element.text.clear();
                }
                open.last_mut()?.children.push(element);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::CData(data) => open.last_mut()?.text.push_str(&data.decode().ok()?),
            Event::GeneralRef(reference) => {
                let text = format!("&{};", reference.decode().ok()?);
                open.last_mut()?
                    .text
                    .push_str(&quick_xml::escape::unescape(&text).ok()?);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let root = open.pop()?;
    let mut children = root.children.into_iter();
    let document = children.next()?;
    (open.is_empty() && children.next().is_none() && root.text.trim().is_empty())
        .then_some(document)
}

fn named(name: &[u8]) -> Option<Element> {
    Some(Element {
        name: std::str::from_utf8(name).ok()?.to_owned(),
        ..Element::default()
    })
}

/// An answer with that root element.
pub(crate) fn result(call: &Call<'_>, root: &str, write: impl FnOnce(&mut Xml)) -> Answer {
    let mut xml = Xml::default();
    xml.element_in(root, NAMESPACE, write);
    let mut body = DECLARATION.as_bytes().to_vec();
    body.extend(xml.into_bytes());
    done(call, 200).with_body("application/xml", body)
}

/// An answer without a body.
pub(crate) fn done(call: &Call<'_>, status: u16) -> Answer {
    Answer::new(status)
        .with_header("x-amz-request-id", call.request_id.as_str())
        .with_header("x-amz-id-2", host_id(&call.request_id))
}

/// The second id that S3 gives a request.
pub(super) fn host_id(request_id: &str) -> String {
    crate::aws::call::hex_id(&["host", request_id], 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements() {
        let root = Element::read(
            b"<?xml version=\"1.0\"?>\n<T xmlns=\"u\"><A> x &amp; y</A>\n<B/><A>2</A></T>",
            "T",
        )
        .unwrap();
        assert_eq!(root.child_text("A"), Some(" x & y"));
        assert_eq!(root.child_text("B"), Some(""));
        assert_eq!(root.children.len(), 3);
    }

    #[test]
    fn what_is_not_the_root_is_malformed() {
        for body in [
            "",
            "{}",
            "<T>",
            "<T></U>",
            "<U/>",
            "<T/><T/>",
            "x<T/>",
            "<T/>x",
            "<T>&x;</T>",
        ] {
            let refusal = Element::read(body.as_bytes(), "T").unwrap_err();
            assert_eq!(
                (refusal.status, refusal.code.as_str()),
                (400, "MalformedXML"),
                "{body}"
            );
        }
    }
}
