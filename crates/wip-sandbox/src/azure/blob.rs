//! Blob Storage: as much of it as shows who may read, write, list and delete.
//!
//! Sources: "Blob Storage REST API" (Put Blob, Get Blob, Delete Blob, List Blobs, Get Container Properties, and the action that each asks for); "Status and error codes"; "Authorize with Microsoft Entra ID" (`x-ms-version` of 2017-11-09 or later).
//! Not here: accounts and containers as resources (`arm/storage.rs`).

use quick_xml::escape::escape;
use serde::{Deserialize, Serialize};

use super::access::{acts, acts_on_data};
use super::arm::storage;
use super::call::{Call, Refusal, bare};
use crate::aws::call::{hex_id, now};
use crate::aws::tokens::base64url;
use crate::http::{Answer, Request};

const BLOBS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Blob {
    /// In base64url.
    content: String,
    content_type: String,
    etag: String,
    /// As HTTP writes dates.
    written_at: String,
}

/// The prefix of the keys of a container's blobs.
pub(super) fn prefix(account: &str, container: &str) -> String {
    format!("azure/blob/{}/{container}/", account.to_lowercase())
}

/// The operation that a request names.
pub(super) fn operation(request: &Request, path: &[String]) -> String {
    let of_container = request.query_value("restype").as_deref() == Some("container");
    let comp = request.query_value("comp").unwrap_or_default();
    match (request.method.as_str(), path.len(), comp.as_str()) {
        ("GET", 2, "list") if of_container => "ListBlobs",
        ("GET" | "HEAD", 2, "") if of_container => "GetContainerProperties",
        ("PUT", 3.., "") => "PutBlob",
        ("GET", 3.., "") => "GetBlob",
        ("HEAD", 3.., "") => "GetBlobProperties",
        ("DELETE", 3.., "") => "DeleteBlob",
        _ => "",
    }
    .to_owned()
}

/// Does what is asked.
pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[String],
) -> Result<Answer, Refusal> {
    let operation = operation(request, path);
    let [account, container, blob @ ..] = path else {
        return Err(unsupported());
    };
    if operation.is_empty() {
        return Err(unsupported());
    }
    // Dates sort as texts do.
    if request.header("x-ms-version").unwrap_or_default() < "2017-11-09" {
        return Err(Refusal::new(
            403,
            "AuthenticationFailed",
            "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature. Authentication scheme Bearer is not supported in this version.",
        ));
    }
    let found = storage::account(call.db, account).ok_or_else(|| {
        Refusal::new(
            404,
            "ResourceNotFound",
            "The specified resource does not exist.",
        )
    })?;
    let at = Place {
        scope: format!("{}/blobServices/default/containers/{container}", found.id()),
        prefix: prefix(account, container),
        name: blob.join("/"),
    };
    call.resource = Some(format!("{account}/{container}/{}", at.name));
    if !may(call, &operation, &at) {
        return Err(denied());
    }
    if !storage::has_container(call.db, account, container) {
        return Err(Refusal::new(
            404,
            "ContainerNotFound",
            "The specified container does not exist.",
        ));
    }
    match operation.as_str() {
        "ListBlobs" => list(call, request, &at, container),
        "GetContainerProperties" => {
            Ok(bare(call, 200).with_header("x-ms-lease-state", "available"))
        }
        "PutBlob" => put(call, request, &at),
        "DeleteBlob" => {
            find(call, &at)?;
            call.db.remove(&at.key());
            Ok(bare(call, 202))
        }
        _ => read(call, request, &at),
    }
}

/// What a request is about.
struct Place {
    /// Resource id of the container.
    scope: String,
    prefix: String,
    /// Name of the blob.
    name: String,
}

impl Place {
    fn key(&self) -> String {
        format!("{}{}", self.prefix, self.name)
    }
}

/// Whether the caller's roles allow an operation.
fn may(call: &Call<'_>, operation: &str, at: &Place) -> bool {
    let data =
        |verb: &str| acts_on_data(call.db, &call.caller, &format!("{BLOBS}/{verb}"), &at.scope);
    match operation {
        "GetContainerProperties" => acts(
            call.db,
            &call.caller,
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            &at.scope,
        ),
        // Put Blob: write, or add to make one that is not there.
        "PutBlob" => {
            data("write") || call.db.get::<Blob>(&at.key()).is_none() && data("add/action")
        }
        "DeleteBlob" => data("delete"),
        _ => data("read"),
    }
}

