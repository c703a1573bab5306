//! The clouds that are compiled in: the only place with a `cfg`, and the only one that lists them.

use std::path::Path;

use wip_engine::Clouds;
use wip_plan::{Field, KindInfo};
use wip_provider::Driver;
use wip_space::Space;

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
    let endpoint = match &session.global.sandbox {
        Some(dir) => Some(sandbox(dir, space).await?),
        None => None,
    };
    Ok(Clouds::new(drivers(endpoint, space)))
}

#[cfg(feature = "aws")]
fn drivers(endpoint: Option<String>, space: &Space) -> Vec<Box<dyn Driver>> {
    let settings = wip_aws::Settings {
        endpoint,
        ..wip_aws::Settings::default()
    };
    vec![Box::new(wip_provider::CloudDriver::new(wip_aws::Aws::new(
        settings, space,
    )))]
}

#[cfg(not(feature = "aws"))]
fn drivers(_endpoint: Option<String>, _space: &Space) -> Vec<Box<dyn Driver>> {
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

/// The fields of a kind that need care; none of one that is not known.
pub(crate) fn fields(kind: &str) -> &'static [Field] {
    kinds()
        .into_iter()
        .find(|info| info.name == kind)
        .map_or(&[], |info| info.fields)
}

async fn sandbox(dir: &Path, space: &Space) -> Result<String, Failure> {
    let url = embedded::join(dir).await?;
    embedded::plant(dir, &url, space).await?;
    Ok(url)
}
