//! `kill -9` in the middle of applying a thousand identities: the next run makes what is left, and nothing else.
//!
//! What was called, the sandbox's log says.
//! Not here: every single moment at which a run may die (`kills.rs`), and what a run costs (`bench`).

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use serde_json::json;

use crate::running::Running;
use crate::sandbox::Sandbox;

const IDENTITIES: usize = 1000;
/// From this call on no call is answered, though each has its effect.
const SILENT_FROM: usize = 1_000;
/// How many calls are then under way.
const AT_ONCE: usize = 10;
const APPLY: &[&str] = &["apply", "--auto-approve"];
/// How long to wait between two looks: each reads the whole log.
const LOOK: Duration = Duration::from_millis(200);

fn space() -> String {
    let mut text = "\
apiVersion: wip/v1alpha1
kind: Space
metadata: { name: many }
spec:
  clusters:
    - name: many-1
      eks: { account: \"111122223333\", region: eu-west-1, cluster: many-1 }
  controlPlanes: []
  identities:
"
    .to_owned();
    for n in 0..IDENTITIES {
        text.push_str(&format!(
            "    id-{n:04}:
      method: irsa
      workloads: [{{ namespace: team-{n:04}, serviceAccount: app }}]
      access:
        - s3: {{ bucket: acme-many, region: eu-west-1, prefix: team-{n:04}/, allow: [read, list] }}
"
        ));
    }
    text
}

/// How often each operation was called.
struct Calls(BTreeMap<String, usize>);

impl Calls {
    fn of(sandbox: &Sandbox) -> Self {
        let mut calls = BTreeMap::new();
        for call in sandbox.log() {
            let name = call["operation"].as_str().expect("an operation").to_owned();
            *calls.entry(name).or_default() += 1;
        }
        Self(calls)
    }

    fn count(&self, operation: &str) -> usize {
        self.0.get(operation).copied().unwrap_or_default()
    }

    /// Those that change something.
    fn writes(&self) -> Vec<&str> {
        let reads = ["Describe", "Get", "Head", "List"];
        let is_write = |name: &&str| !reads.iter().any(|read| name.starts_with(read));
        self.0.keys().map(String::as_str).filter(is_write).collect()
    }
}

/// Starts an apply, and kills it while its calls are under way.
fn kill(sandbox: &Sandbox) {
    sandbox.set_faults(&json!([{ "nth": SILENT_FROM, "times": 0, "class": "hang" }]));
    let mut first = Running::start(sandbox, "first", &mut sandbox.wip(APPLY));
    let silent = || {
        sandbox
            .log()
            .iter()
            .filter(|call| call["status"] == 0)
            .count()
    };
    // As long as it goes on, and not as long as one machine takes: calls that are silent end it.
    while silent() < AT_ONCE {
        assert!(first.goes_on(), "{}", first.words());
        std::thread::sleep(LOOK);
    }
    first.signal("KILL");
    let (status, words) = first.end();
    assert_eq!(status.signal(), Some(9), "{words}");
    sandbox.set_faults(&json!([]));
}

#[test]
fn a_run_of_a_thousand_that_was_killed_is_finished_and_not_begun_again() {
    let sandbox = Sandbox::new("thousand");
    sandbox.seed(&json!({ "quotas": { "roles": 5 * IDENTITIES } }));
    sandbox.write(&space());
    kill(&sandbox);
    let first = Calls::of(&sandbox);
    let made = first.count("CreateRole");
    assert!((1..IDENTITIES).contains(&made), "{made} were made");
    assert!(!sandbox.folder().join("state/many/state.yaml").exists());

    sandbox.clear_log();
    let words = sandbox.run(APPLY, 0);
    let second = Calls::of(&sandbox);
    let (_, doubt) = words
        .split_once("in doubt, and looked at again: ")
        .expect("doubt");
    let doubt = doubt.lines().next().expect("a line");
    assert_eq!(
        doubt.matches("aws/iam-role:many/").count(),
        AT_ONCE,
        "{doubt}"
    );
    // Every call of the first run had its effect, answered or not: none is made again.
    assert_eq!(second.writes(), ["CreateRole", "PutRolePolicy"]);
    for operation in ["CreateRole", "PutRolePolicy"] {
        let counts = [&first, &second].map(|calls| calls.count(operation));
        assert_eq!(
            counts.iter().sum::<usize>(),
            IDENTITIES,
            "{operation}: {counts:?}"
        );
    }
    // One by one, only those are looked at that it made, and those that were in doubt.
    assert!(second.count("GetRole") <= IDENTITIES - made + AT_ONCE);
    assert_eq!(
        sandbox.dump().matches("/iam/role/many-id-").count(),
        IDENTITIES
    );
    sandbox.run(&["plan", "--detailed-exitcode"], 0);
    sandbox.remove();
}
