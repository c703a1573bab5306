//! S3 and Azure Blob Storage, through `object_store`.
//!
//! Owns which of its calls stand for which of ours, and the one call that it does not have: a
//! removal on a condition.
//! Credentials and endpoints are `s3`'s and `azure`'s.

use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3, AwsAuthorizer};
use object_store::azure::{AzureAuthorizer, MicrosoftAzure};
use object_store::client::{HttpClient, HttpRequest, HttpRequestBody};
use object_store::path::Path;
use object_store::{
    HeaderValue, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult,
    UpdateVersion,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;

use crate::objects::{Answer, Class, Fault, Object, Objects, Version};
use crate::watch::{hear, words};

/// What a path may have as it is: the unreserved characters of RFC 3986, and the slash.
pub(crate) const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// Who signs a request.
pub(crate) enum Signer {
    S3 {
        store: AmazonS3,
        region: String,
    },
    Azure {
        store: MicrosoftAzure,
        account: String,
    },
}

/// A bucket of S3, or a container of Azure.
pub(crate) struct Bucket {
    pub(crate) signer: Signer,
    pub(crate) http: HttpClient,
    /// The URL of the bucket, without a slash at the end.
    pub(crate) base: String,
}

impl Bucket {
    fn store(&self) -> &dyn ObjectStore {
        match &self.signer {
            Signer::S3 { store, .. } => store,
            Signer::Azure { store, .. } => store,
        }
    }

    async fn put(&self, key: &str, bytes: &[u8], mode: PutMode) -> Result<Version, Fault> {
        let options = PutOptions::from(mode);
        let payload = PutPayload::from(bytes.to_vec());
        let path = path(key)?;
        let put = hear(self.store().put_opts(&path, payload, options)).await;
        match put.map_err(fault).map_err(Fault::instead)? {
            PutResult {
                e_tag: Some(tag), ..
            } => Ok(Version(tag)),
            // It is written; which version it is, reading says.
            _ => Err(Fault::new(Class::Lost, "the server gave no entity tag")),
        }
    }

    async fn remove(&self, key: &str, only: Option<&Version>) -> Result<(), Fault> {
        let other = |error: String| Fault::new(Class::Other, error);
        let key = utf8_percent_encode(key, PATH);
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = Method::DELETE;
        *request.uri_mut() = format!("{}/{key}", self.base)
            .parse()
            .map_err(|error| other(format!("{error}")))?;
        if let Some(version) = only {
            let tag = HeaderValue::from_str(&version.0).map_err(|error| other(words(&error)))?;
            request.headers_mut().insert("if-match", tag);
        }
        let removing = async {
            self.sign(&mut request).await?;
            let response = self.http.execute(request).await.map_err(generic)?;
            match response.status().is_success() {
                true => Ok(()),
                false => Err(generic("the server refused")),
            }
        };
        match hear(removing).await.map_err(fault) {
            Err(fault) if fault.class == Class::Missing => Ok(()),
            removed => removed,
        }
    }

    async fn sign(&self, request: &mut HttpRequest) -> object_store::Result<()> {
        match &self.signer {
            Signer::S3 { store, region } => {
                let credential = store.credentials().get_credential().await?;
                AwsAuthorizer::new(&credential, "s3", region).try_authorize(request, None)
            }
            Signer::Azure { store, account } => {
                let credential = store.credentials().get_credential().await?;
                AzureAuthorizer::new(&credential, account).try_authorize(request)
            }
        }
    }
}

impl Objects for Bucket {
    fn get<'a>(&'a self, key: &'a str, limit: u64) -> Answer<'a, Option<Object>> {
        Box::pin(async move {
            let path = path(key)?;
            let read = async {
                let found = self.store().get(&path).await?;
                let meta = found.meta.clone();
                match meta.size > limit {
                    true => Ok((meta, None)),
                    false => Ok((meta, Some(found.bytes().await?))),
                }
            };
            let (meta, bytes) = match hear(read).await.map_err(fault) {
                Ok(read) => read,
                Err(fault) if fault.class == Class::Missing => return Ok(None),
                Err(fault) => return Err(fault),
            };
            let bytes = bytes.ok_or_else(|| {
                Fault::new(Class::TooLarge, format!("it has {} bytes", meta.size))
            })?;
            let version = meta
                .e_tag
                .ok_or_else(|| Fault::new(Class::Other, "the server gave no entity tag"))?;
            Ok(Some(Object {
                bytes: bytes.into(),
                version: Version(version),
            }))
        })
    }

    fn create<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> Answer<'a, Version> {
        Box::pin(self.put(key, bytes, PutMode::Create))
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        over: &'a Version,
    ) -> Answer<'a, Version> {
        let over = UpdateVersion {
            e_tag: Some(over.0.clone()),
            version: None,
        };
        Box::pin(self.put(key, bytes, PutMode::Update(over)))
    }

    fn delete<'a>(&'a self, key: &'a str, only: Option<&'a Version>) -> Answer<'a, ()> {
        Box::pin(self.remove(key, only))
    }

    fn list<'a>(&'a self, prefix: &'a str) -> Answer<'a, Vec<String>> {
        Box::pin(async move {
            let path = path(prefix)?;
            let listing = self.store().list(Some(&path)).map_ok(|meta| meta.location);
            let listed = hear(listing.map_ok(String::from).try_collect::<Vec<_>>()).await;
            let mut names = listed.map_err(fault)?;
            names.sort_unstable();
            Ok(names)
        })
    }
}

fn path(key: &str) -> Result<Path, Fault> {
    Path::parse(key).map_err(|error| Fault::new(Class::Other, words(&error)))
}

/// What failed, as the server said it; where nobody was asked, there was nothing to sign with.
fn fault((error, heard): (object_store::Error, Option<Fault>)) -> Fault {
    heard.unwrap_or_else(|| Fault::new(Class::Credentials, words(&error)))
}

fn generic(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> object_store::Error {
    object_store::Error::Generic {
        store: "bucket",
        source: source.into(),
    }
}
