//! Plans that are saved and applied later, and states that are not what this wip left: what does not fit is refused with its reason, and nothing is done.
//!
//! Not here: the whole way of a saved plan, word for word (`cases/saved-plan`).

use std::fs;

use serde_json::Value;

use crate::examples::example;
use crate::sandbox::Sandbox;

const APPLY: &[&str] = &["apply", "--auto-approve"];
const SAVE: &[&str] = &["plan", "--out", "plan.json"];
const APPLY_SAVED: &[&str] = &["apply", "--auto-approve", "plan.json"];
const STATE: &str = "state/prod-eu/state.yaml";
const ACCOUNT: &str = "111122223333";

fn sandbox(name: &str) -> Sandbox {
    let sandbox = Sandbox::new(&format!("saved-{name}"));
    sandbox.write(&example("eks-irsa").destroyable().0);
    sandbox
}

fn read(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.folder().join(name)).expect("a file")
}

fn write(sandbox: &Sandbox, name: &str, text: &str) {
    fs::write(sandbox.folder().join(name), text).expect("a file");
}

/// The commands end with 1 and these words; no cloud is asked for anything but who the caller is, and the state is not touched.
fn refused(sandbox: &Sandbox, commands: &[&[&str]], code: &str, why: &str) {
    let (world, state) = (sandbox.dump(), read(sandbox, STATE));
    sandbox.clear_log();
    for command in commands {
        let words = sandbox.run(command, 1);
        assert!(
            words.contains(&format!("error[{code}]: ")),
            "{command:?}\n{words}"
        );
        assert!(words.contains(why), "{command:?}: {why}\n{words}");
    }
    // Who the caller is, and nothing else.
    let mut calls = sandbox.log().into_iter();
    let other = calls.find(|call| call["operation"] != "GetCallerIdentity");
    assert_eq!(other, None, "{commands:?}");
    assert_eq!(sandbox.dump(), world);
    assert_eq!(read(sandbox, STATE), state);
}

#[test]
fn what_moved_since_the_plan_is_named_and_left_and_the_rest_is_done() {
    let sandbox = sandbox("moved");
    sandbox.run(APPLY, 0);
    sandbox.write(&example("eks-irsa").with_control_plane("ctp3").0);
    sandbox.run(SAVE, 0);
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"FEDERATED"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"ISSUER:aud":"sts.amazonaws.com","ISSUER:sub":"system:serviceaccount:evil:x"}}}]}"#;
    let plan = read(&sandbox, "plan.json");
    let start = plan
        .find("arn:aws:iam::111122223333:oidc-provider/")
        .expect("a provider");
    let federated = plan[start..].split('"').next().expect("its end");
    let issuer = federated.split_once('/').expect("an issuer").1;
    let policy = policy
        .replace("FEDERATED", federated)
        .replace("ISSUER", issuer);
    let parameters = [
        ("RoleName", "prod-eu-backup"),
        ("PolicyDocument", policy.as_str()),
    ];
    sandbox.iam(ACCOUNT, "UpdateAssumeRolePolicy", &parameters);
    sandbox.iam(
        ACCOUNT,
        "DeleteRolePolicy",
        &[("RoleName", "prod-eu-billing"), ("PolicyName", "wip")],
    );
    sandbox.iam(ACCOUNT, "DeleteRole", &[("RoleName", "prod-eu-billing")]);

    let words = sandbox.run(APPLY_SAVED, 3);
    let failed = |name: &str| {
        let start = format!("FAILED    aws/iam-role:prod-eu/{name}: ");
        let found = words.lines().find(|line| line.starts_with(&start));
        found
            .unwrap_or_else(|| panic!("{name}\n{words}"))
            .to_owned()
    };
    let backup = failed("backup");
    assert!(
        backup.contains(
            "changed since the plan: trust + system:serviceaccount:evil:x, and 2 more; plan again"
        ),
        "{backup}"
    );
    let billing = failed("billing");
    assert!(
        billing.contains("changed since the plan: it is gone; plan again"),
        "{billing}"
    );
    assert!(
        words.contains("done      aws/iam-role:prod-eu/sharedSecrets"),
        "{words}"
    );
    assert!(
        sandbox.dump().contains("system:serviceaccount:evil:x"),
        "it was left"
    );

    sandbox.run(APPLY, 0);
    assert!(!sandbox.dump().contains("system:serviceaccount:evil:x"));
    sandbox.remove();
}

