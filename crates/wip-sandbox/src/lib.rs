//! The clouds on loopback, strict like the real ones.
//!
//! A [`Sandbox`] is a world of records with the wire protocols of AWS, Azure, Google Cloud and Kubernetes in front of it: requests go in, answers come out, with or without a socket.
//! It refuses what the clouds refuse, with their codes, statuses and messages, from its own reading of their documents; it shares no parsing and no validation with the clients that it tests.
//!
//! Not here: what a Space is, and who starts the sandbox (the command line).

mod ask;
mod aws;
mod azure;
mod control;
mod db;
#[cfg(test)]
mod dice;
mod faults;
mod gcp;
mod http;
mod kube;
mod log;
mod options;
mod process;
mod seed;
mod server;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use ask::{seed as seed_at, upgrade as upgrade_at};
pub use azure::seed::{
    AksSeed, AzureSeed, GroupSeed, IdentitySeed, StorageSeed, SubscriptionSeed, VaultSeed,
};
pub use faults::{Fault, FaultClass};
pub use gcp::seed::{GcsSeed, GkeSeed, GoogleSeed, ProjectSeed, SecretSeed, ServiceAccountSeed};
pub use http::{Answer, Reply, Request};
pub use kube::seed::{ControlPlaneSeed, KubeAt, KubeSeed};
pub use log::Logged;
pub use options::{Options, Quotas};
pub use process::{Ended, join_or_start, running, serve_folder};
pub use seed::{AssociationSeed, BucketSeed, ClusterSeed, KeySeed, RoleSeed, Seed};
pub use server::Server;

use db::Db;
use faults::Faults;

/// One world, shared by everybody who asks it.
pub struct Sandbox(Mutex<World>);

struct World {
    db: Db,
    options: Options,
    faults: Faults,
    log: Vec<Logged>,
    /// What is going on at Azure right now.
    moment: azure::Moment,
    /// Requests answered since the start, from which request ids follow.
    served: u64,
    /// What the world is known by to those who look for its server.
    id: String,
}

impl Sandbox {
    /// A world that is gone when it is dropped.
    pub fn in_memory(options: Options) -> Self {
        Self::of(Db::default(), options, "memory".to_owned())
    }

    /// The world of a folder; every change is with the operating system before it is answered.
    ///
    /// Fails where the folder cannot be written, or holds a world of another format.
    pub fn open(dir: &Path, options: Options) -> io::Result<Self> {
        let db = Db::open(dir)?;
        Ok(Self::of(db, options, folder_id(dir)?))
    }

    fn of(db: Db, options: Options, id: String) -> Self {
        let (faults, log) = (Faults::default(), Vec::new());
        Self(Mutex::new(World {
            db,
            options,
            faults,
            log,
            moment: azure::Moment::default(),
            served: 0,
            id,
        }))
    }

    /// A world of the same records that goes its own way from here, in memory, without faults and with an empty log.
    #[must_use]
    pub fn copy(&self) -> Self {
        let world = self.world();
        Self::of(world.db.copy(), world.options.clone(), world.id.clone())
    }

    /// Answers one request: `/_sandbox/…` is about the sandbox itself, `/_azure/…` is Azure, `/_gcp/…` is Google Cloud, `/_kube/…` is the API servers of clusters, all else is AWS.
    ///
    /// Not asynchronous: nothing in it waits. The caller acts on [`Reply::Hangs`] and the like.
    pub fn handle(&self, request: &Request) -> Reply {
        let mut world = self.world();
        if let Some(rest) = request.path.strip_prefix("/_sandbox/") {
            return Reply::Answer(control::answer(&mut world, rest, request));
        }
        if let Some(rest) = request.path.strip_prefix("/_azure/") {
            return azure::answer(&mut world, rest, request);
        }
        if let Some(rest) = request.path.strip_prefix("/_kube/") {
            return kube::answer(&mut world, rest, request);
        }
        match request.path.strip_prefix("/_gcp/") {
            Some(rest) => gcp::answer(&mut world, rest, request),
            None => aws::answer(&mut world, request),
        }
    }

    /// Lets writes that Azure takes one at a time be under way for so long, so that a second one is seen.
    ///
    /// For whoever delivers each answer only after [`Answer::takes`]; nobody else would know when the first one is done.
    pub fn hold_writes(&self, time: Duration) {
        self.world().moment.write_time = time;
    }

    /// Adds what is missing of the seed.
    pub fn seed(&self, seed: &Seed) -> io::Result<()> {
        self.world().seed(seed)
    }

    /// Sets the faults to come, instead of those set before.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.world().faults.set(faults);
    }

    /// Waits until faults have been set more often than `settings` times.
    async fn faults_set_after(&self, settings: u64) {
        let mut set = self.world().faults.settings();
        // The sender lives as long as the world.
        let _ = set.wait_for(|count| *count > settings).await;
    }

    /// The whole world as sorted, indented JSON: no times, no request log; the same calls give the same text.
    pub fn dump(&self) -> String {
        self.world().dump()
    }

    /// What was asked since the log was last emptied.
    pub fn log(&self) -> Vec<Logged> {
        self.world().log.clone()
    }

    /// Empties the log.
    pub fn clear_log(&self) {
        self.world().log.clear();
    }

    fn world(&self) -> MutexGuard<'_, World> {
        // A call that panicked is undone before the next begins (`aws::answer`).
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id of a folder's world, which follows from where the folder is.
fn folder_id(dir: &Path) -> io::Result<String> {
    let path = dir.canonicalize()?;
    Ok(aws::call::hex_id(&["folder", &path.to_string_lossy()], 32))
}

impl World {
    fn seed(&mut self, seed: &Seed) -> io::Result<()> {
        self.db.rollback();
        seed.plant(&mut self.db);
        self.db.commit(0)
    }

    /// Logs a call with its answer.
    fn record(&mut self, mut logged: Logged, reply: &Reply) {
        logged.n = self.log.len() as u64 + 1;
        if let Reply::Answer(answer) | Reply::Truncated(answer) | Reply::Held(answer, _) = reply {
            logged.status = answer.status;
        }
        self.log.push(logged);
    }

    fn dump(&self) -> String {
        serde_json::to_string_pretty(&self.db.dump()).expect("records are plain data") + "\n"
    }
}
