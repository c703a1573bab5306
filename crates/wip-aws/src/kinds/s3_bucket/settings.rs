//! The settings of a bucket: read, and written where they are not so.
//!
//! Owns what the answers mean. A setting that was written is read until it shows: bucket configurations are eventually
//! consistent ("Amazon S3 data consistency model", Amazon S3 user guide).

use aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput;
use aws_sdk_s3::operation::get_public_access_block::GetPublicAccessBlockOutput;
use aws_sdk_s3::types::{
    BlockedEncryptionTypes, BucketVersioningStatus, PublicAccessBlockConfiguration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, VersioningConfiguration,
};
use wip_provider::{Class, CloudError};

use super::spec::{Blocked, BucketSpec, Encryption, Versioning};
use crate::client::{Call, Client};

/// A bucket of one account.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) client: &'a Client,
    pub(super) bucket: &'a str,
    /// It was made a moment ago.
    pub(super) fresh: bool,
}

impl At<'_> {
    /// `found`, where it is what was written.
    fn shown<T: PartialEq>(
        self,
        found: T,
        wanted: Option<&T>,
        call: &str,
    ) -> Result<T, CloudError> {
        if wanted.is_none_or(|wanted| *wanted == found) {
            return Ok(found);
        }
        let words = format!(
            "the bucket {} does not show yet what was written",
            self.bucket
        );
        Err(CloudError::local(Class::NotYet, call, words))
    }

    /// Reads the settings that `named` names.
    pub(super) async fn settings(self, named: &BucketSpec) -> Result<Live, CloudError> {
        let (versioning, encryption, blocked) = futures_util::join!(
            async {
                match named.versioning {
                    Some(_) => self.versioning(None).await,
                    None => Ok(None),
                }
            },
            async {
                match named.encryption {
                    Some(_) => self.encryption(None).await.map(|(live, _)| Some(live)),
                    None => Ok(None),
                }
            },
            async {
                match named.block_public_access {
                    Some(_) => self.blocked(None).await.map(Some),
                    None => Ok(None),
                }
            },
        );
        Ok(Live {
            versioning: versioning?,
            encryption: encryption?,
            blocked: blocked?,
        })
    }

    /// Writes the settings of `to` that are not as in `from`, each read again.
    ///
    /// Block Public Access first, so that a bucket that is to be shut is never open with the rest done.
    pub(super) async fn set(self, from: &Live, to: &BucketSpec) -> Result<(), CloudError> {
        if let Some(wanted) = to
            .block_public_access
            .filter(|to| from.blocked != Some(*to))
        {
            self.block(wanted).await?;
            self.blocked(Some(&wanted)).await?;
        }
        if let Some(wanted) = to.encryption.as_ref()
            && from.encryption.as_ref() != Some(wanted)
        {
            self.encrypt(wanted).await?;
            self.encryption(Some(wanted)).await?;
        }
        if let Some(wanted) = to.versioning.filter(|to| from.versioning != Some(*to)) {
            self.set_versioning(wanted).await?;
            self.versioning(Some(&Some(wanted))).await?;
        }
        Ok(())
    }

    /// Nothing where it was never set ("GetBucketVersioning", Amazon S3 API reference).
    async fn versioning(
        self,
        wanted: Option<&Option<Versioning>>,
    ) -> Result<Option<Versioning>, CloudError> {
        let ask = || {
            let ask = self.client.s3().get_bucket_versioning().bucket(self.bucket);
            ask.expected_bucket_owner(&self.client.account).send()
        };
        let call = Call::read("s3:GetBucketVersioning").of_fresh(self.fresh);
        self.client
            .call_judged(call, ask, |answer| {
                let found = answer?.status.and_then(|status| match status {
                    BucketVersioningStatus::Enabled => Some(Versioning::Enabled),
                    BucketVersioningStatus::Suspended => Some(Versioning::Suspended),
                    _ => None,
                });
                self.shown(found, wanted, "s3:GetBucketVersioning")
            })
            .await
    }

    async fn set_versioning(self, to: Versioning) -> Result<(), CloudError> {
        let status = match to {
            Versioning::Enabled => BucketVersioningStatus::Enabled,
            Versioning::Suspended => BucketVersioningStatus::Suspended,
        };
        let config = VersioningConfiguration::builder().status(status).build();
        let ask = || {
            let ask = self.client.s3().put_bucket_versioning().bucket(self.bucket);
            let ask = ask.expected_bucket_owner(&self.client.account);
            ask.versioning_configuration(config.clone()).send()
        };
        let call = Call::write("s3:PutBucketVersioning").of_fresh(self.fresh);
        self.client.call(call, ask).await.map(drop)
    }

    /// What encrypts, and which kinds of encryption the bucket refuses.
    async fn encryption(
        self,
        wanted: Option<&Encryption>,
    ) -> Result<(Encryption, Option<BlockedEncryptionTypes>), CloudError> {
        let ask = || {
            let ask = self.client.s3().get_bucket_encryption().bucket(self.bucket);
            ask.expected_bucket_owner(&self.client.account).send()
        };
        let judge = |answer: Result<GetBucketEncryptionOutput, CloudError>| {
            let rule = match answer {
                Ok(output) => output
                    .server_side_encryption_configuration
                    .and_then(|config| config.rules.into_iter().next()),
                Err(error) if error.code.as_deref() == Some(UNENCRYPTED) => None,
                Err(error) => return Err(error),
            };
            let (found, blocked) = encryption_of(rule);
            let found = self.shown(found, wanted, "s3:GetBucketEncryption")?;
            Ok((found, blocked))
        };
        let call = Call::read("s3:GetBucketEncryption").of_fresh(self.fresh);
        self.client.call_judged(call, ask, judge).await
    }

    /// Writes what encrypts; which kinds of encryption the bucket refuses stands in the same document, and stays.
    async fn encrypt(self, to: &Encryption) -> Result<(), CloudError> {
        let (_, blocked) = self.encryption(None).await?;
        let default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::from(to.algorithm.as_str()))
            .set_kms_master_key_id(to.kms_key.clone())
            .build();
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default.map_err(unbuilt)?)
            .bucket_key_enabled(to.bucket_key)
            .set_blocked_encryption_types(blocked)
            .build();
        let config = ServerSideEncryptionConfiguration::builder()
            .rules(rule)
            .build();
        let config = config.map_err(unbuilt)?;
        let ask = || {
            let ask = self.client.s3().put_bucket_encryption().bucket(self.bucket);
            let ask = ask.expected_bucket_owner(&self.client.account);
            ask.server_side_encryption_configuration(config.clone())
                .send()
        };
        let call = Call::write("s3:PutBucketEncryption").of_fresh(self.fresh);
        self.client.call(call, ask).await.map(drop)
    }

    async fn blocked(self, wanted: Option<&Blocked>) -> Result<Blocked, CloudError> {
        let ask = || {
            let ask = self
                .client
                .s3()
                .get_public_access_block()
                .bucket(self.bucket);
            ask.expected_bucket_owner(&self.client.account).send()
        };
        let judge = |answer: Result<GetPublicAccessBlockOutput, CloudError>| {
            let found = match answer {
                Ok(output) => output.public_access_block_configuration,
                // Nothing set is nothing blocked ("Configuring block public access settings for your S3 buckets").
                Err(error) if error.code.as_deref() == Some(UNBLOCKED) => None,
                Err(error) => return Err(error),
            };
            let on = |flag: Option<bool>| flag.unwrap_or(false);
            let found = found.map_or_else(Blocked::default, |found| Blocked {
                block_public_acls: on(found.block_public_acls),
                ignore_public_acls: on(found.ignore_public_acls),
                block_public_policy: on(found.block_public_policy),
                restrict_public_buckets: on(found.restrict_public_buckets),
            });
            self.shown(found, wanted, "s3:GetPublicAccessBlock")
        };
        let call = Call::read("s3:GetPublicAccessBlock").of_fresh(self.fresh);
        self.client.call_judged(call, ask, judge).await
    }

    async fn block(self, to: Blocked) -> Result<(), CloudError> {
        let config = PublicAccessBlockConfiguration::builder()
            .block_public_acls(to.block_public_acls)
            .ignore_public_acls(to.ignore_public_acls)
            .block_public_policy(to.block_public_policy)
            .restrict_public_buckets(to.restrict_public_buckets)
            .build();
        let ask = || {
            let ask = self
                .client
                .s3()
                .put_public_access_block()
                .bucket(self.bucket);
            let ask = ask.expected_bucket_owner(&self.client.account);
            ask.public_access_block_configuration(config.clone()).send()
        };
        let call = Call::write("s3:PutPublicAccessBlock").of_fresh(self.fresh);
        self.client.call(call, ask).await.map(drop)
    }
}

