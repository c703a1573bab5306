//! Whether a container is empty.
//!
//! Azure Resource Manager does not know, and deletes a container with all that is in it: Blob Storage is asked, with the same
//! credentials. Where it does not say that there is nothing, the container is not deleted.
//! Source: "List Blobs" (Blob Storage REST API).

use http::Method;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Deserialize;
use wip_provider::{Class, CloudError};
use wip_rest::{Call, Request};

use crate::client::Clients;
use crate::places::subscription_of;
use crate::versions;

pub(super) const LIST: &str = "blob:ListBlobs";
pub(super) const ACCOUNT: &str = "arm:StorageAccounts_GetProperties";

/// What tokens for Blob Storage are for, in every cloud ("Authorize with Microsoft Entra ID", Blob Storage REST API).
const SCOPE: &str = "https://storage.azure.com/.default";

/// What a container holds that cannot be read any more counts too: it can be restored as long as the container is there.
const INCLUDE: &str = "snapshots,versions,deleted,uncommittedblobs";

/// The most pages of a listing with nothing in them that are read.
const MAX_PAGES: usize = 100;

/// Refuses where the container of this resource id is not known to be empty.
pub(super) async fn check(clients: &Clients, id: &str) -> Result<(), CloudError> {
    let container = id.rsplit('/').next().unwrap_or_default();
    let unknown = |error: CloudError| CloudError {
        class: Class::Final,
        message: format!(
            "the container {container} is not deleted, because nobody says that it is empty ({}); give whoever runs wip the role \
             Storage Blob Data Reader at the container, or apply with `onDestroy: keep` first",
            error.message
        ),
        ..error
    };
    match first(clients, id, container).await.map_err(unknown)? {
        None => Ok(()),
        Some(what) => {
            let words = format!(
                "the container {container} is not empty (it holds {what}), and wip deletes no blobs; empty it, or apply with \
                 `onDestroy: keep` first"
            );
            Err(CloudError::local(Class::Final, LIST, words))
        }
    }
}

/// The first thing that is found in it, in words.
async fn first(clients: &Clients, id: &str, container: &str) -> Result<Option<String>, CloudError> {
    let base = endpoint(clients, id).await?;
    let mut marker = String::new();
    for _ in 0..MAX_PAGES {
        let url = format!(
            "{base}/{container}?restype=container&comp=list&maxresults=1&include={INCLUDE}{marker}"
        );
        let request = Request {
            headers: vec![
                ("x-ms-version", versions::BLOBS.to_owned()),
                ("accept", "application/xml".to_owned()),
            ],
            ..Request::new(Method::GET, url)
        };
        let call = Call::read(LIST);
        let answer = clients.data(call, subscription_of(id), SCOPE, &request);
        let page = page(answer.await?.text()?)?;
        match (page.first, page.next) {
            (Some(name), _) => return Ok(Some(name)),
            (None, None) => return Ok(None),
            // A page may be empty although another follows ("Listing Blob storage resources").
            (None, Some(next)) => {
                let next = percent_encoding::utf8_percent_encode(
                    &next,
                    percent_encoding::NON_ALPHANUMERIC,
                );
                marker = format!("&marker={next}");
            }
        }
    }
    let words = "the listing does not end";
    Err(CloudError::local(Class::Final, LIST, words))
}

#[derive(Deserialize)]
struct Account {
    properties: AccountProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountProperties {
    primary_endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    blob: String,
}

/// Where the blobs of a container are: each cloud, and some accounts, have names of their own.
async fn endpoint(clients: &Clients, id: &str) -> Result<String, CloudError> {
    let call = Call::read(ACCOUNT);
    let (account, _) = id.split_once("/blobServices/").unwrap_or((id, ""));
    let live: Option<Account> = clients.get(call, account, versions::STORAGE).await?;
    let live = live.ok_or_else(|| {
        let words = "the storage account is not there";
        CloudError::local(Class::Final, LIST, words)
    })?;
    let url = live.properties.primary_endpoints.blob;
    Ok(url.trim_end_matches('/').to_owned())
}

/// A page of a listing.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    /// What stands first on it.
    first: Option<String>,
    /// The marker of the next one.
    next: Option<String>,
}

/// Reads a page; one that is not whole, or is none, is an error.
fn page(text: &str) -> Result<Page, CloudError> {
    let broken = |why: String| {
        let words = format!("the listing is not as documented: {why}");
        CloudError::local(Class::Broken, LIST, words)
    };
    let mut page = Page {
        first: None,
        next: None,
    };
    let (mut within, mut is_listing) = (Vec::new(), false);
    let mut reader = Reader::from_str(text);
    loop {
        match reader
            .read_event()
            .map_err(|error| broken(error.to_string()))?
        {
            Event::Start(start) => {
                within.push(String::from_utf8_lossy(start.name().as_ref()).into_owned());
                found(&mut page, &within);
            }
            Event::Empty(start) => {
                within.push(String::from_utf8_lossy(start.name().as_ref()).into_owned());
                found(&mut page, &within);
                within.pop();
            }
            Event::End(_) => {
                is_listing |= within == ["EnumerationResults"];
                within.pop();
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|error| broken(error.to_string()))?;
                let text = text.trim();
                if !text.is_empty() && within == ["EnumerationResults", "NextMarker"] {
                    page.next = Some(text.to_owned());
                }
            }
            Event::Eof if is_listing => return Ok(page),
            Event::Eof => return Err(broken("it is none".to_owned())),
            _ => {}
        }
    }
}

/// Anything at all below `Blobs` is something.
fn found(page: &mut Page, within: &[String]) {
    if let [root, blobs, what] = within
        && root == "EnumerationResults"
        && blobs == "Blobs"
    {
        page.first = Some(match what.as_str() {
            "Blob" => "a blob, or what is left of one".to_owned(),
            other => format!("a {other}"),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(blobs: &str, next: &str) -> String {
        format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"c\"><MaxResults>1</MaxResults>{blobs}{next}</EnumerationResults>"
        )
    }

    #[test]
    fn only_a_whole_listing_without_anything_is_empty() {
        let nothing = Page {
            first: None,
            next: None,
        };
        for (blobs, next) in [
            ("<Blobs />", "<NextMarker />"),
            ("<Blobs></Blobs>", "<NextMarker></NextMarker>"),
            ("<Blobs>\n</Blobs>", ""),
        ] {
            assert_eq!(page(&listing(blobs, next)).expect("a page"), nothing);
        }
        let more = page(&listing("<Blobs />", "<NextMarker>2!8!x</NextMarker>"));
        assert_eq!(more.expect("a page").next.as_deref(), Some("2!8!x"));
        for blobs in [
            "<Blobs><Blob><Name>a</Name></Blob></Blobs>",
            "<Blobs><BlobPrefix><Name>a/</Name></BlobPrefix></Blobs>",
            "<Blobs><Blob/></Blobs>",
        ] {
            let page = page(&listing(blobs, "<NextMarker />")).expect("a page");
            assert!(page.first.is_some(), "{blobs}");
        }
        let whole = listing("<Blobs />", "<NextMarker />");
        for none in [
            "",
            "{}",
            "<html></html>",
            &whole[..whole.len() - 30],
            "<EnumerationResults><Blobs>",
        ] {
            assert!(page(none).is_err(), "{none}");
        }
    }
}
