//! Cloud Storage, its JSON API: buckets, their policies, and objects.
//!
//! Source: `storage.buckets.*` and `storage.objects.*` in the discovery document of version 1.

mod buckets;
mod objects;

pub(crate) use buckets::plant;

use super::call::{Call, Refusal};
use super::no_method;
use crate::http::{Answer, Request};

pub(super) fn operation(method: &str, path: &[&str]) -> &'static str {
    match (method, path) {
        ("POST", ["upload", "storage", "v1", "b", _, "o"]) => "objects.insert",
        ("GET", ["download", "storage", "v1", "b", _, "o", _, ..]) => "objects.get",
        (method, ["storage", "v1", "b", rest @ ..]) => match (method, rest) {
            ("GET", []) => "buckets.list",
            ("POST", []) => "buckets.insert",
            ("GET", [_]) => "buckets.get",
            ("PATCH", [_]) => "buckets.patch",
            ("DELETE", [_]) => "buckets.delete",
            ("GET", [_, "iam"]) => "buckets.getIamPolicy",
            ("PUT", [_, "iam"]) => "buckets.setIamPolicy",
            ("GET", [_, "o"]) => "objects.list",
            ("GET", [_, "o", _, ..]) => "objects.get",
            ("DELETE", [_, "o", _, ..]) => "objects.delete",
            _ => "",
        },
        _ => "",
    }
}

pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[&str],
) -> Result<Answer, Refusal> {
    let method = request.method.as_str();
    match (method, path) {
        ("POST", ["upload", "storage", "v1", "b", bucket, "o"]) => {
            objects::insert(call, request, bucket)
        }
        ("GET", ["download", "storage", "v1", "b", bucket, "o", name @ ..]) if !name.is_empty() => {
            objects::get(call, request, bucket, &name.concat())
        }
        (method, ["storage", "v1", "b", rest @ ..]) => match (method, rest) {
            ("GET", []) => buckets::list(call, request),
            ("POST", []) => buckets::insert(call, request),
            ("GET", [bucket]) => buckets::get(call, bucket),
            ("PATCH", [bucket]) => buckets::patch(call, request, bucket),
            ("DELETE", [bucket]) => buckets::delete(call, bucket),
            ("GET", [bucket, "iam"]) => buckets::get_policy(call, request, bucket),
            ("PUT", [bucket, "iam"]) => buckets::set_policy(call, request, bucket),
            ("GET", [bucket, "o"]) => objects::list(call, request, bucket),
            ("GET", [bucket, "o", name @ ..]) => {
                objects::get(call, request, bucket, &name.concat())
            }
            ("DELETE", [bucket, "o", name @ ..]) => objects::delete(call, bucket, &name.concat()),
            _ => Err(no_method().of(call.service)),
        },
        _ => Err(no_method().of(call.service)),
    }
}

/// Source: answers of Cloud Storage to whoever may not.
fn denied(call: &Call<'_>, permission: &str, what: &str) -> Refusal {
    let who = call.caller.name();
    Refusal::new(
        403,
        "forbidden",
        format!(
            "{who} does not have {permission} access to the Google Cloud Storage {what}. Permission '{permission}' denied on resource (or it may not exist)."
        ),
    )
}