fn find(call: &Call<'_>, at: &Place) -> Result<Blob, Refusal> {
    call.db
        .get(&at.key())
        .ok_or_else(|| Refusal::new(404, "BlobNotFound", "The specified blob does not exist."))
}

/// Get Blob and Get Blob Properties.
fn read(call: &Call<'_>, request: &Request, at: &Place) -> Result<Answer, Refusal> {
    let blob = find(call, at)?;
    let content = base64url::decode(&blob.content).unwrap_or_default();
    let whole = content.len();
    let answer = |status: u16| {
        bare(call, status)
            .with_header("etag", blob.etag.as_str())
            .with_header("last-modified", blob.written_at.as_str())
            .with_header("x-ms-blob-type", "BlockBlob")
    };
    if request.method == "HEAD" {
        return Ok(answer(200)
            .with_header("content-length", whole.to_string())
            .with_header("content-type", blob.content_type.as_str()));
    }
    let Some((from, to)) = range(request) else {
        return Ok(answer(200).with_body(&blob.content_type, content));
    };
    if from >= whole {
        return Err(Refusal::new(
            416,
            "InvalidRange",
            "The range specified is invalid for the current size of the resource.",
        ));
    }
    let to = to.map_or(whole, |to| to.saturating_add(1).clamp(from, whole));
    let last = to.saturating_sub(1);
    Ok(answer(206)
        .with_header("content-range", format!("bytes {from}-{last}/{whole}"))
        .with_body(&blob.content_type, &content[from..to]))
}

/// The first and the last byte that are asked for.
///
/// Source: "Specifying the range header for Blob service operations": `bytes=first-` or `bytes=first-last`, in `x-ms-range` before `range`.
fn range(request: &Request) -> Option<(usize, Option<usize>)> {
    let header = request.header("x-ms-range").or(request.header("range"))?;
    let (from, to) = header.strip_prefix("bytes=")?.split_once('-')?;
    Some((from.parse().ok()?, to.parse().ok()))
}

fn put(call: &mut Call<'_>, request: &Request, at: &Place) -> Result<Answer, Refusal> {
    match request.header("x-ms-blob-type") {
        Some("BlockBlob") => {}
        None => {
            return Err(Refusal::new(
                400,
                "MissingRequiredHeader",
                "An HTTP header that's mandatory for this request is not specified.",
            ));
        }
        Some(_) => {
            return Err(Refusal::new(
                400,
                "InvalidHeaderValue",
                "The value for one of the HTTP headers is not in the correct format.",
            ));
        }
    }
    let existing = call.db.get_at_once::<Blob>(&at.key());
    if existing.is_some() && request.header("if-none-match") == Some("*") {
        return Err(Refusal::new(
            409,
            "BlobAlreadyExists",
            "The specified blob already exists.",
        ));
    }
    if let Some(wanted) = request.header("if-match")
        && existing.is_none_or(|blob| blob.etag != wanted)
    {
        return Err(Refusal::new(
            412,
            "ConditionNotMet",
            "The condition specified using HTTP conditional header(s) is not met.",
        ));
    }
    let text = String::from_utf8_lossy(&request.body);
    let etag = format!(
        "\"0x{}\"",
        hex_id(&["etag", &at.key(), &text], 16).to_uppercase()
    );
    let written_at = now(call.db)
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    let blob = Blob {
        content: base64url::encode(&request.body),
        content_type: request
            .header("content-type")
            .unwrap_or("application/octet-stream")
            .to_owned(),
        etag: etag.clone(),
        written_at: written_at.clone(),
    };
    call.db.put(&at.key(), &blob);
    Ok(bare(call, 201)
        .with_header("etag", etag)
        .with_header("last-modified", written_at))
}