const UNENCRYPTED: &str = "ServerSideEncryptionConfigurationNotFoundError";
const UNBLOCKED: &str = "NoSuchPublicAccessBlockConfiguration";

/// The settings of a live bucket, as far as they were read.
#[derive(Clone, Debug, Default)]
pub(super) struct Live {
    pub(super) versioning: Option<Versioning>,
    pub(super) encryption: Option<Encryption>,
    pub(super) blocked: Option<Blocked>,
}

impl Live {
    /// Those of a spec.
    pub(super) fn of(spec: &BucketSpec) -> Self {
        Self {
            versioning: spec.versioning,
            encryption: spec.encryption.clone(),
            blocked: spec.block_public_access,
        }
    }
}

/// A bucket without a rule is encrypted with keys of S3 itself ("Setting default server-side encryption behavior for Amazon
/// S3 buckets", Amazon S3 user guide).
fn encryption_of(
    rule: Option<ServerSideEncryptionRule>,
) -> (Encryption, Option<BlockedEncryptionTypes>) {
    let own = Encryption {
        algorithm: "AES256".to_owned(),
        kms_key: None,
        bucket_key: false,
    };
    let Some(rule) = rule else {
        return (own, None);
    };
    let found = match rule.apply_server_side_encryption_by_default {
        None => own,
        Some(default) => {
            let algorithm = default.sse_algorithm.as_str().to_owned();
            let is_kms = algorithm != own.algorithm;
            Encryption {
                kms_key: default.kms_master_key_id,
                // It says nothing where no key of KMS is used.
                bucket_key: is_kms && rule.bucket_key_enabled.unwrap_or(false),
                algorithm,
            }
        }
    };
    (found, rule.blocked_encryption_types)
}

fn unbuilt(error: aws_sdk_s3::error::BuildError) -> CloudError {
    CloudError::local(Class::Final, "s3:PutBucketEncryption", error.to_string())
}
