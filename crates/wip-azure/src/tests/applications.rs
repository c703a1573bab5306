//! Applications: made in two calls, found by their key, and deleted for good.

use serde_json::{Value, json};
use wip_plan::{Action, AdoptWhat, Mode, Relation};
use wip_sandbox::{Fault, FaultClass, Reply, Request};

use super::stage::{LINEAGE, Stage, TENANT, applications, parse, signing_in_as};

/// The path of Graph of the application of an identity of the Space.
fn graph(name: &str) -> String {
    format!("/_azure/graph/v1.0/applications(uniqueName='prod-we-{name}')")
}

/// The ids that the state has of the application of the identity `backup`, by name.
async fn given(stage: &Stage, name: &str) -> String {
    let address = "azure/application:prod-we/backup"
        .parse()
        .expect("an address");
    stage.state().await.resources[&address].given[name].clone()
}

/// Deletes the service principal of the application of the identity `backup`.
async fn without_principal(stage: &Stage) {
    let client = given(stage, "clientId").await;
    let path = format!("/_azure/graph/v1.0/servicePrincipals(appId='{client}')");
    stage.somebody("DELETE", &path, &json!({}));
}

#[tokio::test(start_paused = true)]
async fn names_are_not_unique_and_keys_are() {
    let stage = Stage::new();
    // Somebody's own of the same name stays what it is.
    let theirs = "/_azure/graph/v1.0/applications";
    stage.somebody("POST", theirs, &json!({ "displayName": "Acme" }));
    let before = stage.sandbox.dump();
    let space = applications(0..2, "platform", true);
    stage.bring(&space).await;
    let log = stage.sandbox.log();
    let made = log
        .iter()
        .filter(|call| call.operation == "Applications_Update" && call.status == 201);
    assert_eq!(made.count(), 3);
    assert!(stage.sandbox.dump().to_string().len() > before.to_string().len());
    for name in ["backup", "billing", "sharedSecrets"] {
        stage.somebody("GET", &graph(name), &json!({}));
    }
}

