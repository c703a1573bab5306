//! How long a run takes when every answer takes 50 ms: hardly longer than what has to wait for what, and the limits.
//!
//! Time is virtual, so the ratios are the same on every machine; `cargo xtask bench` prints them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use wip_engine::{Apply, Clouds, Rights, Stop, View, survey};
use wip_plan::{Cloud, Guardrails, Inputs, Mode, Plan, State, plan};
use wip_provider::{Direction, Limits};
use wip_sandbox::Logged;
use wip_space::Space;
use wip_state::{Disk, FolderStore, Store as _, Whose};

use super::stage::{LINEAGE, Stage, seed, space};
use super::wire::Timed;

const LATENCY: Duration = Duration::from_millis(50);
const IDENTITIES: usize = 100;
const BUCKETS: usize = 10;
const CLUSTERS: usize = 2;

/// A hundred identities in two clusters, ten to a bucket whose policy lets them in.
fn hundred() -> Space {
    let mut file =
        "apiVersion: wip/v1alpha1\nkind: Space\nmetadata: { name: many }\nspec:\n  clusters:\n"
            .to_owned();
    for n in 0..CLUSTERS {
        writeln!(file, "    - {{ name: c{n}, eks: {{ account: \"111122223333\", region: eu-west-1, cluster: c{n} }} }}")
            .expect("text");
    }
    file += "  buckets:\n";
    for n in 0..BUCKETS {
        writeln!(
            file,
            "    - s3: {{ bucket: acme-{n}, region: eu-west-1, policy: true }}"
        )
        .expect("text");
    }
    file += "  guardrails: { maxRevokes: 1000, allowDestroy: true }\n  identities:\n";
    for n in 0..IDENTITIES {
        let workloads: Vec<String> = (0..CLUSTERS)
            .map(|c| format!("{{ cluster: c{c}, namespace: ns{n}, serviceAccount: sa }}"))
            .collect();
        writeln!(
            file,
            "    app{n}:\n      method: irsa\n      workloads: [{}]\n      access: [{{ s3: {{ bucket: acme-{}, region: eu-west-1, prefix: app{n}/, allow: [read] }} }}]",
            workloads.join(", "),
            n % BUCKETS,
        )
        .expect("text");
    }
    space(&file)
}

/// A run of the engine on the sandbox, step after step.
struct Journey {
    stage: Stage,
    space: Space,
    clouds: Clouds,
    store: FolderStore,
    limits: Limits,
    _folder: tempfile::TempDir,
}

