//! What is done with objects of S3: each attempt with an object of its own, which its owner has put where one must be there.

use super::asking::{Answer, Caller};
use super::spaces::Place;
use super::stage::{Stage, done};

/// An attempt at a place of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    Put,
    /// Starts an upload, uploads a part, completes it.
    UploadInParts,
    /// Aborts an upload: its own, where it may start one.
    Abort,
    ListParts,
    Get,
    Head,
    GetMissing,
    HeadMissing,
    /// Lists the prefix.
    List,
    Delete,
    /// Lists without a prefix.
    ListAll,
    HeadBucket,
    /// Lists the uploads of the bucket.
    ListUploads,
}

impl Does {
    /// Does it; what came of it.
    pub(crate) fn at(self, place: Place<'_>, session: &Caller, stage: &Stage) -> Answer {
        let Place { bucket, prefix, .. } = place;
        let object = format!("/{bucket}/{prefix}{self:?}");
        let ask = |method: &str, rest: &str| session.s3(&format!("{method} {object}{rest}"), "");
        match self {
            Self::Put => session.s3(&format!("PUT {object}"), "x"),
            Self::UploadInParts => in_parts(session, &object),
            Self::Abort => {
                let rest = format!("?uploadId={}", started(place, &object, session, stage));
                ask("DELETE", &rest)
            }
            Self::ListParts => {
                let rest = format!("?uploadId={}", started(place, &object, session, stage));
                ask("GET", &rest)
            }
            Self::GetMissing => ask("GET", ""),
            Self::HeadMissing => ask("HEAD", ""),
            Self::Get | Self::Head | Self::Delete => {
                let owner = stage.owner_of(place);
                done(&object, &owner.s3(&format!("PUT {object}"), "x"));
                let method = match self {
                    Self::Get => "GET",
                    Self::Head => "HEAD",
                    _ => "DELETE",
                };
                ask(method, "")
            }
            Self::List => session.s3(&format!("GET /{bucket}?list-type=2&prefix={prefix}"), ""),
            Self::ListAll => session.s3(&format!("GET /{bucket}?list-type=2"), ""),
            Self::HeadBucket => session.s3(&format!("HEAD /{bucket}"), ""),
            Self::ListUploads => session.s3(&format!("GET /{bucket}?uploads"), ""),
        }
    }
}

/// The first answer that is none of success, or the last.
fn in_parts(session: &Caller, object: &str) -> Answer {
    let begun = session.s3(&format!("POST {object}?uploads"), "");
    if !begun.worked() {
        return begun;
    }
    let id = begun.element("UploadId");
    let part = session.s3(&format!("PUT {object}?partNumber=1&uploadId={id}"), "x");
    let Some(tag) = part.header("etag") else {
        return part;
    };
    let parts = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></CompleteMultipartUpload>"
    );
    session.s3(&format!("POST {object}?uploadId={id}"), &parts)
}

/// The id of an upload, by the caller itself if it may.
fn started(place: Place<'_>, object: &str, session: &Caller, stage: &Stage) -> String {
    let what = format!("POST {object}?uploads");
    let mut begun = session.s3(&what, "");
    if !begun.worked() {
        begun = stage.owner_of(place).s3(&what, "");
        done(&what, &begun);
    }
    begun.element("UploadId")
}
