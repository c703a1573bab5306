//! A sandbox in memory, a driver to it, and Spaces to play with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use wip_plan::{Address, Doc, Mark, Place, Relation, Seen, Sighting, Want};
use wip_provider::{
    CloudDriver, CloudError, Driver, Glance, Limits, Look, Scope, Sights, Target, Wire,
};
use wip_sandbox::{Options, Sandbox, Seed};
use wip_space::Space;

use super::wire::InMemory;
use crate::{Aws, Settings};

pub(super) const LINEAGE: &str = "4dbc1f1b-3f1d-4a52-9d6c-0a1b2c3d4e5f";

/// A sandbox and the way to it.
pub(super) struct Stage {
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) wire: Arc<InMemory>,
}

impl Stage {
    /// A sandbox with what a Space takes for granted.
    pub(super) fn new(seed: &Seed) -> Self {
        let sandbox = Arc::new(Sandbox::in_memory(Options::default()));
        sandbox.seed(seed).expect("a seed");
        let wire = Arc::new(InMemory::new(Arc::clone(&sandbox)));
        Self { sandbox, wire }
    }

    /// One whose answers take that long, and which keeps when each call was under way.
    pub(super) fn slow(seed: &Seed, latency: Duration) -> Self {
        let Self { sandbox, .. } = Self::new(seed);
        let wire = Arc::new(InMemory::slow(Arc::clone(&sandbox), latency));
        Self { sandbox, wire }
    }

    fn settings(&self) -> Settings {
        Settings {
            endpoint: Some("http://localhost".to_owned()),
            wire: Some(Arc::clone(&self.wire) as Arc<dyn Wire>),
            ..Settings::default()
        }
    }

    /// A driver with other limits than usual.
    pub(super) fn driver_within(&self, space: &Space, limits: Limits) -> CloudDriver<Aws> {
        let settings = Settings {
            limits,
            ..self.settings()
        };
        CloudDriver::new(Aws::new(settings, space))
    }

    pub(super) fn driver(&self, space: &Space) -> CloudDriver<Aws> {
        CloudDriver::new(Aws::new(self.settings(), space))
    }

    /// An SDK client of the sandbox's IAM, for whoever works behind wip's back.
    pub(super) async fn somebody(&self, space: &Space) -> std::rc::Rc<crate::client::Client> {
        self.somebody_in(space, "eu-west-1").await
    }

    /// The same, in a region.
    pub(super) async fn somebody_in(
        &self,
        space: &Space,
        region: &str,
    ) -> std::rc::Rc<crate::client::Client> {
        let clients = crate::client::Clients::new(self.settings(), space);
        let at = crate::accounts::place("111122223333", region);
        clients.at(&at).await.expect("a client")
    }

    /// What AWS says that wants depend on.
    pub(super) async fn facts(&self, space: &Space) -> crate::Facts {
        let clients = crate::client::Clients::new(self.settings(), space);
        crate::facts::read(&clients, space).await
    }

    /// The calls since the log was last emptied, as `service:Operation`.
    pub(super) fn calls(&self) -> Vec<String> {
        let log = self.sandbox.log();
        log.into_iter()
            .map(|call| format!("{}:{}", call.service, call.operation))
            .collect()
    }

    /// How many requests IAM got since the log was last emptied.
    pub(super) fn iam_calls(&self) -> usize {
        self.calls()
            .iter()
            .filter(|call| call.starts_with("iam:"))
            .count()
    }
}

/// A valid Space; the keys that it names are those of the tests of `wip-space`.
pub(super) fn space(yaml: &str) -> Space {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wip-space/tests/keys");
    let names = wip_space::key_files("space.yaml", yaml.as_bytes()).into_iter();
    let keys = names.map(|name| {
        let bytes = std::fs::read(folder.join(&name)).map_err(|error| error.to_string());
        (name, bytes)
    });
    wip_space::parse_with(
        "space.yaml",
        yaml.as_bytes(),
        &keys.collect::<wip_space::KeyFiles>().into(),
    )
    .unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// A seed from JSON.
pub(super) fn seed(value: Value) -> Seed {
    serde_json::from_value(value).expect("a seed")
}

/// What a Space wants, in an order that respects what needs what.
pub(super) async fn wants(driver: &dyn Driver, space: &Space) -> Vec<Want> {
    let facts = driver.facts(space).await.expect("facts");
    let scope = Scope {
        space,
        lineage: LINEAGE,
    };
    let (mut wants, _) = driver.desire(&scope, &facts).expect("wants");
    wants.sort_by_key(|want| want.needs.len());
    wants
}

pub(super) fn doc(want: &Want) -> &Doc {
    want.doc
        .as_ref()
        .unwrap_or_else(|why| panic!("{}: {why}", want.address))
}

pub(super) fn mark(space: &Space, address: &Address) -> Mark {
    Mark {
        space: space.name.clone(),
        lineage: LINEAGE.to_owned(),
        address: address.to_string(),
        adopted: false,
    }
}

/// The hand that makes, changes and deletes one want.
pub(super) struct Hand<'a> {
    pub(super) driver: &'a dyn Driver,
    pub(super) space: &'a Space,
    pub(super) want: &'a Want,
    pub(super) relation: Relation,
}

