//! Uploads in parts.
//!
//! Sources: "Uploading and copying objects using multipart upload" (permissions) and "Amazon S3 multipart upload limits" in the S3 user guide; "Error responses" of the S3 API reference.
//! Not here: copying parts, and pages of the listings.

use std::collections::BTreeMap;

use percent_encoding::percent_encode;
use serde::{Deserialize, Serialize};

use super::bucket::{Bucket, name, open};
use super::not_implemented;
use super::objects::{self, Object, UNREADABLE};
use super::sealing::{Sealed, told};
use super::target::Target;
use super::xml::{Element, done, malformed, result};
use crate::aws::call::{Call, Refusal, hex_id};
use crate::http::{Answer, Request};

/// The smallest part but the last, in bytes.
const SMALLEST: usize = 5 * 1024 * 1024;
const MOST_PARTS: usize = 10_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Upload {
    key: String,
    content_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache_control: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<Sealed>,
    initiated_at: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Part {
    content: String,
    etag: String,
    size: usize,
    modified_at: String,
}

fn uploads(call: &Call<'_>, bucket: &str) -> String {
    format!("aws/s3/{}/upload/{bucket}/", call.partition)
}

fn parts(call: &Call<'_>, bucket: &str, id: &str) -> String {
    format!("aws/s3/{}/part/{bucket}/{id}/", call.partition)
}

/// Forgets the uploads of a bucket that is deleted.
pub(super) fn forget(call: &mut Call<'_>, bucket: &str) {
    for kind in ["upload", "part"] {
        let prefix = format!("aws/s3/{}/{kind}/{bucket}/", call.partition);
        call.db.remove_all(&prefix);
    }
}

/// `CreateMultipartUpload`.
pub(super) fn create(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let bucket = open(call, request, target)?;
    let (name, key) = (name(target), target.key.as_deref().unwrap_or_default());
    objects::check_key(key)?;
    let sealed = Sealed::wanted(call, request, &bucket)?;
    if let Some(sealed) = &sealed {
        sealed.check(call, &bucket, (name, key), "kms:GenerateDataKey")?;
    }
    let count = call.db.get::<u64>("sandbox/uploads").unwrap_or(0) + 1;
    call.db.put("sandbox/uploads", &count);
    let id = hex_id(&["upload", name, key, &count.to_string()], 64);
    let upload = Upload {
        key: key.to_owned(),
        content_type: objects::content_type(request),
        cache_control: objects::cache_control(request),
        metadata: objects::metadata(request)?,
        sealed,
        initiated_at: call.now().to_string(),
    };
    let place = uploads(call, name) + &id;
    call.db.put(&place, &upload);
    let answer = result(call, "InitiateMultipartUploadResult", |xml| {
        xml.text("Bucket", name);
        xml.text("Key", key);
        xml.text("UploadId", &id);
    });
    Ok(told(answer, upload.sealed.as_ref()))
}

/// The upload that a request names.
struct Open {
    bucket: Bucket,
    id: String,
    upload: Upload,
}

fn opened(call: &Call<'_>, request: &Request, target: &Target) -> Result<Open, Refusal> {
    let bucket = open(call, request, target)?;
    let id = request.query_value("uploadId").unwrap_or_default();
    let upload: Option<Upload> = call.db.get(&(uploads(call, name(target)) + &id));
    let upload = upload
        .filter(|upload| Some(&upload.key) == target.key.as_ref())
        .ok_or_else(|| {
            Refusal::new(
                404,
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
            )
            .with("UploadId", id.as_str())
        })?;
    Ok(Open { bucket, id, upload })
}

impl Open {
    /// Reading parts back needs the key, too.
    fn check_key(&self, call: &Call<'_>, target: &Target) -> Result<(), Refusal> {
        match &self.upload.sealed {
            None => Ok(()),
            Some(sealed) => {
                let at = (name(target), self.upload.key.as_str());
                sealed.check(call, &self.bucket, at, "kms:Decrypt")
            }
        }
    }
}

/// `UploadPart`.
pub(super) fn upload_part(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    if request.header("x-amz-copy-source").is_some() {
        return Err(not_implemented());
    }
    let open = opened(call, request, target)?;
    let number = request.query_value("partNumber").unwrap_or_default();
    let number = number
        .parse::<usize>()
        .ok()
        .filter(|number| (1..=MOST_PARTS).contains(number))
        .ok_or_else(|| {
            Refusal::new(
                400,
                "InvalidArgument",
                "Part number must be an integer between 1 and 10000, inclusive",
            )
            .with("ArgumentName", "partNumber")
            .with("ArgumentValue", number)
        })?;
    open.check_key(call, target)?;
    let body = super::body::decoded(request)?;
    let part = Part {
        etag: objects::digest(&body),
        size: body.len(),
        content: percent_encode(&body, UNREADABLE).to_string(),
        modified_at: call.now().to_string(),
    };
    let place = format!("{}{number:05}", parts(call, name(target), &open.id));
    call.db.put(&place, &part);
    let answer = done(call, 200).with_header("etag", format!("\"{}\"", part.etag));
    Ok(told(answer, open.upload.sealed.as_ref()))
}

/// `CompleteMultipartUpload`.
pub(super) fn complete(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let open = opened(call, request, target)?;
    let root = Element::read(&request.body, "CompleteMultipartUpload")?;
    let mut wanted: Vec<(usize, &str)> = Vec::new();
    for part in &root.children {
        let number = part.child_text("PartNumber").unwrap_or_default().parse();
        let etag = part.child_text("ETag").ok_or_else(malformed)?;
        wanted.push((number.map_err(|_| malformed())?, etag.trim_matches('"')));
    }
    if wanted.is_empty() {
        return Err(malformed());
    }
    if wanted.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
        return Err(Refusal::new(
            400,
            "InvalidPartOrder",
            "The list of parts was not in ascending order. The parts list must be specified in order by part number.",
        ));
    }
    let prefix = parts(call, name(target), &open.id);
    let mut found: Vec<Part> = Vec::new();
    for (number, etag) in &wanted {
        let part: Option<Part> = call.db.get(&format!("{prefix}{number:05}"));
        found.push(part.filter(|part| part.etag == *etag).ok_or_else(|| {
            Refusal::new(
                400,
                "InvalidPart",
                "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
            )
        })?);
    }
    if found.iter().rev().skip(1).any(|part| part.size < SMALLEST) {
        return Err(Refusal::new(
            400,
            "EntityTooSmall",
            "Your proposed upload is smaller than the minimum allowed size",
        ));
    }
    open.check_key(call, target)?;
    objects::check_conditions(call, request, target)?;
    let version = super::versions::make_room(call, &open.bucket, target);
    let etags: String = found.iter().map(|part| part.etag.as_str()).collect();
    let object = Object {
        content: found.iter().map(|part| part.content.as_str()).collect(),
        content_type: open.upload.content_type.clone(),
        cache_control: open.upload.cache_control.clone(),
        metadata: open.upload.metadata.clone(),
        etag: format!("{}-{}", objects::digest(etags.as_bytes()), found.len()),
        size: found.iter().map(|part| part.size).sum(),
        sealed: open.upload.sealed.clone(),
        version,
        modified_at: call.now().to_string(),
    };
    let place = objects::key(call, target);
    call.db.put(&place, &object);
    call.db.remove_all(&prefix);
    let upload = uploads(call, name(target)) + &open.id;
    call.db.remove(&upload);
    let answer = result(call, "CompleteMultipartUploadResult", |xml| {
        let (name, key) = (name(target), &open.upload.key);
        let host = format!("{name}.s3.{}.{}", call.region, call.dns_suffix());
        xml.text("Location", &format!("https://{host}/{key}"));
        xml.text("Bucket", name);
        xml.text("Key", key);
        xml.text("ETag", &format!("\"{}\"", object.etag));
    });
    Ok(told(answer, object.sealed.as_ref()))
}

