//! In place of the embedded clouds where they are not compiled in: every use says so.

use std::path::Path;
use std::sync::Arc;

use wip_provider::Wire;
use wip_space::Space;

use crate::failure::Failure;

/// Where nothing is.
pub(crate) const ON_WIRE: &str = "http://localhost";

fn absent<T>() -> Result<T, Failure> {
    Err(Failure::new(
        "WIP0005",
        "this wip was built without the sandbox",
        "build it with the feature `sandbox`",
    ))
}

/// Says so.
pub(crate) async fn serve(_dir: &Path) -> Result<(), Failure> {
    absent()
}

/// Says so.
pub(crate) fn google_token(_dir: &Path) -> Result<String, Failure> {
    absent()
}

/// Says so.
pub(crate) async fn join(_dir: &Path) -> Result<String, Failure> {
    absent()
}

/// Says so.
pub(crate) async fn plant(_dir: &Path, _url: &str, _space: &Space) -> Result<(), Failure> {
    absent()
}

/// Says so.
pub(crate) async fn plant_on(
    _dir: &Path,
    _wire: &Arc<dyn Wire>,
    _space: &Space,
) -> Result<(), Failure> {
    absent()
}

/// Says so.
pub(crate) async fn set_quotas(
    _dir: &Path,
    _url: &str,
    _trust_policy_size: Option<u32>,
    _roles: Option<u32>,
) -> Result<(), Failure> {
    absent()
}

/// Says so.
pub(crate) fn kubeconfig(_dir: &Path, _url: &str, _clusters: &[String]) -> Result<String, Failure> {
    absent()
}

/// Says so.
pub(crate) async fn helm_upgrade(
    _dir: &Path,
    _url: &str,
    _cluster: &str,
    _values: &serde_json::Value,
) -> Result<(), Failure> {
    absent()
}