impl<'a> Hand<'a> {
    pub(super) fn of(driver: &'a dyn Driver, space: &'a Space, want: &'a Want) -> Self {
        Self {
            driver,
            space,
            want,
            relation: Relation::Made,
        }
    }

    fn target<'b>(&'b self, mark: &'b Mark) -> Target<'b> {
        Target {
            address: &self.want.address,
            place: &self.want.place,
            mark,
            labels: &self.space.labels,
            id: None,
            relation: self.relation,
        }
    }

    pub(super) async fn create(&self) -> Result<Option<String>, CloudError> {
        let mark = mark(self.space, &self.want.address);
        let created = self.driver.create(self.target(&mark), doc(self.want)).await;
        created.map(|created| created.id)
    }

    pub(super) async fn update(&self, from: &Doc) -> Result<(), CloudError> {
        let mark = mark(self.space, &self.want.address);
        self.driver
            .update(self.target(&mark), from, doc(self.want))
            .await
    }

    pub(super) async fn delete(&self) -> Result<(), CloudError> {
        let mark = mark(self.space, &self.want.address);
        self.driver.delete(self.target(&mark), doc(self.want)).await
    }

    /// What is there, as seen by who owns it already.
    pub(super) async fn look(&self) -> Option<Sighting> {
        let mut sights = observe(self.driver, self.space, std::slice::from_ref(self.want)).await;
        match sights.seen.remove(&self.want.address) {
            Some(Seen::Present(there)) => Some(there),
            Some(Seen::Absent) => None,
            other => panic!("{}: {other:?}", self.want.address),
        }
    }
}

/// Makes everything that is wanted.
pub(super) async fn make(driver: &dyn Driver, space: &Space, wants: &[Want]) {
    for want in wants {
        let made = Hand::of(driver, space, want).create().await;
        made.unwrap_or_else(|error| panic!("{}: {error}", want.address));
    }
}

/// Looks at wants that the state knows too, as the plan of a second run does.
pub(super) async fn observe(driver: &dyn Driver, space: &Space, wants: &[Want]) -> Sights {
    observe_as(driver, space, wants, Known::All).await
}

/// What the state knows of wants.
#[derive(Clone, Copy)]
pub(super) enum Known<'a> {
    /// All of them, without their ids.
    All,
    /// None of them.
    Nothing,
    /// All of them, with the ids of an earlier look, and what a listing shows to be the same is taken from the state.
    Listed(&'a Sights),
}

/// Looks at wants of which the state knows so much.
pub(super) async fn observe_as(
    driver: &dyn Driver,
    space: &Space,
    wants: &[Want],
    known: Known<'_>,
) -> Sights {
    let mut groups: BTreeMap<(&str, &Place), Vec<Glance>> = BTreeMap::new();
    for want in wants {
        let owned = want.doc.as_ref().ok().cloned();
        let id = match known {
            Known::Listed(before) => match before.seen.get(&want.address) {
                Some(Seen::Present(there)) => there.id.clone(),
                _ => None,
            },
            Known::All | Known::Nothing => None,
        };
        let is_known = !matches!(known, Known::Nothing);
        let glance = Glance {
            address: want.address.clone(),
            wanted: want.doc.as_ref().ok().cloned(),
            owned: owned.filter(|_| is_known),
            begun: BTreeSet::new(),
            id,
            relation: is_known.then_some(Relation::Made),
            fresh: false,
        };
        groups
            .entry((want.address.kind(), &want.place))
            .or_default()
            .push(glance);
    }
    let mut all = Sights::default();
    for ((kind, place), glances) in &groups {
        let look = Look {
            space: &space.name,
            lineage: LINEAGE,
            kind,
            place,
            glances,
            wide: false,
            listed: matches!(known, Known::Listed(_)),
        };
        let sights = driver.observe(look).await;
        all.seen.extend(sights.seen);
        all.strays.extend(sights.strays);
        all.remarks.extend(sights.remarks);
        all.unread += sights.unread;
    }
    all
}

/// Whether everything is exactly as wanted.
pub(super) fn is_as_wanted(sights: &Sights, wants: &[Want]) -> Result<(), String> {
    for want in wants {
        match sights.seen.get(&want.address) {
            Some(Seen::Present(there)) if there.doc == *doc(want) => {}
            other => return Err(format!("{}: {other:?}", want.address)),
        }
    }
    Ok(())
}
