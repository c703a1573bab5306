//! What can be set on a bucket.
//!
//! Where a bucket lies is `place`'s.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::*;
use crate::problem::Problems;
use crate::read::{Read, choose, wrong_type};
use crate::tree::{Node, Value};

choice! {
    /// What of Block Public Access is on.
    BlockPublicAccessWord {
        /// All four settings.
        All = "all",
        /// The two about access control lists; a public bucket policy counts.
        Acls = "acls",
        /// None of the four.
        None = "none",
    }
}

choice! {
    /// What becomes of a bucket that wip made.
    OnDestroyWord {
        /// It stays, with all that is in it.
        Keep = "keep",
        /// It is deleted, if it is empty.
        Delete = "delete",
    }
}

/// What encrypts objects that come without a wish of their own.
#[derive(Clone, Debug)]
pub(crate) enum EncryptionSpec {
    SseS3,
    Kms(Box<KmsEncryption>),
}

record! {
    /// A key of KMS, with an S3 Bucket Key.
    KmsEncryption {
        /// The key's ARN, in the bucket's region.
        "kmsKey" kms_key: KmsKeyArn,
    }
}

impl Read for EncryptionSpec {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Scalar { .. } => {
                choose(node, &[("sseS3", ())], &[], problems).map(|()| Self::SseS3)
            }
            Value::Map(_) => {
                KmsEncryption::read(node, problems).map(|kms| Self::Kms(Box::new(kms)))
            }
            Value::List(_) => {
                wrong_type(node, "`sseS3` or `{ kmsKey: … }`", problems);
                None
            }
        }
    }
}

impl JsonSchema for EncryptionSpec {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EncryptionSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kms = generator.subschema_for::<KmsEncryption>();
        schemars::json_schema!({
            "description": "`sseS3` for keys of S3 itself, or a key of KMS.",
            "oneOf": [{ "const": "sseS3" }, kms],
        })
    }
}
