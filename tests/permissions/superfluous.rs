//! Nothing that `wip permissions` prints is superfluous: without any one action a command fails, or says what it did not see.
//!
//! Three Spaces that together have every kind live through all that can happen to them, each moment with one action less.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::{
    APPLY, CHANGE, DESTROY, Moment, PLAN, Rights, is_refused, limit, moment, printed, tried,
};
use crate::examples::{Space, example};
use crate::sandbox::Sandbox;

/// How many run at once: each has a wip and a server, which take turns.
const WORKERS: usize = 4;
/// How many roles of others make a listing longer than asking for each of ours.
const OTHERS: usize = 600;
const ACCOUNT: &str = "111122223333";
/// What somebody else puts on a role.
const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// A Space, and what happens to it.
struct Story {
    name: &'static str,
    space: Space,
    changed: Space,
    /// The role that others write on.
    role: &'static str,
}

fn stories() -> [Story; 3] {
    let managed = example("cross-account-backup")
        .destroyable()
        .with("  name: prod-ap\n", "  name: prod-ap\n  labels: { team: platform }\n")
        .with(
            "      method: irsa\n",
            "      method: irsa\n      role: { policies: managed, permissionsBoundary: bound, attach: [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"] }\n",
        );
    let pods = example("eks-pod-identity")
        .destroyable()
        .with(
            "  identities:\n",
            "  buckets:\n    - s3: { bucket: acme-made, region: eu-west-1, account: \"111122223333\", create: true, versioning: true, \
             encryption: sseS3, blockPublicAccess: all, denyInsecureTransport: true, onDestroy: delete }\n  identities:\n",
        )
        .with(
            "prefix: pods-eu/ }",
            "prefix: pods-eu/, kmsKey: \"arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10\" }",
        );
    let anywhere = example("eks-anywhere").destroyable().with(
        "  name: anywhere\n",
        "  name: anywhere\n  labels: { team: platform }\n",
    );
    [
        Story {
            name: "anywhere",
            changed: anywhere
                .clone()
                .with("team: platform", "unit: platform")
                .with("[sa.pub]", "[sa.pub, next.pub]")
                .with(
                    "serviceAccount: app }]\n",
                    "serviceAccount: app }, { namespace: app, serviceAccount: other }]\n      role: { description: App }\n",
                )
                .with("[read, list]", "[read]"),
            space: anywhere,
            role: "anywhere-app",
        },
        Story {
            name: "managed",
            changed: managed
                .clone()
                .with_control_plane("ctp3")
                .with("team: platform", "unit: platform")
                .with("prefix: prod-ap/", "prefix: moved/")
                .with("policies: managed", "policies: managed, description: Backups"),
            space: managed,
            role: "prod-ap-backup",
        },
        Story {
            name: "pods",
            changed: pods
                .clone()
                .with_control_plane("ctp3")
                .with("team: platform", "unit: platform")
                .with(
                    "    backup:\n      method: podIdentity\n",
                    "    backup:\n      method: podIdentity\n      podIdentity: { isolation: sessionPolicy }\n      role: { description: Backups }\n",
                ),
            space: pods,
            role: "pods-eu-backup",
        },
    ]
}