impl Journey {
    fn new(limits: Limits) -> Self {
        let cluster = |n: usize| json!({ "account": "111122223333", "region": "eu-west-1", "name": format!("c{n}") });
        let bucket = |n: usize| json!({ "account": "111122223333", "region": "eu-west-1", "name": format!("acme-{n}") });
        let other = |n: usize| json!({ "account": "111122223333", "name": format!("other-{n}") });
        let seed = seed(json!({
            "clusters": (0..CLUSTERS).map(cluster).collect::<Vec<_>>(),
            "buckets": (0..BUCKETS).map(bucket).collect::<Vec<_>>(),
            // So many that a listing has several pages.
            "roles": (0..250).map(other).collect::<Vec<_>>(),
        }));
        let stage = Stage::slow(&seed, LATENCY);
        let space = hundred();
        let driver = stage.driver_within(&space, limits.clone());
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            stage,
            clouds: Clouds::new(vec![Box::new(driver)]),
            store: FolderStore::new(folder.path(), Disk::default()),
            space,
            limits,
            _folder: folder,
        }
    }

    async fn state(&self) -> State {
        let whose = Whose {
            space: self.space.name.clone(),
            cloud: Cloud::Sandbox,
            new_lineage: LINEAGE.to_owned(),
        };
        self.store.load(&whose).await.expect("a state").state
    }

    /// Who are we, what is there, and what is to be done; `fresh` as after an apply.
    async fn plan(&self, mode: Mode, fresh: bool) -> Plan {
        let state = self.state().await;
        wip_engine::check(&self.clouds, &self.space, &state)
            .await
            .expect("the account");
        let changed: BTreeSet<_> = match fresh {
            true => state.resources.keys().cloned().collect(),
            false => BTreeSet::new(),
        };
        let moved = BTreeMap::new();
        let wanting = mode == Mode::Apply;
        let view = View {
            moved: &moved,
            wanting,
            fresh: &changed,
            listed: false,
        };
        let survey = survey(&self.clouds, &self.space, &state, view)
            .await
            .expect("a survey");
        plan(Inputs {
            space: &self.space.name,
            cloud: Cloud::Sandbox,
            state: &state,
            wants: survey.wants,
            seen: survey.seen,
            strays: survey.strays,
            notes: survey.notes,
            rooms: survey.rooms,
            kinds: &self.clouds.kinds(),
            moved: &moved,
            guardrails: Guardrails {
                max_revokes: 1_000,
                allow_destroy: true,
                ..Guardrails::default()
            },
            mode,
            target: BTreeSet::new(),
        })
    }

    async fn apply(&self, plan: &Plan) {
        let apply = Apply {
            clouds: &self.clouds,
            plan,
            labels: &self.space.labels,
            moved: &BTreeMap::new(),
            state: self.state().await,
            store: &self.store,
            recovered: false,
            rights: Rights {
                concurrency: 10,
                recheck: false,
            },
            stop: Stop::default(),
        };
        let outcome = apply.run(|_| {}).await.expect("applied");
        assert_eq!(outcome.done, plan.steps.len(), "{:?}", outcome.failures);
    }

    /// Does `part` and tells how long it took against what it had to take.
    async fn timed<T>(&self, name: &str, part: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let answer = part.await;
        let took = started.elapsed().as_secs_f64();
        let calls = self.stage.wire.take();
        let (chain, forced) = (longest_chain(&calls), self.forced(&calls));
        let had_to = chain as f64 * LATENCY.as_secs_f64() + forced;
        let ratio = took / had_to;
        #[expect(clippy::print_stdout, reason = "`cargo xtask bench` shows it")]
        {
            println!(
                "  {name:<18}{:>5} calls{chain:>4} in a row{forced:>7.2} s by limits{took:>7.2} s taken  ratio {ratio:.2}",
                calls.len()
            );
        }
        assert!(ratio <= 1.5, "{name}: {ratio:.2}");
        answer
    }

    /// The seconds that the fullest lane needs for its calls.
    fn forced(&self, calls: &[Timed]) -> f64 {
        let mut lanes: BTreeMap<(&str, Direction), f64> = BTreeMap::new();
        for Timed { call, .. } in calls {
            *lanes.entry((&call.service, direction(call))).or_default() += 1.0;
        }
        let needs = lanes.into_iter().map(|((api, direction), count)| {
            let bound = self.limits.of(api, direction, None);
            let by_slots = count / bound.in_flight as f64 * LATENCY.as_secs_f64();
            // A second's worth goes out at once.
            let by_rate = bound.rate.map_or(0.0, |rate| count / rate - 1.0);
            by_slots.max(by_rate)
        });
        needs.fold(0.0, f64::max)
    }
}

fn direction(call: &Logged) -> Direction {
    let reads = ["Get", "List", "Head", "Describe"];
    match reads.iter().any(|verb| call.operation.starts_with(verb)) {
        true => Direction::Read,
        false => Direction::Write,
    }
}

/// How many calls had to be made one after the other.
///
/// Which call has to wait for which is said by [`needs`], not found in the times: calls that were made one after the
/// other for no reason do not make the chain longer.
fn longest_chain(calls: &[Timed]) -> usize {
    let mut depths: Vec<usize> = Vec::new();
    for (at, later) in calls.iter().enumerate() {
        let before = calls[..at].iter().zip(&depths);
        let needed = before
            .filter(|(earlier, _)| earlier.to <= later.from && needs(&later.call, &earlier.call));
        let depth = needed.map(|(_, depth)| *depth).max().unwrap_or(0);
        depths.push(depth + 1);
    }
    depths.into_iter().max().unwrap_or(0)
}

