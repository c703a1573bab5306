//! The forms of texts: what an account id, a bucket name or an ARN looks like.
//!
//! Owns one pattern for each, which the reader checks and the JSON Schema says.
//! Whether two of them fit together is `lower`'s.

mod aws;
mod azure;
mod google;
mod names;
mod storage;

pub(crate) use aws::*;
pub(crate) use azure::*;
pub(crate) use google::*;
pub(crate) use names::*;
pub(crate) use storage::*;

use crate::Code;
use crate::form::Fault;

fn too_long(text: &str, most: usize, code: Code) -> Option<Fault> {
    let count = text.chars().count();
    (count > most).then(|| Fault {
        code,
        message: format!("this is {count} characters long, and at most {most} are taken"),
        label: "too long",
        help: "make it shorter".to_owned(),
    })
}
