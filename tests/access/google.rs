//! The same proof on Google Cloud: every workload of `examples/gke-principal` and `examples/gke-impersonation`, with a token as its cluster would mint
//! it, gets a token of Google's Security Token Service, acts as its service account where it has one, reads and writes what is its own, and nothing else.
//!
//! What must come of each request is written down by hand in `workloads.rs` (whose is what), `doors.rs` (who gets in), `data.rs` (what opens) and
//! `never.rs` (what opens to no workload), each line with its source.

mod data;
mod doors;
mod never;
mod stage;
mod workloads;

use super::report::Report;
use super::shows;
use crate::tree::none;
use stage::{Stage, member};
use workloads::Workload;

/// The examples whose workloads are asked about here.
pub(crate) const EXAMPLES: [&str; 2] = [workloads::PRINCIPAL, workloads::IMPERSONATION];

#[expect(
    clippy::print_stdout,
    reason = "who runs it with --nocapture reads how much was tried"
)]
#[test]
fn workloads_on_google_reach_what_they_need_and_nothing_else() {
    let mut wrong = Vec::new();
    for example in workloads::examples() {
        let stage = Stage::new(&example, &format!("access-google-{}", example.folder));
        let mut report = Report::new(example.folder);
        for workload in &example.workloads {
            workload_of(&mut report, workload, &stage);
        }
        println!("{}", report.line());
        assert!(report.tried > 200, "{}", report.line());
        wrong.extend(report.wrong);
        stage.sandbox.remove();
    }
    none("these are otherwise than the tables say", wrong);
}

#[test]
fn the_table_knows_every_identity_and_control_plane_of_google() {
    for example in workloads::examples() {
        none("the table differs", workloads::unknown(&example));
        // That a control plane that no table knows is missed.
        let space = example.space.clone().with_control_plane("new");
        let changed = workloads::Example { space, ..example };
        assert_ne!(workloads::unknown(&changed), Vec::<String>::new());
    }
}

/// That each refusal is one for want of a role: what is given or taken behind wip's back shows.
#[test]
fn more_access_and_less_access_both_show_on_google() {
    for example in workloads::examples() {
        let stage = Stage::new(&example, &format!("access-google-more-{}", example.folder));
        let of = |identity: &str| {
            let mut workloads = example.workloads.iter();
            let found = workloads.find(|workload| workload.identity == identity);
            found.expect("a workload")
        };
        let report = |identity: &str| {
            let mut report = Report::new(example.folder);
            workload_of(&mut report, of(identity), &stage);
            report.wrong
        };
        let billing = of("billing");
        none("it is right at first", report("billing"));
        stage.give(
            "storage/storage/v1/b/acme-others",
            "roles/storage.admin",
            &member(billing),
        );
        stage.give(
            "secretmanager/v1/projects/acme-prod/secrets/web",
            "roles/secretmanager.secretAccessor",
            &member(billing),
        );
        let widened = report("billing");
        for what in [
            "acme-others/theirs: Read",
            "acme-others/theirs: Write",
            "web: Access",
            "the policy of bucket acme-others",
        ] {
            shows(&widened, what);
        }
        // With it went the bucket.
        shows(&widened, "to delete acme-others");
        stage.seed();
        let web = "secretmanager/v1/projects/acme-prod/secrets/web";
        stage.take(web, &member(billing));
        none("it is right again", report("billing"));
        if let Some(account) = billing.account {
            let path = format!("gcpiam/v1/projects/-/serviceAccounts/{account}");
            let everybody = "serviceAccount:acme-prod.svc.id.goog[default/vector]";
            stage.give(&path, "roles/iam.workloadIdentityUser", everybody);
            shows(&report("billing"), "namespace default");
        }

        let backup = of("backup");
        none("it is right at first", report("backup"));
        let own = backup.own.expect("a bucket").0;
        stage.take(&format!("storage/storage/v1/b/{own}"), &member(backup));
        let narrowed = report("backup");
        for what in ["Write", "Read", "List", "Delete"] {
            let is_it = |line: &&String| line.contains(own) && line.contains(what);
            assert!(
                narrowed.iter().any(|line| is_it(&line)),
                "{what}: {narrowed:?}"
            );
        }
        stage.sandbox.remove();
    }
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
