//! The pipelines of `examples/pipelines`: their shell steps, as they stand, in clones of one repository before one sandbox.
//!
//! Not here: the systems that run them; `pipelines/runner.rs` has what the files use of them.

mod runner;

use std::fs;
use std::sync::LazyLock;
use std::thread;

use serde_json::json;

use crate::clones::{Clone, Origin, STATE};
use crate::examples::{Space, example};
use runner::{Ended, Held, Job, System, install};

const SYSTEMS: [System; 2] = [System::GitHub, System::GitLab];

/// The example, and an identity that can be removed: one grant, as many as the file lets go unasked.
fn space() -> Space {
    let mut space = example("eks-irsa");
    space.0.push_str(REPORTS);
    space
}

const REPORTS: &str = "
    reports:
      method: irsa
      workloads: [{ namespace: reports, serviceAccount: writer }]
      access:
        - s3: { bucket: acme-billing, region: eu-west-1, prefix: reports/, allow: [read] }
";
const AUDIT: &str = "
    audit:
      method: irsa
      workloads: [{ namespace: audit, serviceAccount: reader }]
      access:
        - s3: { bucket: acme-billing, region: eu-west-1, prefix: audit/, allow: [read] }
";

fn origin(system: System, name: &str) -> Origin {
    let origin = Origin::new(&format!("pipelines-{system:?}-{name}"), &space());
    install(&origin);
    origin
}

fn job<'a>(system: System, name: &'a str, clone: &'a Clone) -> Job<'a> {
    Job {
        system,
        name,
        clone,
        env: Vec::new(),
        checkout: true,
    }
}

fn apply(system: System, clone: &Clone) -> Ended {
    job(system, "apply", clone).run()
}

/// The state on `main`.
fn pushed(origin: &Origin, name: &str) -> Option<String> {
    origin.shows(&format!("{STATE}/{name}"))
}

fn commits(clone: &Clone) -> usize {
    clone.git(&["fetch", "--quiet"]);
    let count = clone.git(&["rev-list", "--count", "origin/main"]);
    count.parse().expect("a number")
}

/// The cloud is as `main` says, and its state knows that.
fn is_settled(origin: &Origin) {
    let look = origin.clone("look");
    look.run(origin.sandbox(), &["verify"], 0);
    assert_eq!(pushed(origin, "journal.jsonl"), None);
    fs::remove_dir_all(look.path("")).expect("a folder");
}

/// What a reader would look for first, and what no shell step shows.
#[test]
fn the_files_use_what_is_pinned_no_secrets_and_few_rights() {
    let github = runner::example(System::GitHub);
    assert!(!github.to_string().contains("secrets."));
    assert_eq!(github["permissions"], json!({}));
    let jobs = github["jobs"].as_object().expect("jobs");
    for step in jobs
        .values()
        .flat_map(|job| job["steps"].as_array().expect("steps"))
    {
        if let Some(action) = step["uses"].as_str() {
            let (_, commit) = action.split_once('@').expect("a version");
            let is_pinned = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_pinned, "{action}");
        }
    }
    assert_eq!(jobs["plan"]["permissions"]["contents"], "read");
    let rights = json!({ "contents": "write", "id-token": "write" });
    assert_eq!(jobs["apply"]["permissions"], rights);
    assert_eq!(jobs["apply"]["concurrency"]["cancel-in-progress"], false);
    let gitlab = runner::example(System::GitLab);
    assert_eq!(gitlab["apply"]["resource_group"], "wip-apply");
    assert_eq!(gitlab["apply"]["interruptible"], false);
}

#[test]
fn a_pull_request_gets_its_plan_as_a_comment() {
    for system in SYSTEMS {
        let origin = origin(system, "comment");
        let clone = origin.clone("pull-request");
        let comment = |what: &str| {
            let path = origin.sandbox().folder().join(format!("comment{what}"));
            fs::read_to_string(path).expect("a comment")
        };
        let ended = job(system, "plan", &clone).run();
        assert!(ended.succeeded, "{}", ended.words);
        let mut plan = clone.wip(origin.sandbox(), &["plan", "--markdown"]);
        let plan = String::from_utf8(plan.output().expect("wip starts").stdout).expect("UTF-8");
        assert!(plan.contains("5 to create"), "{plan}");
        assert_eq!(comment(""), plan);
        let to = match system {
            System::GitHub => "pr comment 7 --edit-last --create-if-none",
            System::GitLab => {
                "https://gitlab.example.com/api/v4/projects/11/merge_requests/7/notes"
            }
        };
        assert!(comment(".to").contains(to), "{}", comment(".to"));

        // What is blocked is shown, and no pull request is green with it.
        assert!(apply(system, &clone).succeeded);
        clone.write(
            "space.yaml",
            &example("eks-irsa").with("team-a-ctp2", "b").0,
        );
        let ended = job(system, "plan", &clone).run();
        assert!(!ended.succeeded, "{}", ended.words);
        assert!(comment("").contains("--allow-revokes"), "{}", comment(""));

        clone.write("space.yaml", "no Space\n");
        let ended = job(system, "plan", &clone).run();
        assert!(!ended.succeeded, "{}", ended.words);
        assert!(comment("").contains("There is no plan: [the log](https://"));
        origin.remove();
    }
}

