//! The same proof on Azure: every workload of `examples/aks` and `examples/aks-application`, with a token as its cluster would mint it, gets a token of Entra,
//! reads and writes what is its own, and nothing else.
//!
//! What must come of each request is written down by hand in `workloads.rs` (whose is what), `doors.rs` (who gets a token),
//! `data.rs` (what opens) and `never.rs` (what opens to no workload), each line with its source.

mod data;
mod doors;
mod never;
mod stage;
mod workloads;

use super::report::{Expected, Report};
use super::shows;
use crate::tree::none;
use stage::{CONTRIBUTOR, Stage, container};
use workloads::{Example, Workload};

use serde_json::json;

/// The examples whose workloads are asked about here: with managed identities, and with applications.
const EXAMPLE: &str = "aks";
const APPLICATIONS: &str = "aks-application";
pub(crate) const EXAMPLES: [&str; 2] = [EXAMPLE, APPLICATIONS];

#[expect(
    clippy::print_stdout,
    reason = "who runs it with --nocapture reads how much was tried"
)]
#[test]
fn workloads_on_azure_reach_what_they_need_and_nothing_else() {
    let mut wrong = Vec::new();
    for example in workloads::examples() {
        let stage = Stage::new(&example, &format!("access-azure-{}", example.folder));
        let mut report = Report::new(example.folder);
        for workload in &example.workloads {
            workload_of(&mut report, workload, &stage);
        }
        // Last, because with it everything is gone: the role is for the container itself, too.
        let workload = &example.workloads[0];
        let token = stage.token(workload, stage::ARM);
        let own = container("acmebackups", "backups");
        let answer = stage.arm(&token, "DELETE", &own, &serde_json::Value::Null);
        let source = "actions of Storage Blob Data Contributor";
        let what = (workload.identity, "DELETE its own container");
        report.case(what, (Expected::Works, source), &answer);
        println!("{}", report.line());
        assert!(report.tried > 200, "{}", report.line());
        wrong.extend(report.wrong);
        stage.sandbox.remove();
    }
    none("these are otherwise than the tables say", wrong);
}

#[test]
fn the_table_knows_every_identity_and_control_plane_of_azure() {
    for example in workloads::examples() {
        none("the table differs", workloads::unknown(&example));
        // That a control plane that no table knows is missed.
        let space = example.space.clone().with_control_plane("new");
        let changed = Example { space, ..example };
        assert_ne!(workloads::unknown(&changed), Vec::<String>::new());
    }
}

/// That each refusal is one for want of a role, a policy or a credential: what is given or taken behind wip's back shows.
#[test]
fn more_access_and_less_access_both_show_on_azure() {
    let example = workloads::examples().remove(0);
    let stage = Stage::new(&example, "access-azure-changed");
    let report = |identity: &str| {
        let mut report = Report::new(EXAMPLE);
        let mut workloads = example.workloads.iter();
        let found = workloads.find(|workload| workload.identity == identity);
        workload_of(&mut report, found.expect("a workload"), &stage);
        report.wrong
    };
    none("it is right at first", report("billing"));
    let others = container("acmebackups", "others");
    let billing = stage.principal("billing");
    stage.assign(&others, CONTRIBUTOR, &billing);
    let vault = stage::vault("acme-kv");
    stage.assign(&vault, stage::SECRETS_OFFICER, &billing);
    let widened = report("billing");
    for what in [
        "acmebackups/others: Write",
        "acmebackups/others: List",
        "acme-kv: Get",
        "acme-kv: List",
        "acme-kv: Set",
    ] {
        shows(&widened, what);
    }
    // It has just deleted it.
    shows(&widened, &format!("DELETE {others}"));
    stage.put(&others, &json!({}));
    for assignment in stage.assignments(&others, &billing) {
        stage.delete(&assignment);
    }
    let credentials = format!(
        "{}/federatedIdentityCredentials/more",
        stage::identity("billing")
    );
    let more = json!({ "properties": {
        "issuer": stage.issuer(stage::OTHERS_CLUSTER),
        "subject": "system:serviceaccount:default:vector",
        "audiences": ["api://AzureADTokenExchange"],
    } });
    stage.put(&credentials, &more);
    shows(&report("billing"), "another cluster of the tenant");

    none("it is right at first", report("backup"));
    let own = container("acmebackups", "backups");
    for assignment in stage.assignments(&own, &stage.principal("backup")) {
        stage.delete(&assignment);
    }
    let narrowed = report("backup");
    for what in ["Write", "Read", "List", "Delete"] {
        shows(&narrowed, &format!("acmebackups/backups: {what}"));
    }
    stage.sandbox.remove();
}

fn workload_of(report: &mut Report, workload: &Workload, stage: &Stage) {
    let Workload {
        identity,
        namespace,
        service_account,
        ..
    } = workload;
    let who = format!("{identity} of {namespace}/{service_account}");
    doors::check(report, &who, workload, stage);
    data::check(report, &who, workload, stage);
    never::check(report, &who, workload, stage);
}
