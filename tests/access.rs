//! Proof of access: every workload of every example, with a token as its cluster would mint it, does what it is there for and
//! nothing else.
//!
//! `wip apply` makes the world; everything after it is asked with raw requests. What must come of each is written down by hand
//! in `spaces.rs` (whose is what), `components.rs` and `secrets.rs` (what a component needs), `never.rs`, `keys.rs` and
//! `doors.rs` (what nobody may), each line with its source.

mod asking;
mod azure;
mod components;
mod doors;
mod google;
mod keys;
mod never;
mod objects;
mod report;
mod secrets;
mod spaces;
mod stage;

use asking::{Caller, everything};
use components::{Line, ON_CLOSED, ON_RESTORED, ON_WHOLE_BUCKET, on_own};
use report::Report;
use spaces::{ACCOUNT, Component, Example, Place, Workload};
use stage::{FOREIGN, FOREIGN_BUCKET, OTHERS_BUCKET, Stage};

use serde_json::json;

use crate::tree::{files, none};

#[expect(
    clippy::print_stdout,
    reason = "who runs it with --nocapture reads how much was tried"
)]
#[test]
fn workloads_reach_what_they_need_and_nothing_else() {
    let examples = spaces::examples();
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let run = |example| scope.spawn(move || check(example));
        let running: Vec<_> = examples.iter().map(run).collect();
        let ended = running.into_iter().map(|run| run.join().expect("a report"));
        ended.collect()
    });
    for report in &reports {
        println!("{}", report.line());
    }
    let tried: usize = reports.iter().map(|report| report.tried).sum();
    println!("{tried} cases");
    let wrong = reports.into_iter().flat_map(|report| report.wrong);
    none("these are otherwise than the tables say", wrong);
}

#[test]
fn every_example_has_its_table() {
    let tables = spaces::examples();
    let mut wrong: Vec<String> = tables.iter().flat_map(spaces::unknown).collect();
    let spaces = files().iter().filter_map(|file| {
        let path = file.path.strip_prefix("examples/")?;
        path.strip_suffix("/space.yaml")
    });
    for name in spaces {
        let is_known = tables.iter().any(|table| table.name == name);
        if !is_known && !azure::EXAMPLES.contains(&name) && !google::EXAMPLES.contains(&name) {
            wrong.push(format!(
                "examples/{name} has no table in tests/access/spaces.rs"
            ));
        }
    }
    none("tables and examples differ", wrong);
    // That a control plane or an identity that no table knows is missed.
    let irsa = || spaces::examples().remove(2);
    let more = irsa().space.with_control_plane("new");
    let other = irsa().space.with("    billing:\n", "    other:\n");
    for space in [more, other] {
        let changed = Example { space, ..irsa() };
        assert_ne!(spaces::unknown(&changed), Vec::<String>::new());
    }
}

/// That each refusal is one for want of a permission: where the role is given all of them behind wip's back, each shows,
/// but for those that others owe. What is taken away shows as well, and so does a trust in everybody.
#[test]
fn more_access_and_less_access_both_show() {
    let example = spaces::examples().remove(2);
    assert_eq!(example.name, "eks-irsa");
    let stage = Stage::new(&example, "access-changed");
    let of = |component| {
        let mut workloads = example.workloads.iter();
        let found = workloads.find(|workload| workload.component == component);
        found.expect("a workload")
    };
    let report = |workload: &Workload| {
        let mut report = Report::new(example.name);
        workload_of(&mut report, workload, &stage);
        report
    };

    let (secrets, role) = (
        of(Component::SharedSecrets),
        ("RoleName", "prod-eu-sharedSecrets"),
    );
    none("it is right at first", report(secrets).wrong);
    stage.iam("DeleteRolePolicy", &[role, ("PolicyName", "wip")]);
    let narrowed = report(secrets).wrong;
    shows(&narrowed, "GetSecretValue prod/db: Works");
    shows(&narrowed, "GetParameter /prod/db: Works");
    let provider = stage.issuer("prod-eu-1");
    let provider = provider.replace(
        "https://",
        &format!("arn:aws:iam::{ACCOUNT}:oidc-provider/"),
    );
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Federated": provider },
        "Action": "sts:AssumeRoleWithWebIdentity",
    }] });
    let trust = ("PolicyDocument", trust.to_string());
    let trust = (trust.0, trust.1.as_str());
    stage.iam("UpdateAssumeRolePolicy", &[role, trust]);
    let open = report(secrets).wrong;
    shows(&open, "namespace default: Denied");
    shows(&open, "service account vector: Denied");

    let all = everything();
    let all = ("PolicyDocument", all.as_str());
    let role = ("RoleName", "prod-eu-backup");
    stage.iam("PutRolePolicy", &[role, ("PolicyName", "more"), all]);
    let widened = report(of(Component::Backup));
    shows(&widened.wrong, "CreateRole: Denied");
    shows(
        &widened.wrong,
        "Decrypt with its own key, of KMS itself: Denied",
    );
    let still = widened.refused.into_iter().filter(|what| {
        let others = STILL_REFUSED.iter().any(|others| what.contains(others));
        !others
    });
    none("no want of a permission is why these are refused", still);
    stage.sandbox.remove();
}

/// What is refused to a session with all permissions: a name that the trust does not have, what another account owns, and
/// whatever nobody signed.
const STILL_REFUSED: [&str; 8] = [
    "namespace ",
    "service account ",
    "a cluster that the account knows",
    "AssumeRole of the account's administrator",
    "AssumeRole of its own role",
    FOREIGN_BUCKET,
    "another account's bucket",
    "unsigned, ",
];