#[tokio::test(start_paused = true)]
async fn what_died_between_the_two_calls_is_mended_by_the_next_run() {
    let stage = Stage::new();
    let space = applications(0..1, "platform", true);
    let plan = stage.plan(&space).await;
    stage.sandbox.set_faults(vec![Fault {
        service: Some("graph".to_owned()),
        operation: Some("ServicePrincipals_Create".to_owned()),
        nth: 1,
        times: 0,
        class: FaultClass::AccessDenied,
    }]);
    let outcome = stage.apply(&space, &plan).await;
    assert!(!outcome.failures.is_empty());
    stage.sandbox.set_faults(Vec::new());
    stage.bring(&space).await;
    let log = stage.sandbox.log();
    let made = log
        .iter()
        .filter(|call| call.operation == "Applications_Update" && call.status == 201);
    assert_eq!(made.count(), 3, "none twice");
    assert!(!given(&stage, "principalId").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_service_principal_that_somebody_deleted_comes_back_with_its_roles() {
    let stage = Stage::new();
    let space = applications(0..1, "platform", false);
    stage.bring(&space).await;
    let (client, old) = (
        given(&stage, "clientId").await,
        given(&stage, "principalId").await,
    );
    without_principal(&stage).await;
    stage.bring(&space).await;
    assert_eq!(given(&stage, "clientId").await, client);
    assert_ne!(given(&stage, "principalId").await, old);
}

#[tokio::test(start_paused = true)]
async fn a_name_changes_in_place_and_what_others_put_on_it_stays() {
    let stage = Stage::new();
    stage.bring(&applications(0..1, "platform", false)).await;
    let client = given(&stage, "clientId").await;
    let tags = json!({ "displayName": "By hand", "tags": [
        "theirs",
        "team=platform",
        "wip-space=prod-we",
        format!("wip-lineage={LINEAGE}"),
        "wip-address=azure/application:prod-we/backup",
    ] });
    stage.somebody("PATCH", &graph("backup"), &tags);
    let renamed = parse(&signing_in_as(
        "application: { displayName: Other }",
        0..1,
        "other",
        false,
    ));
    let plan = stage.plan(&renamed).await;
    let actions: Vec<Action> = plan.steps.iter().map(|step| step.action).collect();
    assert_eq!(actions, [Action::Update, Action::Update]);
    stage.bring(&renamed).await;
    assert_eq!(given(&stage, "clientId").await, client);
    let dump = stage.sandbox.dump().to_string();
    assert!(dump.contains("\"theirs\""));
    assert!(dump.contains("team=other") && !dump.contains("team=platform"));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_ours_is_never_taken_over() {
    let stage = Stage::new();
    let theirs = json!({ "displayName": "Theirs", "uniqueName": "prod-we-backup" });
    stage.somebody("POST", "/_azure/graph/v1.0/applications", &theirs);
    let plan = stage.plan(&applications(0..1, "platform", false)).await;
    let blocked: Vec<String> = plan
        .blocked
        .iter()
        .map(|it| it.address.to_string())
        .collect();
    assert!(
        blocked.contains(&"azure/application:prod-we/backup".to_owned()),
        "{blocked:?}"
    );
    let log = stage.sandbox.log();
    let writes = log.iter().filter(|call| {
        call.service == "graph"
            && !call.operation.ends_with("_Get")
            && !call.operation.ends_with("_List")
    });
    assert_eq!(writes.count(), 1, "theirs alone");
}

#[tokio::test(start_paused = true)]
async fn one_that_got_the_key_is_adopted_and_stays_who_it_is() {
    let stage = Stage::new();
    let theirs = json!({ "displayName": "By hand", "tags": ["theirs"] });
    stage.somebody("POST", "/_azure/graph/v1.0/applications", &theirs);
    let listed = stage.sandbox.dump().to_string();
    let id = listed
        .split("azure/application/")
        .nth(1)
        .and_then(|it| it.split('/').nth(1));
    let id = id
        .and_then(|it| it.split('"').next())
        .expect("an object id");
    let path = format!("/_azure/graph/v1.0/applications/{id}");
    stage.somebody("PATCH", &path, &json!({ "uniqueName": "prod-we-backup" }));
    let space = applications(0..1, "platform", false);
    let plan = stage.plan_to(&space, Mode::Adopt(AdoptWhat::All)).await;
    assert_eq!(plan.steps.len(), 1, "{:?}", plan.steps);
    let outcome = stage.apply(&space, &plan).await;
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    stage.bring(&space).await;
    let address = "azure/application:prod-we/backup"
        .parse()
        .expect("an address");
    let owned = &stage.state().await.resources[&address];
    assert_eq!(
        (owned.id.as_deref(), owned.relation),
        (Some(id), Relation::Adopted)
    );
    assert!(owned.given.contains_key("principalId"), "it had none");
    assert!(stage.sandbox.dump().to_string().contains("\"theirs\""));
}

#[tokio::test(start_paused = true)]
async fn what_wip_deletes_leaves_its_key_and_what_others_delete_is_explained() {
    let stage = Stage::new();
    let (all, less) = (
        applications(0..1, "platform", true),
        applications(0..1, "platform", false),
    );
    // Out of the file and in again: the key is free again.
    for space in [&all, &less, &all] {
        stage.bring(space).await;
    }
    stage.somebody("DELETE", &graph("backup"), &json!({}));
    let plan = stage.plan(&all).await;
    let outcome = stage.apply(&all, &plan).await;
    let words = format!("{:?}", outcome.failures);
    assert!(
        words.contains("deleted less than 30 days ago has the key prod-we-backup"),
        "{words}"
    );
    assert!(words.contains("directory/deletedItems"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn a_wide_look_finds_applications_that_the_file_does_not_name() {
    let stage = Stage::new();
    stage.bring(&applications(0..1, "platform", true)).await;
    let less = applications(0..1, "platform", false);
    let marked = wip_engine::marked(&stage.clouds(&less), &less).await;
    let lineages = marked.expect("marks").lineages;
    let found: Vec<String> = lineages[LINEAGE]
        .iter()
        .filter(|address| address.kind() == "azure/application")
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        ["backup", "billing", "sharedSecrets"]
            .map(|name| format!("azure/application:prod-we/{name}"))
    );
}

#[tokio::test(start_paused = true)]
async fn twenty_fit_into_an_application_too() {
    let stage = Stage::new();
    stage.bring(&applications(0..20, "platform", false)).await;
    let plan = stage.plan(&applications(0..21, "platform", false)).await;
    assert_eq!(plan.blocked.len(), 2);
    let reason = &plan.blocked[0].reason;
    assert!(
        reason.starts_with("the application prod-we-backup has room for 20"),
        "{reason}"
    );
    // One for another: the sandbox refuses a twenty-first.
    stage.bring(&applications(1..21, "platform", false)).await;
}

/// Asks the sandbox as whoever has this bearer token; status and body.
fn ask(stage: &Stage, what: &str, bearer: &str, body: &[u8]) -> (u16, Value) {
    let (method, path) = what.split_once(' ').expect("a method");
    let request = http::Request::builder()
        .method(method)
        .uri(format!("http://localhost{path}"))
        .header("authorization", format!("Bearer {bearer}"))
        .header("x-ms-version", "2021-12-02")
        .header("x-ms-blob-type", "BlockBlob");
    let request = request.body(body.to_vec()).expect("a request");
    match stage.sandbox.handle(&Request::from(request)) {
        Reply::Answer(answer) => {
            let said = serde_json::from_slice(&answer.body).unwrap_or_default();
            (answer.status, said)
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_workload_signs_in_as_the_application_and_reaches_its_container_alone() {
    let issuer = format!("https://westeurope.oic.prod-aks.azure.com/{TENANT}/1/");
    let stage = Stage::with(&|azure| azure["clusters"][0]["issuer"] = issuer.as_str().into());
    stage.bring(&applications(0..1, "platform", false)).await;
    let client = given(&stage, "clientId").await;
    let sign_in = |account: &str| {
        let wish = json!({
            "issuer": issuer,
            "namespace": "ns00",
            "serviceAccount": account,
            "audience": ["api://AzureADTokenExchange"],
        });
        let wish = wish.to_string();
        let (status, minted) = ask(&stage, "POST /_sandbox/token", "", wish.as_bytes());
        assert_eq!(status, 200, "{minted}");
        let assertion = minted["token"].as_str().expect("a token");
        let form = format!(
            "grant_type=client_credentials&client_id={client}&scope=https%3A%2F%2Fstorage.azure.com%2F.default&\
             client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&\
             client_assertion={assertion}"
        );
        let what = format!("POST /_azure/login/{TENANT}/oauth2/v2.0/token");
        ask(&stage, &what, "", form.as_bytes())
    };
    assert_eq!(sign_in("vector").0, 401, "another component's");
    let (status, said) = sign_in("mxp-controller");
    assert_eq!(status, 200, "{said}");
    let token = said["access_token"].as_str().expect("a token");
    let put = |container: &str| {
        let what = format!("PUT /_azure/blob/acme{container}/{container}/a");
        ask(&stage, &what, token, b"a").0
    };
    assert_eq!((put("backups"), put("usage")), (201, 403));
}