#[test]
fn what_somebody_made_since_the_plan_is_not_written_over() {
    let sandbox = sandbox("made");
    sandbox.run(SAVE, 0);
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let parameters = [
        ("RoleName", "prod-eu-backup"),
        ("AssumeRolePolicyDocument", policy),
    ];
    sandbox.iam(ACCOUNT, "CreateRole", &parameters);
    let words = sandbox.run(APPLY_SAVED, 3);
    let why = "aws/iam-role: changed since the plan: somebody made it; plan again";
    assert!(words.contains(why), "{words}");
    assert!(sandbox.dump().contains("ec2.amazonaws.com"));
    sandbox.remove();
}

#[test]
fn a_plan_that_is_not_what_was_saved_is_refused() {
    let sandbox = sandbox("file");
    sandbox.run(APPLY, 0);
    sandbox.write(&example("eks-irsa").with_control_plane("ctp3").0);
    sandbox.run(SAVE, 0);
    let saved = read(&sandbox, "plan.json");
    let printed = sandbox
        .wip(&["plan", "--json"])
        .output()
        .expect("wip starts");
    let printed = String::from_utf8(printed.stdout).expect("UTF-8");
    let edited = |old: &str, new: &str| {
        assert!(saved.contains(old), "{old}");
        saved.replacen(old, new, 1)
    };
    for (text, why) in [
        (
            saved[..saved.len() / 2].to_owned(),
            "it is cut off or no JSON",
        ),
        (
            saved[..saved.len() - 3].to_owned(),
            "it is cut off or no JSON",
        ),
        (
            edited("team-b-ctp3", "evil"),
            "it was changed after it was saved",
        ),
        (
            edited("team: platform", "team: other"),
            "it was changed after it was saved",
        ),
        (
            edited("\"serial\": 1", "\"serial\": 2"),
            "it was changed after it was saved",
        ),
        (
            edited("\"cloud\": \"sandbox\"", "\"cloud\": \"real\""),
            "it was changed after it was saved",
        ),
        (
            edited("wip-plan/1", "wip-plan/2"),
            "its format is wip-plan/2, this wip applies wip-plan/1",
        ),
        (
            edited("\"steps\"", "\"stairs\""),
            "it does not have the shape of a plan",
        ),
        (
            printed,
            "it was printed with --json, which shows a plan and does not save it",
        ),
        ("{}".to_owned(), "it has no `format`"),
    ] {
        write(&sandbox, "plan.json", &text);
        refused(&sandbox, &[APPLY_SAVED], "WIP0230", why);
    }
    write(&sandbox, "plan.json", &saved);
    let more: &[&str] = &[
        "apply",
        "--auto-approve",
        "plan.json",
        "--target",
        "aws/iam-role:prod-eu/backup",
    ];
    refused(
        &sandbox,
        &[more],
        "WIP0234",
        "a saved plan is applied as it is; nothing was done",
    );
    sandbox.run(APPLY_SAVED, 0);
    refused(
        &sandbox,
        &[APPLY_SAVED],
        "WIP0232",
        "it builds on the state of serial 1, here is serial 2",
    );
    sandbox.remove();
}

#[test]
fn a_plan_for_another_lineage_is_refused() {
    let sandbox = sandbox("lineage");
    sandbox.run(APPLY, 0);
    sandbox.write(&example("eks-irsa").with_control_plane("ctp3").0);
    let state = read(&sandbox, STATE);
    let (_, lineage) = state.split_once("\nlineage: ").expect("a lineage");
    let lineage = lineage.lines().next().expect("a line");
    let other = "c1111111-2222-4333-8444-555555555555";
    write(
        &sandbox,
        STATE,
        &of_first_version(&state).replace(lineage, other),
    );
    sandbox.run(SAVE, 4);
    write(&sandbox, STATE, &state);
    let why = format!("it builds on the state of lineage {other}, here is one of {lineage}");
    refused(&sandbox, &[APPLY_SAVED], "WIP0232", &why);
    sandbox.remove();
}

