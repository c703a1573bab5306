//! `wip permissions` is what wip needs: with exactly these rights everything works, and with any one less something does not.
//!
//! Owns the callers whose rights the sandbox limits to what the command prints.
//! Not here: how it is printed (`cases/permissions`), and that every call of the clients has its action (`wip-aws`).

mod azure;
mod google;
mod superfluous;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::examples::{Space, example};
use crate::sandbox::{Sandbox, said};
use crate::tree::files;

/// Statements by account, and roles by tenant and by project.
type Rights = BTreeMap<String, Vec<Value>>;

const PLAN: &[&str] = &["plan"];
const APPLY: &[&str] = &["apply", "--auto-approve"];
const CHANGE: &[&str] = &["apply", "--auto-approve", "--allow-revokes", "99"];
const NOTHING_TO_DO: &[&str] = &["plan", "--detailed-exitcode"];
const DESTROY: &[&str] = &["destroy", "--auto-approve"];

/// What the command says that the Space file in the sandbox's folder needs; `apply` besides what `plan` does.
fn printed(sandbox: &Sandbox, purposes: &[&str]) -> Rights {
    let output = sandbox.plain(&["permissions", "--json"]).output();
    let output = output.expect("wip starts");
    assert!(output.status.success(), "{}", said(&output));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let accounts = document["accounts"].as_object().expect("accounts");
    let statements = |account: &Value| -> Vec<Value> {
        let policies = purposes.iter().map(|purpose| &account[*purpose]);
        let statements = policies.map(|policy| policy["Statement"].clone());
        let one_or_many = statements.flat_map(|statement| match statement {
            Value::Array(many) => many,
            Value::Null => Vec::new(),
            one => vec![one],
        });
        one_or_many.collect()
    };
    let accounts = accounts.iter();
    let accounts = accounts.map(|(id, account)| (id.clone(), statements(account)));
    accounts
        .chain(azure::roles(&document, purposes))
        .chain(google::roles(&document, purposes))
        .collect()
}

/// Limits the callers of all accounts.
fn limit(sandbox: &Sandbox, rights: &Rights) {
    for (account, statements) in rights {
        match account.as_str() {
            azure::TENANT => {
                sandbox.set_azure_rights(account, &json!(statements));
                continue;
            }
            google::PROJECT => {
                sandbox.set_google_rights(account, &json!(statements));
                continue;
            }
            _ => {}
        }
        // A policy without statements is none: this one gives nothing.
        let nothing = json!([{ "Effect": "Deny", "Action": "*", "Resource": "*" }]);
        let allow = match statements.is_empty() {
            true => nothing,
            false => json!(statements),
        };
        sandbox.set_rights(account, &allow);
    }
}

/// Lets the callers of these accounts do everything again.
fn unlimit(sandbox: &Sandbox, rights: &Rights) {
    for account in rights.keys() {
        match account.as_str() {
            azure::TENANT => sandbox.set_azure_rights(account, &Value::Null),
            google::PROJECT => sandbox.set_google_rights(account, &Value::Null),
            _ => sandbox.set_rights(account, &Value::Null),
        }
    }
}

/// A world as it is before a command.
struct Moment {
    folder: PathBuf,
    command: &'static [&'static str],
    name: String,
}

/// Keeps the moment before a command, which is proved to work with what is printed and no more; the world after it, with all rights,
/// and what was printed.
fn moment(
    moments: &mut Vec<Moment>,
    sandbox: Sandbox,
    name: String,
    command: &'static [&'static str],
) -> (Sandbox, Rights) {
    let folder = sandbox.stop();
    let sandbox = Sandbox::copy(&folder, &format!("{name}-all"));
    limit(&sandbox, &printed(&sandbox, &["plan", "apply"]));
    let words = sandbox.run(command, 0);
    assert!(!is_refused(&words), "{name}: {words}");
    let rights = printed(&sandbox, &["plan", "apply"]);
    unlimit(&sandbox, &rights);
    moments.push(Moment {
        folder,
        command,
        name,
    });
    (sandbox, rights)
}

/// Runs a command, whatever comes of it: its exit code and its words.
fn tried(sandbox: &Sandbox, command: &[&str]) -> (Option<i32>, String) {
    let output = sandbox.wip(command).output().expect("wip starts");
    (output.status.code(), said(&output))
}

/// Whether somebody was told that he may not; S3 has no words for it where the answer has no body.
fn is_refused(words: &str) -> bool {
    let codes = [
        "AccessDenied",
        "HTTP 403",
        "AuthorizationFailed",
        "Authorization_RequestDenied",
        "PERMISSION_DENIED",
        ": forbidden: ",
    ];
    codes.iter().any(|code| words.contains(code))
}