/// Every moment of a story, each proved to work with all rights; and those rights.
fn moments(story: &Story) -> (Vec<Moment>, Rights) {
    let mut moments = Vec::new();
    let mut rights = Rights::new();
    let is_bounded = story.space.0.contains("permissionsBoundary");
    let mut keep = |sandbox: Sandbox, what: &str, command| {
        let name = format!("permissions-{}-{what}", story.name);
        let (after, printed) = moment(&mut moments, sandbox, name, command);
        rights = printed;
        after
    };

    let sandbox = Sandbox::new(&format!("permissions-{}-new", story.name));
    sandbox.write(&story.space.0);
    // The sandbox has what the Space takes for granted once somebody has looked.
    sandbox.run(&["plan"], 0);
    let sandbox = keep(sandbox, "new", APPLY);
    let folder = sandbox.stop();

    // Among so many roles each is read by itself.
    let sandbox = Sandbox::copy(&folder, &format!("permissions-{}-crowded", story.name));
    let others = (0..OTHERS).map(|n| json!({ "account": ACCOUNT, "name": format!("other-{n}") }));
    let others: Vec<Value> = others.collect();
    sandbox.seed(&json!({ "roles": others }));
    keep(sandbox, "crowded", PLAN).remove();

    // Where everybody may read what wip published, wip reads it as one of them; not so when somebody has closed the bucket.
    if story.space.0.contains("publish:") {
        let sandbox = Sandbox::copy(&folder, &format!("permissions-{}-shut", story.name));
        sandbox.put_bucket_policy(
            ACCOUNT,
            "us-west-2",
            "acme-oidc",
            &json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:DeleteBucket",
                    "Resource": "arn:aws:s3:::acme-oidc",
                }],
            })
            .to_string(),
        );
        keep(sandbox, "shut", PLAN).remove();
    }

    let sandbox = Sandbox::copy(&folder, &format!("permissions-{}-drifted", story.name));
    let provider = provider(&sandbox);
    let role = ("RoleName", story.role);
    let foreign = [
        role,
        ("PolicyName", "foreign"),
        ("PolicyDocument", EVERYTHING),
    ];
    sandbox.iam(ACCOUNT, "PutRolePolicy", &foreign);
    let attached = ("PolicyArn", "arn:aws:iam::aws:policy/PowerUserAccess");
    sandbox.iam(ACCOUNT, "AttachRolePolicy", &[role, attached]);
    match is_bounded {
        true => sandbox.iam(ACCOUNT, "DeleteRolePermissionsBoundary", &[role]),
        false => {
            let boundary = (
                "PermissionsBoundary",
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
            );
            sandbox.iam(ACCOUNT, "PutRolePermissionsBoundary", &[role, boundary])
        }
    };
    let audience = [
        ("OpenIDConnectProviderArn", provider.as_str()),
        ("ClientID", "sts.amazonaws.com"),
    ];
    sandbox.iam(
        ACCOUNT,
        "RemoveClientIDFromOpenIDConnectProvider",
        &audience,
    );
    sandbox.write(&story.changed.0);
    let sandbox = keep(sandbox, "changed", CHANGE);
    let folder = sandbox.stop();

    // Somebody else trusts the provider, so it stays, without our mark.
    let sandbox = Sandbox::copy(&folder, &format!("permissions-{}-shared", story.name));
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Federated": provider },
        "Action": "sts:AssumeRoleWithWebIdentity",
    }] });
    let trust = trust.to_string();
    let other = [
        ("RoleName", "somebody"),
        ("AssumeRolePolicyDocument", &trust),
    ];
    sandbox.iam(ACCOUNT, "CreateRole", &other);
    keep(sandbox, "shared", DESTROY).remove();

    let sandbox = Sandbox::copy(&folder, &format!("permissions-{}-last", story.name));
    keep(sandbox, "last", DESTROY).remove();
    // A right to look that is missing shows there at once.
    moments.swap(0, 1);
    (moments, rights)
}

/// The ARN of the account's one provider.
fn provider(sandbox: &Sandbox) -> String {
    let listed = sandbox.iam(ACCOUNT, "ListOpenIDConnectProviders", &[]);
    let (_, rest) = listed.split_once("<Arn>").expect("a provider");
    rest.split('<').next().expect("an ARN").to_owned()
}

/// The actions of a statement.
fn actions(statement: &Value) -> Vec<String> {
    let action = &statement["Action"];
    let text = |value: &Value| value.as_str().expect("an action").to_owned();
    match action.as_array() {
        Some(many) => many.iter().map(text).collect(),
        None => vec![text(action)],
    }
}

/// The rights of an account, all but one action.
fn without(rights: &Rights, account: &str, action: &str) -> Rights {
    let mut rights = rights.clone();
    let statements = rights.get_mut(account).expect("an account");
    for statement in statements.iter_mut() {
        let mut left = actions(statement);
        left.retain(|one| one != action);
        statement["Action"] = json!(left);
    }
    statements.retain(|statement| !actions(statement).is_empty());
    rights
}

/// Whether a command of some moment fails, or says so, without an action.
fn is_missed(moments: &[Moment], account: &str, action: &str) -> bool {
    moments.iter().any(|moment| {
        let name = format!("{}-{account}-{}", moment.name, action.replace(':', "-"));
        let sandbox = Sandbox::copy(&moment.folder, &name);
        let rights = printed(&sandbox, &["plan", "apply"]);
        limit(&sandbox, &without(&rights, account, action));
        let (_, words) = tried(&sandbox, moment.command);
        sandbox.remove();
        is_refused(&words)
    })
}

#[test]
fn nothing_that_is_printed_is_superfluous() {
    let stories = stories();
    let told: Vec<(Vec<Moment>, Rights)> = std::thread::scope(|scope| {
        let told = stories.iter().map(|story| scope.spawn(|| moments(story)));
        let told: Vec<_> = told.collect();
        told.into_iter()
            .map(|told| told.join().expect("a story that works"))
            .collect()
    });
    let mut cells: Vec<(usize, String, String)> = Vec::new();
    for (index, (_, rights)) in told.iter().enumerate() {
        for (account, statements) in rights {
            let actions: BTreeSet<String> = statements.iter().flat_map(actions).collect();
            let all = actions.into_iter();
            cells.extend(all.map(|action| (index, account.clone(), action)));
        }
    }
    assert!(cells.len() > 60, "{cells:?}");
    let (queue, superfluous) = (Mutex::new(cells), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let cell = queue.lock().expect("no worker panics").pop();
                    let Some((index, account, action)) = cell else {
                        return;
                    };
                    let (moments, _) = &told[index];
                    if !is_missed(moments, &account, &action) {
                        let what = format!("{}: {account} {action}", stories[index].name);
                        superfluous.lock().expect("no worker panics").push(what);
                    }
                }
            });
        }
    });
    let superfluous = superfluous.into_inner().expect("no worker panics");
    assert!(superfluous.is_empty(), "{superfluous:#?}");
}