#[test]
fn a_target_says_what_it_left_out_in_json_too() {
    let sandbox = sandbox("target");
    let arguments = ["plan", "--json", "--target", "aws/iam-role:prod-eu/backup"];
    let output = sandbox.wip(&arguments).output().expect("wip starts");
    let plan: Value = serde_json::from_slice(&output.stdout).expect("one document");
    let steps = plan["steps"].as_array().expect("steps").iter();
    let steps: Vec<_> = steps
        .map(|step| step["address"].as_str().expect("an address"))
        .collect();
    assert_eq!(
        steps,
        [
            "aws/oidc-provider:prod-eu/prod-eu-1",
            "aws/iam-role:prod-eu/backup"
        ]
    );
    let mut notes = plan["notes"].as_array().expect("notes").iter();
    let note = notes
        .find(|note| note["code"] == "WIP0301")
        .expect("a note");
    let words = "--target leaves out 2 of the plan: aws/iam-role:prod-eu/billing, aws/iam-role:prod-eu/sharedSecrets";
    assert_eq!(note["text"], words, "{note}");
    sandbox.remove();
}

#[test]
fn a_state_that_is_not_what_this_wip_left_is_refused() {
    let sandbox = sandbox("state");
    sandbox.run(APPLY, 0);
    sandbox.run(SAVE, 0);
    let state = read(&sandbox, STATE);
    let all: [&[&str]; 6] = [
        &["plan"],
        APPLY,
        APPLY_SAVED,
        &["destroy", "--auto-approve"],
        &["adopt", "--all", "--auto-approve"],
        &["state", "forget", "aws/iam-role:prod-eu/backup"],
    ];
    let edited = |old: &str, new: &str| {
        assert!(state.contains(old), "{old}\n{state}");
        state.replacen(old, new, 1)
    };
    let first = of_first_version(&state);
    let other = |old: &str, new: &str| {
        assert!(first.contains(old), "{old}\n{first}");
        first.replacen(old, new, 1)
    };
    for (text, code, why) in [
        (
            edited("version: 2", "version: 4"),
            "WIP0203",
            "it was written by a newer wip; upgrade wip",
        ),
        (
            edited("relation: made", "relation: shared"),
            "WIP0204",
            "wip did not write this state",
        ),
        (
            other("space: prod-eu", "space: prod-us"),
            "WIP0202",
            "belongs to the Space prod-us, not to prod-eu",
        ),
        (
            other("cloud: sandbox", "cloud: real"),
            "WIP0202",
            "is about real clouds; leave --sandbox away",
        ),
        (
            edited("    relation: made\n", "    relation: made  # ours\n"),
            "WIP0204",
            "the state was edited by hand",
        ),
        (
            edited("    relation: made\n", "    relation: mine\n"),
            "WIP0204",
            "edited by hand or is damaged",
        ),
        (
            edited("resources:", "<<<<<<< HEAD\nresources:"),
            "WIP0204",
            "a merge conflict is not resolved",
        ),
        (
            state[..state.len() / 2].to_owned(),
            "WIP0204",
            "state/prod-eu/state.yaml",
        ),
        (String::new(), "WIP0204", "is not a state that wip wrote"),
    ] {
        write(&sandbox, STATE, &text);
        refused(&sandbox, &all, code, why);
    }
    write(&sandbox, STATE, &state);
    sandbox.run(&["verify"], 0);
    sandbox.remove();
}

/// A state as the first version of the format had it: without a digest, so that it can be made another Space's.
fn of_first_version(state: &str) -> String {
    let (before, after) = state.split_once(" # ").expect("a digest");
    let (_, after) = after.split_once('\n').expect("a line");
    format!("{before}\n{after}").replacen("version: 2", "version: 1", 1)
}