/// What a listing may include besides ("List Blobs").
const INCLUDE: [&str; 10] = [
    "snapshots",
    "metadata",
    "uncommittedblobs",
    "copy",
    "deleted",
    "tags",
    "versions",
    "deletedwithversions",
    "immutabilitypolicy",
    "legalhold",
];

/// The most entries of a page.
const MAX_RESULTS: usize = 5_000;

/// How many entries a page may have, and how many stand before it: our markers say that in digits.
fn page(request: &Request) -> Result<(usize, usize), Refusal> {
    let include = request.query_value("include").unwrap_or_default();
    let is_known = |word: &str| word.is_empty() || INCLUDE.contains(&word);
    if !include.split(',').all(is_known) {
        return Err(unsupported());
    }
    let number = |name: &str| match request.query_value(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => text.parse::<usize>().map(Some).map_err(|_| unsupported()),
    };
    match number("maxresults")? {
        Some(0) => Err(Refusal::new(
            400,
            "OutOfRangeQueryParameterValue",
            "One of the query parameters specified in the request URI is outside the permissible range.",
        )),
        most => {
            let most = most.unwrap_or(MAX_RESULTS).min(MAX_RESULTS);
            Ok((most, number("marker")?.unwrap_or(0)))
        }
    }
}

/// A page of what has a prefix; with a delimiter, what lies below it as one prefix.
fn list(
    call: &Call<'_>,
    request: &Request,
    at: &Place,
    container: &str,
) -> Result<Answer, Refusal> {
    let (most, skipped) = page(request)?;
    let wanted = request.query_value("prefix").unwrap_or_default();
    let delimiter = request
        .query_value("delimiter")
        .filter(|text| !text.is_empty());
    let mut items = Vec::new();
    let mut last = String::new();
    for (name, blob) in call.db.scan::<Blob>(&at.prefix) {
        let Some(rest) = name.strip_prefix(&wanted) else {
            continue;
        };
        if let Some((folder, _)) = delimiter.as_deref().and_then(|text| rest.split_once(text)) {
            let folder = format!(
                "{wanted}{folder}{}",
                delimiter.as_deref().unwrap_or_default()
            );
            if folder != last {
                items.push(format!(
                    "<BlobPrefix><Name>{}</Name></BlobPrefix>",
                    escape(&folder)
                ));
                last = folder;
            }
            continue;
        }
        let Blob {
            content,
            content_type,
            etag,
            written_at,
        } = &blob;
        let (name, kind) = (escape(name), escape(content_type.as_str()));
        // Four letters of base64 are three bytes.
        let length = content.len() * 3 / 4;
        items.push(format!(
            "<Blob><Name>{name}</Name><Properties><Last-Modified>{written_at}</Last-Modified><Etag>{etag}</Etag><Content-Length>{length}</Content-Length><Content-Type>{kind}</Content-Type><BlobType>BlockBlob</BlobType></Properties></Blob>"
        ));
    }
    let next = match items.len() > skipped + most {
        true => format!("<NextMarker>{}</NextMarker>", skipped + most),
        false => "<NextMarker />".to_owned(),
    };
    let items: String = items.into_iter().skip(skipped).take(most).collect();
    let body = format!(
        r#"<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="{}"><Prefix>{}</Prefix><Blobs>{items}</Blobs>{next}</EnumerationResults>"#,
        escape(container),
        escape(&wanted)
    );
    Ok(bare(call, 200).with_body("application/xml", body))
}

fn unsupported() -> Refusal {
    Refusal::new(
        400,
        "InvalidQueryParameterValue",
        "Value for one of the query parameters specified in the request URI is invalid.",
    )
}

/// The caller's roles do not allow it.
pub(super) fn denied() -> Refusal {
    Refusal::new(
        403,
        "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission.",
    )
}

/// A refusal in the form of the storage services.
pub(super) fn render(refusal: &Refusal, request_id: &str) -> Answer {
    let Refusal { code, message, .. } = refusal;
    let body = format!(
        r#"<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{}&#10;RequestId:{request_id}</Message></Error>"#,
        escape(message.as_str())
    );
    Answer::new(refusal.status)
        .with_header("x-ms-error-code", code.as_str())
        .with_body("application/xml", body)
}
