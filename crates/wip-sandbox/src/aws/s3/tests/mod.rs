//! The refusals of S3, one by one, and what it says when it does not refuse.

mod buckets;
mod objects;
mod policies;
mod settings;
mod versions;

use serde_json::{Value, json};

use crate::aws::asking::{ACCOUNT, Asker, element, text, world};
use crate::http::Answer;

const OTHER: &str = "444455556666";

fn create(asker: &Asker<'_>, name: &str) {
    let answer = asker.s3(&format!("PUT /{name}"), &[], "");
    assert_eq!(answer.status, 200, "{}", text(&answer));
}

fn configuration(constraint: &str) -> String {
    format!(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>{constraint}</LocationConstraint></CreateBucketConfiguration>"
    )
}

fn statement() -> Value {
    json!({
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::999988887777:role/backup" },
        "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::abc",
    })
}

fn policy(statement: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// The statement with members set, or taken out where the value is null.
fn with(changes: &Value) -> Value {
    let mut statement = statement();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            statement.as_object_mut().unwrap().remove(name);
        } else {
            statement[name] = value.clone();
        }
    }
    statement
}

fn put_policy(asker: &Asker<'_>, policy: &str) -> Answer {
    asker.s3("PUT /abc?policy", &[], policy)
}

fn refused(answer: &Answer, status: u16, code: &str, message: &str, what: &str) {
    let said = (
        answer.status,
        element(answer, "Code"),
        element(answer, "Message"),
    );
    assert_eq!(
        said,
        (status, code.to_owned(), message.to_owned()),
        "{what}"
    );
}
