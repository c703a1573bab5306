//! The drivers of a run, found by kind.

use std::collections::BTreeMap;

use wip_plan::{Address, Doc, KindInfo, Place, Step};
use wip_provider::{CloudError, Driver, Trial};
use wip_space::{Cluster, ClusterAt, Space};

use crate::EngineError;

/// All drivers of a run.
pub struct Clouds {
    drivers: Vec<Box<dyn Driver>>,
}

impl Clouds {
    /// The clouds behind `drivers`.
    pub fn new(drivers: Vec<Box<dyn Driver>>) -> Self {
        Self { drivers }
    }

    /// What the planner must know of every kind.
    pub fn kinds(&self) -> BTreeMap<&'static str, KindInfo> {
        self.drivers
            .iter()
            .flat_map(|driver| driver.kinds())
            .map(|kind| (kind.name, kind))
            .collect()
    }

    /// What others need to know of a resource: `roleArn`, for example.
    pub fn outputs(&self, address: &Address, place: &Place, doc: &Doc) -> BTreeMap<String, String> {
        self.of(address.kind()).map_or_else(
            |_| BTreeMap::new(),
            |driver| driver.outputs(address.kind(), place, doc),
        )
    }

    /// Who issues the tokens of a cluster, `https://…`.
    ///
    /// # Errors
    /// In words, why nobody knows.
    pub async fn issuer(&self, cluster: &Cluster) -> Result<String, String> {
        if let ClusterAt::SelfHosted { issuer, .. } = &cluster.at {
            return Ok(issuer.clone());
        }
        for driver in self.all() {
            if let Some(issuer) = driver.issuer(cluster).await {
                return issuer;
            }
        }
        Err(format!(
            "no cloud that is built into this wip knows the cluster {}",
            cluster.name
        ))
    }

    /// Tries a token of a service account as the pods of an identity do: who its bearer is, in words.
    ///
    /// `None` where only pods themselves can try.
    pub async fn exchange(
        &self,
        space: &Space,
        trial: Trial<'_>,
    ) -> Option<Result<String, CloudError>> {
        for driver in self.all() {
            if let Some(came) = driver.exchange(space, trial).await {
                return Some(came);
            }
        }
        None
    }

    /// What `step` writes that other steps may write too; steps with the same key never overlap.
    pub(crate) fn serial(&self, step: &Step) -> Option<String> {
        let driver = self.of(step.address.kind()).ok()?;
        let doc = step.after.as_ref().or(step.before.as_ref())?;
        let key = driver.serial(step.address.kind(), &step.place, doc)?;
        Some(format!("{} {key}", driver.cloud()))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &dyn Driver> {
        self.drivers.iter().map(Box::as_ref)
    }

    pub(crate) fn of(&self, kind: &str) -> Result<&dyn Driver, EngineError> {
        let cloud = kind.split_once('/').map_or(kind, |(cloud, _)| cloud);
        self.all()
            .find(|driver| driver.cloud() == cloud)
            .ok_or_else(|| EngineError::NoDriver(cloud.to_owned()))
    }
}