/// A change of each example, which makes, changes and deletes.
fn changed(name: &str, space: Space) -> Space {
    match name {
        "aks" => space
            .with_control_plane("ctp3")
            .with("team: platform", "unit: storage")
            .with("container: usage", "container: records"),
        "aks-application" => space
            .with_control_plane("ctp3")
            .with("team: platform", "unit: storage")
            .with("displayName: Acme backups", "displayName: Backups of Acme"),
        "cross-account-backup" => space
            .with_control_plane("ctp3")
            .with("prefix: prod-ap/", "prefix: moved/"),
        "eks-irsa" => space
            .with_control_plane("ctp3")
            .with("team: platform", "unit: storage")
            .with(
                "    sharedSecrets:\n",
                "    reader:\n      component: sharedSecrets\n",
            ),
        "eks-irsa-wildcard" => space
            .with("      permissionsBoundary: workload-boundary", "      # none")
            .with("maxSessionDuration: 7200", "maxSessionDuration: 3600")
            .with("cost-center: \"4711\"", "unit: \"4711\""),
        "eks-pod-identity" => space
            .with_control_plane("ctp3")
            .with("team: platform", "unit: storage"),
        "eks-pod-identity-isolated" => space
            .with_control_plane("ctp3")
            .with("prefix: pods-isolated/", "prefix: moved/"),
        "eks-anywhere" => space
            .with("[sa.pub]", "[sa.pub, next.pub]")
            .with("[read, list]", "[read]"),
        "gke-impersonation" => space
            .with_control_plane("ctp3")
            .with("team: platform", "unit: storage")
            .with("prefix: apps-no/", "prefix: moved/")
            .with("prefixes: [apps-]", "prefixes: [apps-, web-]"),
        "gke-principal" => space
            .with_control_plane("ctp3")
            .with("secrets: [db, smtp]", "secrets: [db, web]")
            .with("bucket: acme-billing", "bucket: acme-records"),
        "velero-two-clusters" => space
            .with(
                "    - name: demo-2\n      eks: { account: \"111122223333\", region: us-west-2, cluster: demo-2 }\n",
                "",
            )
            .with("[read, write, list, delete]", "[read, write, list]")
            .with("versioning: true", "versioning: false"),
        _ => panic!("no change of examples/{name} is known"),
    }
}

fn examples() -> Vec<String> {
    let names = files().iter().filter_map(|file| {
        let name = file.path.strip_prefix("examples/")?;
        name.strip_suffix("/space.yaml").map(str::to_owned)
    });
    names.collect()
}

#[test]
fn what_is_printed_is_enough_for_every_example() {
    let names = examples();
    assert!(names.len() >= 6, "{names:?}");
    std::thread::scope(|scope| {
        for names in names.chunks(names.len().div_ceil(2)) {
            scope.spawn(move || names.iter().for_each(|name| live(name)));
        }
    });
}

/// The life of an example, with the rights of each moment and no more.
fn live(name: &str) {
    let space = example(name).destroyable();
    let sandbox = Sandbox::new(&format!("permissions-{name}"));
    sandbox.write(&space.0);
    let of_administrator = sandbox.run(PLAN, 0);

    let looking = printed(&sandbox, &["plan"]);
    limit(&sandbox, &looking);
    assert_eq!(sandbox.run(PLAN, 0), of_administrator, "{name}");
    let (code, words) = tried(&sandbox, APPLY);
    assert!(
        code != Some(0) && is_refused(&words),
        "{name}: {code:?}\n{words}"
    );
    let (_, left) = tried(&sandbox, NOTHING_TO_DO);
    assert!(
        left.contains(" 0 unchanged"),
        "{name}: it did something\n{left}"
    );

    limit(&sandbox, &printed(&sandbox, &["plan", "apply"]));
    let words = sandbox.run(APPLY, 0);
    assert!(!is_refused(&words), "{name}: {words}");
    limit(&sandbox, &looking);
    let words = sandbox.run(NOTHING_TO_DO, 0);
    assert!(!is_refused(&words), "{name}: {words}");
    sandbox.run(&["verify"], 0);

    sandbox.write(&changed(name, space).0);
    limit(&sandbox, &printed(&sandbox, &["plan", "apply"]));
    let words = sandbox.run(CHANGE, 0);
    assert!(!is_refused(&words), "{name}: {words}");
    let words = sandbox.run(DESTROY, 0);
    assert!(!is_refused(&words), "{name}: {words}");
    unlimit(&sandbox, &looking);
    let left = sandbox.run(&["plan", "--destroy", "--detailed-exitcode"], 0);
    assert!(left.contains("0 to delete"), "{name}: {left}");
    sandbox.remove();
}
