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
#[cfg(all(feature = "sandbox", feature = "gcp"))]
#[path = "embedded_seed_google.rs"]
mod embedded_seed_google;

#[cfg_attr(feature = "kube", path = "clusters/mod.rs")]
#[cfg_attr(not(feature = "kube"), path = "clusters_off.rs")]
pub(crate) mod clusters;

/// The drivers for a Space; with `--sandbox`, of a sandbox that runs and has what the Space
/// takes for granted.
pub(crate) async fn clouds(session: &Session<'_>, space: &Space) -> Result<Clouds, Failure> {
    let limits = session.global.limits.clone().unwrap_or_default();
    let apis = [AWS_APIS, AZURE_APIS, GOOGLE_APIS].concat();
    if let Some(api) = limits.unknown(&apis) {
        let heading = format!("--limits: wip calls no API `{api}`");
        let hint = format!("the APIs are {}", apis.join(", "));
        return Err(Failure::new("WIP0004", heading, &hint));
    }
    let wire = &session.env.wire;
    let endpoint = match &session.global.sandbox {
        Some(dir) => Some(sandbox(dir, wire.as_ref(), space).await?),
        None => None,
    };
    let reach = Reach {
        endpoint,
        wire: wire.clone(),
        limits,
    };
    let drivers = [
        aws(&reach, space),
        azure(&reach, space),
        google(&reach, space),
    ];
    Ok(Clouds::new(drivers.into_iter().flatten().collect()))
}

#[cfg(feature = "aws")]
use wip_aws::APIS as AWS_APIS;
#[cfg(not(feature = "aws"))]
const AWS_APIS: &[&str] = &[];
#[cfg(feature = "azure")]
use wip_azure::APIS as AZURE_APIS;
#[cfg(not(feature = "azure"))]
const AZURE_APIS: &[&str] = &[];

#[cfg(feature = "gcp")]
use wip_gcp::APIS as GOOGLE_APIS;
#[cfg(not(feature = "gcp"))]
const GOOGLE_APIS: &[&str] = &[];

/// How every cloud is reached.
struct Reach {
    /// The sandbox, in place of the real clouds.
    endpoint: Option<String>,
    /// What answers in the place of the network.
    wire: Option<Arc<dyn Wire>>,
    limits: Limits,
}

#[cfg(feature = "aws")]
fn aws(reach: &Reach, space: &Space) -> Option<Box<dyn Driver>> {
    let settings = wip_aws::Settings {
        endpoint: reach.endpoint.clone(),
        wire: reach.wire.clone(),
        limits: reach.limits.clone(),
        ..wip_aws::Settings::default()
    };
    let cloud = wip_aws::Aws::new(settings, space);
    Some(Box::new(wip_provider::CloudDriver::new(cloud)))
}

#[cfg(not(feature = "aws"))]
fn aws(_: &Reach, _: &Space) -> Option<Box<dyn Driver>> {
    None
}

#[cfg(feature = "azure")]
fn azure(reach: &Reach, space: &Space) -> Option<Box<dyn Driver>> {
    let settings = wip_azure::Settings {
        endpoint: reach.endpoint.clone(),
        wire: reach.wire.clone(),
        patience: wip_provider::Patience::default(),
        limits: reach.limits.clone(),
        variable: crate::env::variable,
    };
    let cloud = wip_azure::Azure::new(settings, space);
    Some(Box::new(wip_provider::CloudDriver::new(cloud)))
}

#[cfg(not(feature = "azure"))]
fn azure(_: &Reach, _: &Space) -> Option<Box<dyn Driver>> {
    None
}

#[cfg(feature = "gcp")]
fn google(reach: &Reach, space: &Space) -> Option<Box<dyn Driver>> {
    let settings = wip_gcp::Settings {
        endpoint: reach.endpoint.clone(),
        wire: reach.wire.clone(),
        patience: wip_provider::Patience::default(),
        limits: reach.limits.clone(),
        variable: crate::env::variable,
    };
    let cloud = wip_gcp::Google::new(settings, space);
    Some(Box::new(wip_provider::CloudDriver::new(cloud)))
}

#[cfg(not(feature = "gcp"))]
fn google(_: &Reach, _: &Space) -> Option<Box<dyn Driver>> {
    None
}

