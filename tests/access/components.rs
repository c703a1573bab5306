//! What each component has to be able to do for its job, and must not be able to do, with what is its own: by hand, line by
//! line with its source, and never from wip's plan or from its evaluator.
//!
//! Not here: what is refused to all of them (`never.rs`).

use super::objects::Does;
use super::report::Expected::{self, Denied, Missing, Works};
use super::spaces::Component;

/// One line: what is tried, what must come of it, and who says so.
pub(crate) type Line = (Does, Expected, &'static str);

/// The four of "Policy for Thanos services" (thanos-io/objstore, README), by what the library calls them for.
///
/// An upload of more than a part is one in parts, and minio-go aborts it where it fails. `Exists` asks for the head of an
/// object, and takes only a 404 for no. What the library never asks for is refused.
const BACKUP: &[Line] = &[
    (Does::Put, Works, "objstore, Upload"),
    (Does::UploadInParts, Works, "objstore, Upload: part_size"),
    (Does::Abort, Works, "minio-go, PutObject: on errors"),
    (Does::Get, Works, "objstore, Get"),
    (Does::Head, Works, "objstore, Attributes and Exists"),
    (Does::List, Works, "objstore, Iter"),
    (
        Does::Delete,
        Works,
        "objstore, Delete; deletionPolicy of Backup",
    ),
    (Does::GetMissing, Missing, "objstore, IsObjNotFoundErr"),
    (Does::HeadMissing, Missing, "objstore, Exists"),
    (Does::ListParts, Denied, "objstore takes up no upload again"),
    (
        Does::ListUploads,
        Denied,
        "objstore takes up no upload again",
    ),
];

/// Permissions of the sink `aws_s3` (vectordotdev/vector, aws_s3.cue): `s3:PutObject`, and `s3:ListBucket` for its health
/// check, which is HeadBucket (src/sinks/s3_common/config.rs). The list is the same permission.
const BILLING: &[Line] = &[
    (Does::Put, Works, "Vector, aws_s3 sink"),
    (Does::HeadBucket, Works, "Vector, health check of aws_s3"),
    (Does::ListAll, Works, "s3:ListBucket allows both"),
    (Does::Get, Denied, "Vector reads nothing"),
    (Does::Head, Denied, "Vector reads nothing"),
    (Does::HeadMissing, Denied, "Vector reads nothing"),
    (Does::Delete, Denied, "Vector deletes nothing"),
    (Does::Abort, Denied, "Vector uploads in one part"),
    (Does::ListParts, Denied, "Vector uploads in one part"),
    (Does::ListUploads, Denied, "Vector uploads in one part"),
];

/// "Set permissions for Velero" (vmware-tanzu/velero-plugin-for-aws, README).
///
/// Its permissions on volumes are not tried: the sandbox has no EC2.
const VELERO: &[Line] = &[
    (Does::Put, Works, "Velero, s3:PutObject"),
    (Does::UploadInParts, Works, "Velero, s3:PutObject"),
    (Does::Abort, Works, "Velero, s3:AbortMultipartUpload"),
    (
        Does::ListParts,
        Works,
        "Velero, s3:ListMultipartUploadParts",
    ),
    (Does::Get, Works, "Velero, s3:GetObject"),
    (Does::Head, Works, "Velero, s3:GetObject"),
    (Does::List, Works, "Velero, s3:ListBucket"),
    (Does::ListAll, Works, "Velero, s3:ListBucket: no prefix"),
    (Does::HeadBucket, Works, "Velero, s3:ListBucket: no prefix"),
    (Does::Delete, Works, "Velero, s3:DeleteObject"),
    (
        Does::GetMissing,
        Missing,
        "Velero, s3:ListBucket: no prefix",
    ),
    (
        Does::HeadMissing,
        Missing,
        "Velero, s3:ListBucket: no prefix",
    ),
    (Does::ListUploads, Denied, "not among Velero's permissions"),
];

/// What its file says of the app of "IAM for Pods configuration" (EKS Anywhere): `allow: [read, list]`.
const APP: &[Line] = &[
    (Does::Get, Works, "allow: read"),
    (Does::Head, Works, "allow: read"),
    (Does::List, Works, "allow: list"),
    (Does::ListAll, Works, "allow: list, the whole bucket"),
    (Does::HeadBucket, Works, "allow: list, the whole bucket"),
    (Does::GetMissing, Missing, "allow: list, the whole bucket"),
    (Does::HeadMissing, Missing, "allow: list, the whole bucket"),
    (Does::Put, Denied, "no writing"),
    (Does::UploadInParts, Denied, "no writing"),
    (Does::Abort, Denied, "no writing"),
    (Does::ListParts, Denied, "no writing"),
    (Does::ListUploads, Denied, "no writing"),
    (Does::Delete, Denied, "no deleting"),
];

/// The lines about the place that a component writes to.
pub(crate) fn on_own(component: Component) -> &'static [Line] {
    match component {
        Component::Backup => BACKUP,
        Component::Billing => BILLING,
        Component::Velero => VELERO,
        Component::App => APP,
        Component::SharedSecrets => &[],
    }
}

/// The lines about a place that is restored from: read it, and leave it as it is ("Backup and Restore", Upbound).
pub(crate) const ON_RESTORED: &[Line] = &[
    (Does::Get, Works, "restoreFrom: read"),
    (Does::Head, Works, "restoreFrom: read"),
    (Does::List, Works, "restoreFrom: list"),
    (Does::HeadMissing, Missing, "objstore, Exists"),
    (Does::Put, Denied, "restoreFrom: no writing"),
    (Does::UploadInParts, Denied, "restoreFrom: no writing"),
    (Does::Abort, Denied, "restoreFrom: no writing"),
    (Does::Delete, Denied, "restoreFrom: no deleting"),
];

/// The lines about a place that belongs to others.
pub(crate) const ON_CLOSED: &[Line] = &[
    (Does::Put, Denied, "others' place"),
    (Does::UploadInParts, Denied, "others' place"),
    (Does::Abort, Denied, "others' place"),
    (Does::ListParts, Denied, "others' place"),
    (Does::Get, Denied, "others' place"),
    (Does::Head, Denied, "others' place"),
    (Does::GetMissing, Denied, "others' place"),
    (Does::HeadMissing, Denied, "others' place"),
    (Does::List, Denied, "others' place"),
    (Does::Delete, Denied, "others' place"),
];

/// The lines about the whole of a bucket of which a prefix is one's own.
pub(crate) const ON_WHOLE_BUCKET: &[Line] = &[
    (Does::ListAll, Denied, "the names of others' objects"),
    (
        Does::HeadBucket,
        Denied,
        "nobody but Vector and Velero asks",
    ),
];
