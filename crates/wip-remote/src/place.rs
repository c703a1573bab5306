//! The bucket of one Space: its objects by name, and what their failures mean for people.
//!
//! Owns the sentences; the classes are `objects`'s.

use std::path::PathBuf;

use wip_state::{MAX_STATE, StateError};

use crate::location::{Location, Provider};
use crate::objects::{Class, Fault, Object, Version};
use crate::steady::{Steady, Written};

/// A Space's part of a bucket.
pub(crate) struct Place {
    pub(crate) location: Location,
    pub(crate) objects: Steady,
}

/// What was to be done with an object, for the message of its failure.
#[derive(Clone, Copy)]
pub(crate) struct Doing {
    /// `write the new state`.
    pub(crate) what: &'static str,
    /// What was and what was not done, where it failed.
    pub(crate) consequence: &'static str,
    /// The same, where it is not known whether it failed.
    pub(crate) doubt: &'static str,
}

impl Doing {
    /// Something that leaves no doubt behind.
    pub(crate) const fn new(what: &'static str, consequence: &'static str) -> Self {
        Self {
            what,
            consequence,
            doubt: consequence,
        }
    }
}

impl Place {
    /// The URL of the object `name`, as messages take it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(self.url(name))
    }

    pub(crate) fn url(&self, name: &str) -> String {
        self.location.url(&self.location.key(name))
    }

    pub(crate) async fn get(&self, name: &str, doing: Doing) -> Result<Option<Object>, StateError> {
        let read = self.objects.get(&self.location.key(name), MAX_STATE).await;
        read.map_err(|fault| self.problem(fault, name, doing))
    }

    pub(crate) async fn create(
        &self,
        name: &str,
        bytes: &[u8],
        doing: Doing,
    ) -> Result<Written, StateError> {
        let written = self
            .objects
            .create(&self.location.key(name), bytes, false)
            .await;
        written.map_err(|fault| self.problem(fault, name, doing))
    }

    pub(crate) async fn replace(
        &self,
        name: &str,
        bytes: &[u8],
        over: &Version,
        doing: Doing,
    ) -> Result<Written, StateError> {
        let written = self
            .objects
            .replace(&self.location.key(name), bytes, over)
            .await;
        written.map_err(|fault| self.problem(fault, name, doing))
    }

    /// `false` where another version is there than `only`.
    pub(crate) async fn delete(
        &self,
        name: &str,
        only: Option<&Version>,
        doing: Doing,
    ) -> Result<bool, StateError> {
        let deleted = self.objects.delete(&self.location.key(name), only).await;
        deleted.map_err(|fault| self.problem(fault, name, doing))
    }

    /// What a failure means to who waits for it.
    pub(crate) fn problem(&self, fault: Fault, name: &str, doing: Doing) -> StateError {
        if fault.class == Class::TooLarge {
            return StateError::TooLarge {
                what: self.url(name),
                limit: MAX_STATE,
            };
        }
        StateError::Remote {
            doing: doing.what,
            url: self.url(name),
            why: self.why(fault.class),
            consequence: match fault.doubtful {
                true => doing.doubt,
                false => doing.consequence,
            },
            source: Box::new(fault),
        }
    }

    fn why(&self, class: Class) -> &'static str {
        match class {
            Class::NoBucket => match self.location.provider {
                Provider::Azure { .. } => "there is no such container, make it first",
                _ => "there is no such bucket, make it first, with versioning",
            },
            Class::Denied => match self.location.provider {
                Provider::S3 => {
                    "these credentials may not, they need s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is below the prefix"
                }
                Provider::Azure { .. } => {
                    "these credentials may not, they need the role Storage Blob Data Contributor on the container"
                }
                Provider::Gcs => {
                    "these credentials may not, they need the role roles/storage.objectUser on the bucket"
                }
            },
            Class::Credentials | Class::Token => match self.location.provider {
                Provider::S3 => {
                    "there are no credentials of AWS that are valid, see `aws sts get-caller-identity`"
                }
                Provider::Azure { .. } => {
                    "there are no credentials of Azure that are valid, set AZURE_* or use `az login`"
                }
                Provider::Gcs => {
                    "there are no credentials of Google that are valid, use `gcloud auth application-default login`"
                }
            },
            Class::Settings => "the endpoint is not one that wip asks",
            Class::Clock => "the clock of this machine is wrong, set it",
            Class::Region => "the bucket is in another region, set AWS_REGION to that",
            Class::Busy => "the server asks to be left alone for a while, try again later",
            Class::Unreached => "the server cannot be reached, check the network and the endpoint",
            Class::Lost => "the server gave no answer that can be understood, try again",
            Class::Moved | Class::Missing | Class::TooLarge | Class::Other => "the server refused",
        }
    }
}