#[test]
fn main_is_applied_and_its_state_pushed_once() {
    for system in SYSTEMS {
        let origin = origin(system, "applied");
        let clone = origin.clone("runner");
        let ended = apply(system, &clone);
        assert!(ended.succeeded, "{}", ended.words);
        assert_eq!(pushed(&origin, "state.yaml"), Some(clone.state()));
        let files = clone.git(&["show", "--name-only", "--format=", "origin/main"]);
        assert_eq!(files, format!("{STATE}/state.yaml"));
        is_settled(&origin);

        let before = commits(&clone);
        let ended = apply(system, &clone);
        assert!(ended.succeeded, "{}", ended.words);
        assert_eq!(
            commits(&clone),
            before,
            "nothing was done, so nothing is recorded"
        );
        origin.remove();
    }
}

/// A run that waits builds on the end of the branch, whatever commit has started it.
#[test]
fn a_run_that_waited_builds_on_the_state_of_the_one_before() {
    for system in SYSTEMS {
        let origin = origin(system, "waited");
        let (first, second) = (origin.clone("first"), origin.clone("second"));
        assert!(apply(system, &first).succeeded);
        let ended = apply(system, &second);
        assert!(ended.succeeded, "{}", ended.words);
        assert!(!ended.words.contains("begin"), "{}", ended.words);
        origin.remove();
    }
}

#[test]
fn an_apply_that_fails_pushes_what_it_has_done() {
    for system in SYSTEMS {
        let origin = origin(system, "failed");
        let clone = origin.clone("runner");
        let sandbox = origin.sandbox();
        clone.run(sandbox, &["plan"], 0);
        sandbox.set_faults(&json!([{ "operation": "PutRolePolicy", "class": "access_denied" }]));
        let ended = apply(system, &clone);
        assert!(!ended.succeeded, "the pipeline is red: {}", ended.words);
        assert!(ended.words.contains("applied in part"), "{}", ended.words);
        let state = pushed(&origin, "state.yaml").expect("a state");
        assert_eq!(state, clone.state());
        assert!(state.contains("\n  aws/iam-role:"), "{state}");

        sandbox.set_faults(&json!([]));
        let ended = apply(system, &origin.clone("next"));
        assert!(ended.succeeded, "{}", ended.words);
        is_settled(&origin);
        origin.remove();
    }
}

#[test]
fn an_apply_that_is_killed_pushes_its_journal_and_the_next_run_goes_on_from_it() {
    for system in SYSTEMS {
        let origin = origin(system, "killed");
        let clone = origin.clone("runner");
        let mut killed = job(system, "apply", &clone);
        killed.env.push(("WIP_TEST_KILL_AT_WRITE", "16".to_owned()));
        let ended = killed.run();
        assert!(!ended.succeeded, "the pipeline is red: {}", ended.words);
        let journal = pushed(&origin, "journal.jsonl").expect("a journal");
        assert!(journal.contains("\"aws/iam-role:"), "{journal}");

        let ended = apply(system, &origin.clone("next"));
        assert!(ended.succeeded, "{}", ended.words);
        let words = "an earlier run did not finish";
        assert!(ended.words.contains(words), "{}", ended.words);
        is_settled(&origin);
        origin.remove();
    }
}

/// A commit of others between an apply and its push is no reason to apply again.
#[test]
fn what_others_push_elsewhere_is_taken_in() {
    for system in SYSTEMS {
        let origin = origin(system, "elsewhere");
        let (clone, other) = (origin.clone("runner"), origin.clone("other"));
        let ended = thread::scope(|scope| {
            let held = Held::start(scope, job(system, "apply", &clone));
            held.apply();
            other.write("README.md", "Words.\n");
            other.commit("Say what this is");
            other.push();
            held.end()
        });
        assert!(ended.succeeded, "{}", ended.words);
        assert_eq!(
            ended.words.matches("applied: ").count(),
            1,
            "{}",
            ended.words
        );
        assert_eq!(pushed(&origin, "state.yaml"), Some(clone.state()));
        assert_eq!(origin.shows("README.md").as_deref(), Some("Words.\n"));
        is_settled(&origin);
        origin.remove();
    }
}

/// What the cloud and the state come to where both changes are applied one after the other.
static UNDISTURBED: LazyLock<(String, String)> = LazyLock::new(|| {
    let system = System::GitHub;
    let origin = origin(system, "undisturbed");
    let clone = origin.clone("runner");
    let spaces = [space(), with_control_plane(space()), both(space())];
    for (space, message) in spaces.into_iter().zip(["Describe", "Widen", "Audit"]) {
        merge(&clone, &space, message);
        let ended = apply(system, &clone);
        assert!(ended.succeeded, "{}", ended.words);
    }
    let end = end(&origin);
    origin.remove();
    end
});

