//! Objects that are encrypted with keys of KMS, and what their keys ask of who reads and writes them.
//!
//! Sources: "Using server-side encryption with AWS KMS keys (SSE-KMS)" (permissions, the encryption context `aws:s3:arn`) and "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys" (the context is the bucket then) in the S3 user guide; "Specifying server-side encryption with AWS KMS" for the headers.
//! Not here: encrypting anything, and keys that a client brings.

use serde::{Deserialize, Serialize};

use super::access_denied;
use super::bucket::{Bucket, arn};
use crate::aws::call::{Call, Refusal};
use crate::aws::kms::{self, Use};
use crate::http::{Answer, Request};

/// How an object is encrypted with KMS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sealed {
    algorithm: String,
    /// ARN of the key; absent for the account's key `aws/s3`, which only its account uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default)]
    bucket_key: bool,
}

impl Sealed {
    /// How an object that is put is to be encrypted: as its headers say, or as the bucket says.
    pub(super) fn wanted(
        call: &Call<'_>,
        request: &Request,
        bucket: &Bucket,
    ) -> Result<Option<Self>, Refusal> {
        let wish = request.header("x-amz-server-side-encryption");
        let key = request.header("x-amz-server-side-encryption-aws-kms-key-id");
        let bucket_key = request.header("x-amz-server-side-encryption-bucket-key-enabled");
        let invalid = |message: &str| Refusal::new(400, "InvalidArgument", message);
        let default = &bucket.encryption;
        match wish {
            None if key.is_some() => Err(invalid(
                "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
            )),
            None if default.algorithm == "AES256" => Ok(None),
            None => Ok(Some(Self {
                algorithm: default.algorithm.clone(),
                key: default.kms_key.as_deref().map(|key| key_arn(call, key)),
                bucket_key: default.bucket_key,
            })),
            Some("AES256") => Ok(None),
            Some(algorithm @ ("aws:kms" | "aws:kms:dsse")) => Ok(Some(Self {
                algorithm: algorithm.to_owned(),
                key: key
                    .or(default.kms_key.as_deref())
                    .map(|key| key_arn(call, key)),
                bucket_key: bucket_key.map_or(default.bucket_key, |flag| flag == "true"),
            })),
            Some(_) => Err(invalid("The encryption method specified is not supported")),
        }
    }

    /// Refuses what the caller may not do with the key of an object.
    pub(super) fn check(
        &self,
        call: &Call<'_>,
        bucket: &Bucket,
        (name, object): (&str, &str),
        action: &str,
    ) -> Result<(), Refusal> {
        let Some(key) = &self.key else {
            return if call.account() == bucket.account {
                Ok(())
            } else {
                Err(access_denied())
            };
        };
        let bucket_arn = arn(call.partition, name);
        let of = if self.bucket_key {
            bucket_arn
        } else {
            format!("{bucket_arn}/{object}")
        };
        let used = Use {
            key,
            action,
            context: &[("aws:s3:arn", &of)],
        };
        kms::check_use(call, &used).map_err(|refusal| match refusal.code.as_str() {
            "NotFoundException" => Refusal::new(400, "KMS.NotFoundException", refusal.message),
            _ => Refusal::new(403, "AccessDenied", refusal.message),
        })
    }
}

/// A key by its id is one of the caller's account.
fn key_arn(call: &Call<'_>, key: &str) -> String {
    if key.starts_with("arn:") {
        return key.to_owned();
    }
    let (partition, region, account) = (call.partition, &call.region, call.account());
    format!("arn:{partition}:kms:{region}:{account}:key/{key}")
}

/// The answer with the headers about encryption.
pub(super) fn told(answer: Answer, sealed: Option<&Sealed>) -> Answer {
    let Some(sealed) = sealed else {
        return answer.with_header("x-amz-server-side-encryption", "AES256");
    };
    let mut answer = answer.with_header("x-amz-server-side-encryption", sealed.algorithm.as_str());
    if let Some(key) = &sealed.key {
        answer = answer.with_header("x-amz-server-side-encryption-aws-kms-key-id", key.as_str());
    }
    if sealed.bucket_key {
        answer = answer.with_header("x-amz-server-side-encryption-bucket-key-enabled", "true");
    }
    answer
}
