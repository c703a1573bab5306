//! The clouds that are compiled in: the only place with a `cfg`, and the only one that lists them.

use std::path::Path;
use std::sync::Arc;

use wip_engine::Clouds;
use wip_plan::{Field, KindInfo};
use wip_provider::{Driver, Limits, Wire};
use wip_space::Space;
use wip_state::Store;

use crate::failure::Failure;
use crate::run::Session;

#[cfg_attr(feature = "sandbox", path = "embedded.rs")]
#[cfg_attr(not(feature = "sandbox"), path = "embedded_off.rs")]
pub(crate) mod embedded;
#[cfg(feature = "sandbox")]
#[path = "embedded_seed.rs"]
mod embedded_seed;

/// The drivers for a Space; with `--sandbox`, of a sandbox that runs and has what the Space
/// takes for granted.
pub(crate) async fn clouds(session: &Session<'_>, space: &Space) -> Result<Clouds, Failure> {
    let limits = session.global.limits.clone().unwrap_or_default();
    if let Some(api) = limits.unknown(APIS) {
        let heading = format!("--limits: wip calls no API `{api}`");
        let hint = format!("the APIs are {}", APIS.join(", "));
        return Err(Failure::new("WIP0004", heading, &hint));
    }
    let wire = &session.env.wire;
    let endpoint = match &session.global.sandbox {
        Some(dir) => Some(sandbox(dir, wire.as_ref(), space).await?),
        None => None,
    };
    Ok(Clouds::new(drivers(endpoint, wire.clone(), limits, space)))
}

#[cfg(feature = "aws")]
use wip_aws::APIS;
#[cfg(not(feature = "aws"))]
const APIS: &[&str] = &[];

#[cfg(feature = "aws")]
fn drivers(
    endpoint: Option<String>,
    wire: Option<Arc<dyn Wire>>,
    limits: Limits,
    space: &Space,
) -> Vec<Box<dyn Driver>> {
    let settings = wip_aws::Settings {
        endpoint,
        wire,
        limits,
        ..wip_aws::Settings::default()
    };
    vec![Box::new(wip_provider::CloudDriver::new(wip_aws::Aws::new(
        settings, space,
    )))]
}

#[cfg(not(feature = "aws"))]
fn drivers(
    _: Option<String>,
    _: Option<Arc<dyn Wire>>,
    _: Limits,
    _: &Space,
) -> Vec<Box<dyn Driver>> {
    Vec::new()
}

/// What there is to know of every kind.
pub(crate) fn kinds() -> Vec<KindInfo> {
    #[cfg(feature = "aws")]
    let kinds = <wip_aws::Aws as wip_provider::Cloud>::kinds()
        .iter()
        .map(|kind| kind.info())
        .collect();
    #[cfg(not(feature = "aws"))]
    let kinds = Vec::new();
    kinds
}

/// Code, title and text of the notes of every cloud.
pub(crate) fn codes() -> Vec<(String, String, String)> {
    #[cfg(feature = "aws")]
    let codes = wip_aws::CODES
        .iter()
        .map(|it| (it.code.to_owned(), it.title.to_owned(), it.text.to_owned()))
        .collect();
    #[cfg(not(feature = "aws"))]
    let codes = Vec::new();
    codes
}

/// What wip itself needs for a Space, by account.
#[cfg(feature = "aws")]
pub(crate) use wip_aws::rights;
/// Nothing, of no cloud.
#[cfg(not(feature = "aws"))]
pub(crate) fn rights(_: &Space) -> std::collections::BTreeMap<String, wip_provider::AccountRights> {
    std::collections::BTreeMap::new()
}

/// The fields of a kind that need care; none of one that is not known.
pub(crate) fn fields(kind: &str) -> &'static [Field] {
    kinds()
        .into_iter()
        .find(|info| info.name == kind)
        .map_or(&[], |info| info.fields)
}

async fn sandbox(
    dir: &Path,
    wire: Option<&Arc<dyn Wire>>,
    space: &Space,
) -> Result<String, Failure> {
    if let Some(wire) = wire {
        embedded::plant_on(dir, wire, space).await?;
        return Ok(embedded::ON_WIRE.to_owned());
    }
    let url = embedded::join(dir).await?;
    embedded::plant(dir, &url, space).await?;
    Ok(url)
}

/// The store of a Space in a bucket.
#[cfg(feature = "remote")]
pub(crate) fn remote(url: &str, space: &str) -> Result<Box<dyn Store>, Failure> {
    wip_remote::open(url, space, crate::env::variable).map_err(|error| {
        let heading = "--state or --lock names no place for states; nothing was done";
        Failure::new("WIP0208", heading, "").because(&error)
    })
}

/// `store`, whose runs also take the lock of a bucket.
#[cfg(feature = "remote")]
pub(crate) fn guarded(
    store: Box<dyn Store>,
    url: &str,
    space: &str,
) -> Result<Box<dyn Store>, Failure> {
    Ok(wip_remote::guarded(store, remote(url, space)?))
}

/// There is none in this wip.
#[cfg(not(feature = "remote"))]
pub(crate) fn remote(url: &str, _: &str) -> Result<Box<dyn Store>, Failure> {
    let heading = format!("this wip was built without stores in buckets; {url} cannot be used");
    let hint = "use a wip with the feature `remote`";
    Err(Failure::new("WIP0206", heading, hint))
}

/// There is none in this wip.
#[cfg(not(feature = "remote"))]
pub(crate) fn guarded(
    _: Box<dyn Store>,
    url: &str,
    space: &str,
) -> Result<Box<dyn Store>, Failure> {
    remote(url, space)
}