/// Whether `later` can be made only when `earlier` is answered.
fn needs(later: &Logged, earlier: &Logged) -> bool {
    let name = |call: &Logged| format!("{}:{}", call.service, call.operation);
    let (now, then) = (name(later), name(earlier));
    let same = later.resource == earlier.resource && later.resource.is_some();
    let is_fact = |name: &str| {
        let facts = ["s3:HeadBucket", "s3:GetBucketEncryption"];
        name.starts_with("eks:") || name.starts_with("servicequotas:") || facts.contains(&name)
    };
    let writes = |call: &Logged| direction(call) == Direction::Write;
    match (then.as_str(), now.as_str()) {
        // Nothing is asked before it is known who asks, and nothing is wanted before the facts are known.
        ("sts:GetCallerIdentity", now) => now != then,
        (then, now) if is_fact(then) => !is_fact(now),
        ("iam:GetAccountSummary", "iam:ListRoles" | "iam:GetAccountAuthorizationDetails") => true,
        // The next page.
        ("iam:ListRoles", "iam:ListRoles")
        | ("iam:GetAccountAuthorizationDetails", "iam:GetAccountAuthorizationDetails") => true,
        ("iam:ListRolePolicies", "iam:GetRolePolicy") => same,
        // Roles trust providers, and policies name roles; what is used goes after what uses it.
        ("iam:CreateOpenIDConnectProvider", "iam:CreateRole") => true,
        ("iam:DeleteRole", "iam:GetOpenIDConnectProvider") => true,
        (then, now) if writes(earlier) && then.starts_with("iam:") && now.starts_with("s3:") => {
            !then.starts_with("iam:Delete")
        }
        (then, now) if writes(earlier) && then.starts_with("s3:") && now.starts_with("iam:") => {
            now.starts_with("iam:Delete")
        }
        // Two changes of one thing, and a change of what was read, or a read of what was changed. IAM refuses changes of
        // one role at the same time (ConcurrentModification, IAM API reference).
        _ => same && (writes(later) || writes(earlier)),
    }
}

async fn plan_and_apply(journey: &Journey, heading: &str) -> Plan {
    #[expect(clippy::print_stdout, reason = "`cargo xtask bench` shows it")]
    {
        println!(
            "{IDENTITIES} identities, {} ms an answer, {heading}",
            LATENCY.as_millis()
        );
    }
    let first = journey.plan(Mode::Apply, false);
    let first = journey.timed("plan", first).await;
    let wanted = IDENTITIES + BUCKETS + CLUSTERS;
    assert_eq!(first.steps.len(), wanted, "{:?}", first.blocked);
    journey.timed("apply", journey.apply(&first)).await;
    first
}

#[tokio::test(start_paused = true)]
async fn a_hundred_identities_take_what_they_have_to_take() {
    let journey = Journey::new(Limits::default());
    let first = plan_and_apply(&journey, "the usual limits").await;
    let verify = journey.plan(Mode::Apply, true);
    assert!(journey.timed("verify", verify).await.is_empty());
    let again = journey.plan(Mode::Apply, false);
    assert!(journey.timed("plan again", again).await.is_empty());
    let mode = Mode::Destroy { adopted: false };
    let destroy = journey.plan(mode, false);
    let destroy = journey.timed("plan to destroy", destroy).await;
    assert_eq!(destroy.steps.len(), first.steps.len());
    journey.timed("destroy", journey.apply(&destroy)).await;
}

#[tokio::test(start_paused = true)]
async fn a_rate_holds_up_no_more_than_it_says() {
    let limits = "read-rate=60,write-rate=30";
    let journey = Journey::new(limits.parse().expect("limits"));
    plan_and_apply(&journey, limits).await;
}