/// A key comes, and the other one goes: whoever signs with one that is not published gets nobody in.
#[test]
fn tokens_are_taken_for_as_long_as_their_key_is_published() {
    const NEXT: &str = include_str!("access/keys/next.pem");
    let mut examples = spaces::examples().into_iter();
    let example = examples.find(|example| example.name == "eks-anywhere");
    let example = example.expect("an example");
    let stage = Stage::new(&example, "access-rotation");
    let app = &example.workloads[0];
    let mut space = example.space.clone();
    let mut keys = "[sa.pub]";
    for (published, options, old, next) in [
        ("[sa.pub]", "", true, false),
        ("[sa.pub, next.pub]", "", true, true),
        ("[next.pub]", "", false, true),
        ("[sa.pub]", "--allow-interruption", true, false),
    ] {
        space = space.with(keys, published);
        keys = published;
        stage.sandbox.write(&space.0);
        let mut apply = vec!["apply", "space.yaml", "--auto-approve"];
        apply.extend(Some(options).filter(|options| !options.is_empty()));
        stage.sandbox.run(&apply, 0);
        for (key, gets_in) in [(spaces::OWN_KEY, old), (NEXT, next)] {
            let answer = doors::signed_with(app, &stage, key);
            let expected = match gets_in {
                true => (200, String::new()),
                false => (400, "InvalidIdentityToken".to_owned()),
            };
            assert_eq!((answer.status, answer.code()), expected, "{published}");
        }
    }
    stage.sandbox.remove();
}

/// An association's session policy limits what a role has that was widened behind wip's back.
#[test]
fn control_planes_stay_apart_under_a_widened_role() {
    let mut examples = spaces::examples().into_iter();
    let example = examples.find(|example| example.name == "eks-pod-identity-isolated");
    let example = example.expect("an example");
    let stage = Stage::new(&example, "access-apart");
    let all = everything();
    let more = [
        ("RoleName", "pods-isolated-backup"),
        ("PolicyName", "more"),
        ("PolicyDocument", &all),
    ];
    stage.iam("PutRolePolicy", &more);
    let mut report = Report::new(example.name);
    let backups = example.workloads.iter();
    for workload in backups.filter(|workload| workload.component == Component::Backup) {
        workload_of(&mut report, workload, &stage);
    }
    none("the session policy limits", report.wrong);
    stage.sandbox.remove();
}

fn shows(wrong: &[String], what: &str) {
    let found = wrong.iter().any(|line| line.contains(what));
    assert!(found, "{what} is not among\n  {}", wrong.join("\n  "));
}

/// All cases of an example.
fn check(example: &Example) -> Report {
    let mut report = Report::new(example.name);
    let folder = format!("access-{}", example.name.replace([',', ' '], "-"));
    let stage = Stage::new(example, &folder);
    for workload in &example.workloads {
        workload_of(&mut report, workload, &stage);
    }
    stage.sandbox.remove();
    report
}

fn workload_of(report: &mut Report, workload: &Workload, stage: &Stage) {
    let Workload {
        component,
        cluster,
        namespace,
        service_account,
        ..
    } = workload;
    for by in workload.by.iter().copied() {
        let who = format!("{component:?} of {cluster}/{namespace}/{service_account} by {by:?}");
        doors::check(report, &who, workload, by, stage);
        // That it gets none is a wrong case already.
        let Some(session) = doors::session(workload, by, stage) else {
            continue;
        };
        objects_of(report, &who, workload, &session, stage);
        secrets::check(report, &who, workload, &session);
        keys::check(report, &who, workload, &session, stage);
        never::check(report, &who, workload, &session, stage);
    }
}

fn objects_of(
    report: &mut Report,
    who: &str,
    workload: &Workload,
    session: &Caller,
    stage: &Stage,
) {
    let nobody = Caller::nobody(stage.sandbox.url());
    let mut at = |place: Place<'_>, lines: &[Line], is_signed: bool| {
        let (how, session) = match is_signed {
            true => ("", session),
            false => ("unsigned, ", &nobody),
        };
        for (does, expected, source) in lines {
            let what = format!("{how}{}/{}: {does:?}", place.bucket, place.prefix);
            let answer = does.at(place, session, stage);
            report.case((who, &what), (*expected, source), &answer);
        }
    };
    let others = |bucket, owner| Place {
        bucket,
        owner,
        prefix: "",
    };
    let mut closed = workload.closed.clone();
    closed.push(others(OTHERS_BUCKET, ACCOUNT));
    closed.push(others(FOREIGN_BUCKET, FOREIGN));
    for place in closed {
        at(place, ON_CLOSED, true);
    }
    for place in workload.restores.iter().copied() {
        at(place, ON_RESTORED, true);
        at(place, ON_WHOLE_BUCKET, true);
    }
    let Some(own) = workload.own else {
        return;
    };
    at(own, on_own(workload.component), true);
    at(own, ON_CLOSED, false);
    let Some(name) = own.prefix.strip_suffix('/') else {
        return;
    };
    at(own, ON_WHOLE_BUCKET, true);
    for prefix in [
        name.to_owned(),
        format!("{name}2/"),
        format!("x{}", own.prefix),
    ] {
        let near = Place {
            prefix: &prefix,
            ..own
        };
        at(near, ON_CLOSED, true);
    }
}
