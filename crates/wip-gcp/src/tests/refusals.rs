//! What cannot be wanted, and whose credentials are wrong: said before anything is written.

use serde_json::{Value, json};

use super::stage::{BACKUP, SECRETS, Stage, file, parse, text};

/// What is blocked in the Space of one control plane, each with its reason, and nothing that only waits for it.
async fn blocked(change: &dyn Fn(&mut Value), space: &wip_space::Space) -> Vec<(String, String)> {
    let stage = Stage::with(change);
    let plan = stage.plan(space).await;
    let all = plan.blocked.iter();
    all.map(|it| (it.address.to_string(), it.reason.clone()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_is_off_is_named_with_the_command_that_turns_it_on() {
    let all = blocked(
        &|google| google["clusters"][0]["workload_identity"] = false.into(),
        &file(0..1),
    )
    .await;
    assert_eq!(all.len(), 3, "{all:?}");
    for (_, reason) in &all {
        let command = "gcloud container clusters update gke-1 --project acme-prod --location europe-north1 --workload-pool acme-prod.svc.id.goog";
        assert!(reason.ends_with(command), "{reason}");
    }
    let all = blocked(
        &|google| google["buckets"][0]["uniform"] = false.into(),
        &file(0..1),
    )
    .await;
    let [(address, reason)] = all.as_slice() else {
        panic!("{all:?}");
    };
    assert_eq!(address, "gcp/bucket-members:prod-no/backup/acme-backups");
    let command = "gcloud storage buckets update gs://acme-backups --uniform-bucket-level-access";
    assert!(reason.ends_with(command), "{reason}");
}

/// A service account needs uniform access only where a prefix does.
#[tokio::test(start_paused = true)]
async fn a_prefix_needs_uniform_access_whoever_it_is() {
    let account = |prefix: &str| {
        let access = format!("{{ bucket: acme-billing{prefix} }}");
        let line = super::stage::BILLING.replace("{ bucket: acme-billing }", &access);
        parse(&text(0..1, &[&line]))
    };
    let off = |google: &mut Value| google["buckets"][1]["uniform"] = false.into();
    assert!(blocked(&off, &account("")).await.is_empty());
    let all = blocked(&off, &account(", prefix: a/")).await;
    assert!(all[0].1.starts_with("a prefix needs uniform"), "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_blocks_only_what_needs_it() {
    for (change, address, words) in [
        (
            &(|google: &mut Value| {
                google["buckets"] = json!([{ "project": "acme-prod", "name": "acme-billing" }])
            }) as &dyn Fn(&mut Value),
            "gcp/bucket-members:prod-no/backup/acme-backups",
            "there is no bucket acme-backups: make it first, or let wip",
        ),
        (
            &|google| google["secrets"] = json!([]),
            "gcp/secret-members:prod-no/sharedSecrets/acme-prod/db",
            "there is no secret projects/acme-prod/secrets/db",
        ),
    ] {
        let all = blocked(change, &file(0..1)).await;
        let [(at, reason)] = all.as_slice() else {
            panic!("{all:?}");
        };
        assert_eq!(at, address);
        assert!(reason.contains(words), "{reason}");
    }
    let all = blocked(&|google| google["clusters"] = json!([]), &file(0..1)).await;
    assert!(
        all.iter()
            .all(|(_, why)| why
                == "there is no GKE cluster gke-1 in europe-north1 of project acme-prod"),
        "{all:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_number_is_told_before_anything_else_is_asked() {
    let stage = Stage::with(&|google| google["projects"][0]["number"] = 1.into());
    let space = file(0..1);
    let state = stage.state().await;
    let refused = wip_engine::check(&stage.clouds(&space), &space, &state).await;
    let wip_engine::EngineError::Mismatch(mismatch) = refused.expect_err("another number") else {
        panic!("no mismatch");
    };
    assert_eq!(
        mismatch.to_string(),
        "gcp acme-prod: the file names project number 731209007075, and the project has 1"
    );
    let log = stage.sandbox.log();
    let asked: Vec<&str> = log.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(asked, ["projects.get"]);
}

#[tokio::test(start_paused = true)]
async fn too_many_prefixes_for_a_condition_are_told() {
    let prefixes = |count: usize| {
        let all: Vec<String> = (0..count).map(|n| format!("p{n}-")).collect();
        let line = SECRETS.replace("secrets: [db]", &format!("prefixes: [{}]", all.join(", ")));
        parse(&text(0..1, &[&line]))
    };
    assert!(blocked(&|_| {}, &prefixes(13)).await.is_empty());
    let all = blocked(&|_| {}, &prefixes(14)).await;
    assert!(
        all[0].1.contains(
            "there are 14 prefixes for project acme-prod, and a condition takes 12 operators"
        ),
        "{all:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_whole_cluster_is_one_principal() {
    let line = BACKUP.replace(
        "method: gkePrincipal",
        "method: gkePrincipal, trust: cluster",
    );
    let text = text(0..2, &[&line]).replacen(
        "  identities:",
        "  guardrails: { allowAnyNamespace: true }\n  identities:",
        1,
    );
    let stage = Stage::new();
    stage.bring(&parse(&text)).await;
    let members = Stage::members(
        &stage.bucket_policy("acme-backups"),
        "roles/storage.objectUser",
    );
    let pool = "principalSet://iam.googleapis.com/projects/731209007075/locations/global/workloadIdentityPools/acme-prod.svc.id.goog";
    let cluster = "https://container.googleapis.com/v1/projects/acme-prod/locations/europe-north1/clusters/gke-1";
    assert_eq!(
        members,
        [format!("{pool}/kubernetes.cluster/{cluster}")].into()
    );
}

#[tokio::test(start_paused = true)]
async fn a_node_pool_without_the_metadata_server_is_told() {
    let stage = Stage::with(&|google| google["clusters"][0]["metadata_server"] = false.into());
    let notes = stage.plan(&file(0..1)).await.notes;
    assert!(
        notes.iter().any(|note| note.code == "WIP0362"
            && note.text.ends_with("--workload-metadata GKE_METADATA")),
        "{notes:?}"
    );
}