/// `AbortMultipartUpload`.
pub(super) fn abort(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let open = opened(call, request, target)?;
    let prefix = parts(call, name(target), &open.id);
    call.db.remove_all(&prefix);
    let upload = uploads(call, name(target)) + &open.id;
    call.db.remove(&upload);
    Ok(done(call, 204))
}

/// `ListParts`.
pub(super) fn list_parts(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let open = opened(call, request, target)?;
    let prefix = parts(call, name(target), &open.id);
    let found: Vec<(String, Part)> = call
        .db
        .scan::<Part>(&prefix)
        .map(|(number, part)| (number.trim_start_matches('0').to_owned(), part))
        .collect();
    Ok(result(call, "ListPartsResult", |xml| {
        xml.text("Bucket", name(target));
        xml.text("Key", &open.upload.key);
        xml.text("UploadId", &open.id);
        xml.text("StorageClass", "STANDARD");
        xml.text("MaxParts", "1000");
        xml.text("IsTruncated", "false");
        for (number, part) in &found {
            xml.element("Part", |xml| {
                xml.text("PartNumber", number);
                xml.text("LastModified", &part.modified_at);
                xml.text("ETag", &format!("\"{}\"", part.etag));
                xml.text("Size", &part.size.to_string());
            });
        }
    }))
}

/// `ListMultipartUploads`.
pub(super) fn list(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    open(call, request, target)?;
    let prefix = request.query_value("prefix").unwrap_or_default();
    let place = uploads(call, name(target));
    let mut found: Vec<(String, Upload)> = call
        .db
        .scan::<Upload>(&place)
        .filter(|(_, upload)| upload.key.starts_with(&prefix))
        .map(|(id, upload)| (id.to_owned(), upload))
        .collect();
    found.sort_by(|(_, one), (_, other)| one.key.cmp(&other.key));
    Ok(result(call, "ListMultipartUploadsResult", |xml| {
        xml.text("Bucket", name(target));
        xml.text("KeyMarker", "");
        xml.text("UploadIdMarker", "");
        xml.text("Prefix", &prefix);
        xml.text("MaxUploads", "1000");
        xml.text("IsTruncated", "false");
        for (id, upload) in &found {
            xml.element("Upload", |xml| {
                xml.text("Key", &upload.key);
                xml.text("UploadId", id);
                xml.text("StorageClass", "STANDARD");
                xml.text("Initiated", &upload.initiated_at);
            });
        }
    }))
}