/// The cloud, and what is owned as `main` has it; without the serial, which counts runs.
fn end(origin: &Origin) -> (String, String) {
    is_settled(origin);
    let state = pushed(origin, "state.yaml").expect("a state");
    let at = state.find("resources:").expect("resources");
    (origin.sandbox().dump(), state[at..].to_owned())
}

/// One change.
fn with_control_plane(space: Space) -> Space {
    space.with_control_plane("ctp3")
}

/// Another: one identity more, and one less.
fn with_audit(space: Space) -> Space {
    space.with(REPORTS, AUDIT)
}

fn both(space: Space) -> Space {
    with_audit(with_control_plane(space))
}

/// Commits a Space file, and pushes it where it is another than before.
fn merge(clone: &Clone, space: &Space, message: &str) {
    clone.git(&["pull", "--quiet", "--rebase"]);
    clone.write("space.yaml", &space.0);
    clone.git(&["commit", "--quiet", "--all", "--allow-empty", "-m", message]);
    clone.push();
}

/// A repository whose `main` is applied, and a clone of it for people.
fn applied(system: System, name: &str) -> (Origin, Clone) {
    let origin = origin(system, name);
    let people = origin.clone("people");
    let ended = apply(system, &people);
    assert!(ended.succeeded, "{}", ended.words);
    (origin, people)
}

/// The second begins when its change is merged, while the first is in its middle.
#[test]
fn the_run_whose_push_is_refused_repairs_itself() {
    for system in SYSTEMS {
        let (origin, people) = applied(system, "refused");
        merge(&people, &with_control_plane(space()), "Widen");
        let (a, b) = (origin.clone("a"), origin.clone("b"));
        let (a, b) = thread::scope(|scope| {
            let first = Held::start(scope, job(system, "apply", &a));
            first.apply();
            merge(&people, &both(space()), "Audit");
            let second = Held::start(scope, job(system, "apply", &b));
            second.apply();
            (first.end(), second.end())
        });
        for ended in [&a, &b] {
            assert!(ended.succeeded, "{}", ended.words);
            assert!(ended.words.contains("rejected"), "{}", ended.words);
        }
        // What the first changed is in its state; what the second made is known by its mark.
        assert_eq!(a.words.matches("applied: ").count(), 1, "{}", a.words);
        assert_eq!(b.words.matches("applied: ").count(), 2, "{}", b.words);
        assert!(b.words.contains("taken back"), "{}", b.words);
        assert!(end(&origin) == *UNDISTURBED, "{}", b.words);
        origin.remove();
    }
}

/// It knows neither the file nor the state of the one after it: it would undo what that did.
#[test]
fn a_run_that_was_overtaken_does_nothing_to_what_it_does_not_know() {
    for system in SYSTEMS {
        let (origin, people) = applied(system, "overtaken");
        merge(&people, &with_control_plane(space()), "Widen");
        let (a, b) = (origin.clone("a"), origin.clone("b"));
        let (a, b) = thread::scope(|scope| {
            let first = Held::start(scope, job(system, "apply", &a));
            merge(&people, &both(space()), "Audit");
            let second = Held::start(scope, job(system, "apply", &b));
            second.apply();
            first.apply();
            (first.end(), second.end())
        });
        assert!(!a.succeeded, "{}", a.words);
        assert!(a.words.contains("nothing was done"), "{}", a.words);
        assert!(b.succeeded, "{}", b.words);
        assert!(end(&origin) == *UNDISTURBED, "{}", b.words);
        origin.remove();
    }
}

/// Neither run knows the other's change: what the second undoes of the first, it does again.
#[test]
fn two_clones_that_know_nothing_of_each_other_come_to_both_changes() {
    let system = System::GitHub;
    let (origin, _) = applied(system, "apart");
    let clone = |name: &'static str, space: &Space| {
        let clone = origin.clone(name);
        clone.write("space.yaml", &space.0);
        clone.commit("Change the Space");
        clone
    };
    let a = clone("a", &with_control_plane(space()));
    let b = clone("b", &with_audit(space()));
    let here = |clone| Job {
        checkout: false,
        ..job(system, "apply", clone)
    };
    let (a, b) = thread::scope(|scope| {
        let (first, second) = (Held::start(scope, here(&a)), Held::start(scope, here(&b)));
        first.apply();
        second.apply();
        (first.end(), second.end())
    });
    assert!(a.succeeded, "{}", a.words);
    assert!(b.succeeded, "{}", b.words);
    assert!(b.words.contains("rejected"), "{}", b.words);
    assert!(end(&origin) == *UNDISTURBED, "{}", b.words);
    origin.remove();
}
