//! Google Cloud Storage, over its JSON API.
//!
//! Owns requests and answers of the five calls that are needed ("JSON API reference", Objects),
//! and the credentials: application default credentials, as `google-cloud-auth` finds them.
//! Not `object_store`: that writes through the XML API, which other servers of this kind do not
//! have with conditions.

use google_cloud_auth::credentials::{self, CacheableResource, Credentials};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Deserialize;

use crate::answers::Refusal;
use crate::near;
use crate::objects::{Answer, Class, Fault, Object, Objects, Version};
use crate::watch::{CONNECT, LONGEST_REFUSAL, words};

/// The largest answer that is not an object: a page of a listing.
const LONGEST_PAGE: u64 = 16 * 1024 * 1024;
/// What the credentials are for ("Cloud Storage OAuth scopes").
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";

/// A bucket of Google Cloud Storage.
pub(crate) struct Gcs {
    /// Without a slash at the end: `https://storage.googleapis.com`.
    endpoint: String,
    bucket: String,
    client: reqwest::Client,
    /// None on loopback.
    credentials: Option<Credentials>,
}

/// The part of an object's metadata that is asked for.
#[derive(Deserialize)]
struct Metadata {
    generation: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    items: Vec<Item>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
}

/// Connects to `bucket`.
pub(crate) fn connect(bucket: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Gcs, Fault> {
    let wrong = |why: String| Fault::new(Class::Settings, why);
    let given = [
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE",
        "STORAGE_EMULATOR_HOST",
    ]
    .into_iter()
    .find_map(|name| Some((name, env(name)?)).filter(|(_, value)| !value.is_empty()));
    let (endpoint, is_near) = match given {
        Some((name, value)) => endpoint(name, &value).map_err(wrong)?,
        None => ("https://storage.googleapis.com".to_owned(), false),
    };
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        // Whoever is redirected takes what was asked, and its tokens, to somebody else.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("wip/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| wrong(words(&error)))?;
    let credentials = match is_near {
        true => None,
        false => {
            let found = credentials::Builder::default().with_scopes([SCOPE]).build();
            Some(found.map_err(|error| Fault::new(Class::Credentials, words(&error)))?)
        }
    };
    Ok(Gcs {
        endpoint,
        bucket: bucket.to_owned(),
        client,
        credentials,
    })
}

/// The endpoint that a variable gives, with or without the API's path and, for an emulator's,
/// the scheme; and whether it is on this machine.
fn endpoint(name: &str, value: &str) -> Result<(String, bool), String> {
    let value = match value.contains("://") {
        true => value.to_owned(),
        false => format!("http://{value}"),
    };
    let url: Url = near::endpoint(name, &value)?;
    let text = value.trim_end_matches('/');
    let text = text.strip_suffix("/storage/v1").unwrap_or(text);
    Ok((text.to_owned(), near::is_loopback(&url)))
}

fn encoded(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

impl Gcs {
    fn object(&self, key: &str) -> String {
        let (endpoint, bucket) = (&self.endpoint, &self.bucket);
        format!("{endpoint}/storage/v1/b/{bucket}/o/{}", encoded(key))
    }

    async fn send(&self, method: Method, url: &str) -> Result<RequestBuilder, Fault> {
        let request = self.client.request(method, url);
        let Some(credentials) = &self.credentials else {
            return Ok(request);
        };
        match credentials.headers(Default::default()).await {
            Ok(CacheableResource::New { data, .. }) => Ok(request.headers(data)),
            Ok(CacheableResource::NotModified) => Err(Fault::new(
                Class::Credentials,
                "the credentials came without headers",
            )),
            Err(error) if error.is_transient() => Err(Fault::new(Class::Token, words(&error))),
            Err(error) => Err(Fault::new(Class::Credentials, words(&error))),
        }
    }

    /// Writes an object where the one that is there has `generation`; 0 is none.
    async fn put(&self, key: &str, bytes: &[u8], generation: &str) -> Result<Version, Fault> {
        let (endpoint, bucket) = (&self.endpoint, &self.bucket);
        let url = format!(
            "{endpoint}/upload/storage/v1/b/{bucket}/o?uploadType=multipart&ifGenerationMatch={}&fields=generation",
            encoded(generation)
        );
        let (boundary, body) = multipart(key, bytes);
        let request = self.send(Method::POST, &url).await?;
        let kind = format!("multipart/related; boundary={boundary}");
        let request = request.header(CONTENT_TYPE, kind).body(body);
        let answer = answer(request).await.map_err(no_bucket)?;
        let written = read(answer, LONGEST_PAGE).await?;
        let written: Metadata = parse(&written)?;
        Ok(Version(written.generation))
    }
}

/// The fault of a listing, or of a write on a condition: nothing but the bucket can be missing.
fn no_bucket(fault: Fault) -> Fault {
    match fault.class {
        Class::Missing => Fault::new(Class::NoBucket, fault.said),
        _ => fault,
    }
}

/// Metadata and content as one body ("Uploads", multipart upload).
fn multipart(key: &str, bytes: &[u8]) -> (String, Vec<u8>) {
    // A boundary must not occur in what it bounds.
    let holds = |boundary: &str| {
        let boundary = boundary.as_bytes();
        bytes.windows(boundary.len()).any(|part| part == boundary)
    };
    let mut number = 0;
    let boundary = loop {
        let boundary = format!("wip-part-{number}");
        if !holds(&boundary) {
            break boundary;
        }
        number += 1;
    };
    let metadata = serde_json::json!({ "name": key, "contentType": "application/octet-stream" });
    let mut body = format!(
        "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{metadata}\r\n\
         --{boundary}\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (boundary, body)
}

/// Sends a request; anything but success is a fault.
async fn answer(request: RequestBuilder) -> Result<Response, Fault> {
    let response = request.send().await.map_err(|error| {
        let class = match error.is_connect() {
            true => Class::Unreached,
            false => Class::Lost,
        };
        Fault::new(class, words(&error.without_url()))
    })?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let request_id = header(response.headers(), "x-guploader-uploadid");
    // What cannot be read says nothing, and the status says enough.
    let body = read(response, LONGEST_REFUSAL as u64)
        .await
        .unwrap_or_default();
    let mut refusal = Refusal::of_json(status, &String::from_utf8_lossy(&body));
    refusal.request_id = request_id;
    Err(refusal.fault())
}

async fn read(mut response: Response, limit: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let broken = |error: reqwest::Error| Fault::new(Class::Lost, words(&error.without_url()));
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > limit {
            return Err(Fault::new(Class::TooLarge, "the answer does not end"));
        }
    }
    Ok(bytes)
}

fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|error| Fault::new(Class::Lost, words(&error)))
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

impl Objects for Gcs {
    fn get<'a>(&'a self, key: &'a str, limit: u64) -> Answer<'a, Option<Object>> {
        Box::pin(async move {
            let url = format!("{}?alt=media", self.object(key));
            let request = self.send(Method::GET, &url).await?;
            let response = match answer(request).await {
                Err(fault) if fault.class == Class::Missing => return Ok(None),
                response => response?,
            };
            let generation = header(response.headers(), "x-goog-generation");
            let bytes = read(response, limit).await?;
            let version = generation
                .ok_or_else(|| Fault::new(Class::Other, "the server gave no generation"))?;
            Ok(Some(Object {
                bytes,
                version: Version(version),
            }))
        })
    }

    fn create<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> Answer<'a, Version> {
        Box::pin(self.put(key, bytes, "0"))
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        over: &'a Version,
    ) -> Answer<'a, Version> {
        Box::pin(self.put(key, bytes, &over.0))
    }

    fn delete<'a>(&'a self, key: &'a str, only: Option<&'a Version>) -> Answer<'a, ()> {
        Box::pin(async move {
            let only = only.map(|version| format!("?ifGenerationMatch={}", encoded(&version.0)));
            let url = self.object(key) + &only.unwrap_or_default();
            let request = self.send(Method::DELETE, &url).await?;
            match answer(request).await {
                Err(fault) if fault.class == Class::Missing => Ok(()),
                response => response.map(|_| ()),
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> Answer<'a, Vec<String>> {
        Box::pin(async move {
            let (endpoint, bucket) = (&self.endpoint, &self.bucket);
            let first = format!(
                "{endpoint}/storage/v1/b/{bucket}/o?prefix={}&fields=items(name),nextPageToken",
                encoded(prefix)
            );
            let mut names = Vec::new();
            let mut url = first.clone();
            loop {
                let request = self.send(Method::GET, &url).await?;
                let response = answer(request).await.map_err(no_bucket)?;
                let page: Page = parse(&read(response, LONGEST_PAGE).await?)?;
                names.extend(page.items.into_iter().map(|item| item.name));
                match page.next_page_token {
                    Some(token) if !token.is_empty() => {
                        url = format!("{first}&pageToken={}", encoded(&token));
                    }
                    _ => break,
                }
            }
            names.sort_unstable();
            Ok(names)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_does_not_occur_in_what_it_bounds() {
        let (boundary, body) = multipart("a", b"--wip-part-0 wip-part-1");
        assert_eq!(boundary, "wip-part-2");
        let body = String::from_utf8(body).expect("text");
        assert!(
            body.ends_with("\r\n\r\n--wip-part-0 wip-part-1\r\n--wip-part-2--\r\n"),
            "{body}"
        );
    }

    #[test]
    fn an_override_is_taken_as_the_tools_write_it() {
        let near = |value| endpoint("X", value).expect(value);
        let expected = ("http://127.0.0.1:4443".to_owned(), true);
        for value in [
            "127.0.0.1:4443",
            "http://127.0.0.1:4443/",
            "http://127.0.0.1:4443/storage/v1/",
        ] {
            assert_eq!(near(value), expected, "{value}");
        }
        assert!(!near("https://storage.example.org").1);
        assert!(endpoint("X", "storage.example.org").is_err());
    }
}
