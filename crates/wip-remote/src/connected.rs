//! A bucket that is connected to when it is first asked.
//!
//! Owns which provider stands behind which URL; a store can be named without credentials.

use tokio::sync::OnceCell;

use crate::location::{Location, Provider};
use crate::objects::{Answer, Fault, Object, Objects, Version};
use crate::{azure, gcs, s3};

/// Answers the value of a variable.
pub(crate) type Env = Box<dyn Fn(&str) -> Option<String>>;

/// A bucket, by its URL.
pub(crate) struct Connected {
    location: Location,
    env: Env,
    objects: OnceCell<Box<dyn Objects>>,
}

impl Connected {
    pub(crate) fn new(location: Location, env: Env) -> Self {
        Self {
            location,
            env,
            objects: OnceCell::new(),
        }
    }

    async fn objects(&self) -> Result<&dyn Objects, Fault> {
        let objects = self.objects.get_or_try_init(|| self.connect()).await?;
        Ok(&**objects)
    }

    async fn connect(&self) -> Result<Box<dyn Objects>, Fault> {
        let Location {
            provider, bucket, ..
        } = &self.location;
        Ok(match provider {
            Provider::S3 => Box::new(s3::connect(bucket).await?),
            Provider::Azure { account, endpoint } => Box::new(azure::connect(
                account,
                endpoint.as_deref(),
                bucket,
                &self.env,
            )?),
            Provider::Gcs => Box::new(gcs::connect(bucket, &self.env)?),
        })
    }
}

impl Objects for Connected {
    fn get<'a>(&'a self, key: &'a str, limit: u64) -> Answer<'a, Option<Object>> {
        Box::pin(async move { self.objects().await?.get(key, limit).await })
    }

    fn create<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> Answer<'a, Version> {
        Box::pin(async move { self.objects().await?.create(key, bytes).await })
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        over: &'a Version,
    ) -> Answer<'a, Version> {
        Box::pin(async move { self.objects().await?.replace(key, bytes, over).await })
    }

    fn delete<'a>(&'a self, key: &'a str, only: Option<&'a Version>) -> Answer<'a, ()> {
        Box::pin(async move { self.objects().await?.delete(key, only).await })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> Answer<'a, Vec<String>> {
        Box::pin(async move { self.objects().await?.list(prefix).await })
    }
}