/// What there is to know of every kind.
pub(crate) fn kinds() -> Vec<KindInfo> {
    #[cfg(feature = "aws")]
    let aws = infos::<wip_aws::Aws>();
    #[cfg(not(feature = "aws"))]
    let aws = Vec::new();
    #[cfg(feature = "azure")]
    let azure = infos::<wip_azure::Azure>();
    #[cfg(not(feature = "azure"))]
    let azure = Vec::new();
    #[cfg(feature = "gcp")]
    let google = infos::<wip_gcp::Google>();
    #[cfg(not(feature = "gcp"))]
    let google = Vec::new();
    [aws, azure, google].concat()
}

#[cfg(any(feature = "aws", feature = "azure", feature = "gcp"))]
fn infos<C: wip_provider::Cloud>() -> Vec<KindInfo> {
    C::kinds().iter().map(|kind| kind.info()).collect()
}

/// Code, title and text of the notes of every cloud.
pub(crate) fn codes() -> Vec<(String, String, String)> {
    let mut codes = Vec::new();
    #[cfg(feature = "aws")]
    codes.extend(wip_aws::CODES.iter().map(|it| [it.code, it.title, it.text]));
    #[cfg(feature = "azure")]
    codes.extend(
        wip_azure::CODES
            .iter()
            .map(|it| [it.code, it.title, it.text]),
    );
    #[cfg(feature = "gcp")]
    codes.extend(wip_gcp::CODES.iter().map(|it| [it.code, it.title, it.text]));
    codes
        .into_iter()
        .map(|texts: [&str; 3]| texts.map(str::to_owned).into())
        .collect()
}

/// What wip itself needs for a Space, by account.
#[cfg(feature = "aws")]
pub(crate) use wip_aws::rights;
/// Nothing, of no cloud.
#[cfg(not(feature = "aws"))]
pub(crate) fn rights(_: &Space) -> std::collections::BTreeMap<String, wip_provider::AccountRights> {
    std::collections::BTreeMap::new()
}

/// What wip itself needs for a Space, by subscription and by tenant.
#[cfg(feature = "azure")]
pub(crate) use wip_azure::{rights as subscription_rights, tenant_rights};
/// Nothing, of no cloud.
#[cfg(not(feature = "azure"))]
pub(crate) fn subscription_rights(
    _: &Space,
) -> std::collections::BTreeMap<String, wip_provider::RoleRights> {
    std::collections::BTreeMap::new()
}

/// Nothing, of no cloud.
#[cfg(not(feature = "azure"))]
pub(crate) fn tenant_rights(
    _: &Space,
) -> std::collections::BTreeMap<String, wip_provider::TenantRights> {
    std::collections::BTreeMap::new()
}

/// What wip itself needs for a Space, by project.
#[cfg(feature = "gcp")]
pub(crate) use wip_gcp::rights as project_rights;
/// Nothing, of no cloud.
#[cfg(not(feature = "gcp"))]
pub(crate) fn project_rights(
    _: &Space,
) -> std::collections::BTreeMap<String, wip_provider::RoleRights> {
    std::collections::BTreeMap::new()
}

/// The fields of a kind that need care; none of one that is not known.
pub(crate) fn fields(kind: &str) -> &'static [Field] {
    kinds()
        .into_iter()
        .find(|info| info.name == kind)
        .map_or(&[], |info| info.fields)
}

/// What the owner of an account must add to policies that wip does not write.
#[cfg(all(feature = "aws", feature = "kube"))]
pub(crate) use wip_aws::owner_additions;
/// Nothing, of no cloud.
#[cfg(all(not(feature = "aws"), feature = "kube"))]
pub(crate) fn owner_additions(
    _: &Space,
    _: &str,
) -> std::collections::BTreeMap<String, Vec<serde_json::Value>> {
    std::collections::BTreeMap::new()
}

/// Where the sandbox is; `None` where real clouds are meant.
#[cfg(feature = "kube")]
pub(crate) async fn sandbox_at(session: Session<'_>) -> Result<Option<String>, Failure> {
    match (&session.global.sandbox, &session.env.wire) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Ok(Some(embedded::ON_WIRE.to_owned())),
        (Some(dir), None) => embedded::join(dir).await.map(Some),
    }
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
