//! Objects: lists, refusals, schemas and tokens.

use serde_json::{Value, json};

use super::*;

#[test]
fn control_planes_are_listed_as_objects_with_their_ids() {
    let stage = Stage::new();
    let list = stage.get("eks/apis/spaces.upbound.io/v1beta1/controlplanes");
    assert_eq!(list.body["kind"], "ControlPlaneList");
    assert_eq!(list.names(), ["ctp1"]);
    let plane = &list.body["items"][0];
    assert_eq!(plane["status"]["controlPlaneID"], ID);
    assert_eq!(plane["status"]["conditions"][0]["status"], "True");
    assert_eq!(plane["apiVersion"], "spaces.upbound.io/v1beta1");
    let of_group = |group: &str| {
        let path = format!("eks/apis/spaces.upbound.io/v1beta1/namespaces/{group}/controlplanes");
        stage.get(&path).names().len()
    };
    // A namespace that is not there has an empty list, as every API server has it.
    assert_eq!(["default", "team-a", "nowhere"].map(of_group), [1, 0, 0]);
    let hosts = "eks/api/v1/namespaces?labelSelector=internal.spaces.upbound.io/controlplane-name";
    assert_eq!(stage.get(hosts).names(), [HOST]);
    let groups = "eks/api/v1/namespaces?labelSelector=spaces.upbound.io/group";
    assert_eq!(stage.get(groups).names(), ["default", "team-a"]);
}

#[test]
fn long_lists_come_in_pages() {
    let stage = Stage::new();
    let path = "eks/api/v1/namespaces?limit=2";
    let first = stage.get(path);
    assert_eq!(first.names(), ["default", HOST]);
    let token = first.body["metadata"]["continue"].as_str().expect("more");
    let rest = stage.get(&format!("{path}&continue={token}"));
    assert_eq!(rest.names(), ["team-a"]);
    assert_eq!(rest.body["metadata"].get("continue"), None);
    let wrong = stage.get(&format!("{path}&continue=%21"));
    assert_eq!(wrong.refusal().0, 400);
}

#[test]
fn each_refusal_is_worded_as_an_api_server_words_it() {
    let stage = Stage::new();
    let planes = "apis/spaces.upbound.io/v1beta1/namespaces/default/controlplanes";
    let nobody = stage.ask_as("GET eks/version", Value::Null, "Bearer other", "");
    assert_eq!(nobody.refusal(), (401, "Unauthorized", "Unauthorized"));
    let no_route = (
        404,
        "NotFound",
        "the server could not find the requested resource",
    );
    for path in [
        "nowhere/version",
        "eks/apis/spaces.upbound.io/v2/controlplanes",
        "eks/api/v1/nodes",
        "eks/openapi/v2",
    ] {
        assert_eq!(stage.get(path).refusal(), no_route, "{path}");
    }
    let gone = stage.get(&format!("eks/{planes}/other"));
    let message = "controlplanes.spaces.upbound.io \"other\" not found";
    assert_eq!(gone.refusal(), (404, "NotFound", message));
    let again = json!({
        "apiVersion": "spaces.upbound.io/v1beta1",
        "kind": "ControlPlane",
        "metadata": { "name": "ctp1" },
        "spec": {},
    });
    let taken = stage.ask(&format!("POST eks/{planes}"), again.clone());
    let message = "controlplanes.spaces.upbound.io \"ctp1\" already exists";
    assert_eq!(taken.refusal(), (409, "AlreadyExists", message));
    let nowhere = stage.ask(
        &format!("POST eks/{}", planes.replace("default", "nope")),
        again,
    );
    let message = "namespaces \"nope\" not found";
    assert_eq!(nowhere.refusal(), (404, "NotFound", message));
    let old = json!({ "metadata": { "resourceVersion": "9" } });
    let late = stage.merge(&format!("eks/{planes}/ctp1"), old);
    assert_eq!((late.refusal().0, late.refusal().1), (409, "Conflict"));
    let odd = stage.ask(&format!("PATCH eks/{planes}/ctp1"), json!({}));
    assert_eq!(odd.refusal().0, 415);
    let rules =
        json!([{ "verbs": ["list"], "resources": ["controlplanes"], "namespaces": ["team-a"] }]);
    assert_eq!(
        stage.control("kube/rights", &json!({ "cluster": "eks", "allow": rules })),
        204
    );
    let everywhere = stage.get("eks/apis/spaces.upbound.io/v1beta1/controlplanes");
    let message = "controlplanes.spaces.upbound.io is forbidden: User \"sandbox\" cannot list resource \"controlplanes\" in API group \"spaces.upbound.io\" at the cluster scope";
    assert_eq!(everywhere.refusal(), (403, "Forbidden", message));
    let other = stage.get(&format!("eks/{planes}"));
    assert!(other.refusal().2.ends_with("in the namespace \"default\""));
    assert_eq!(
        stage
            .get(&format!("eks/{}", planes.replace("default", "team-a")))
            .status,
        200
    );
    let issuer = stage.get("eks/.well-known/openid-configuration");
    let message =
        "forbidden: User \"sandbox\" cannot get path \"/.well-known/openid-configuration\"";
    assert_eq!(issuer.refusal(), (403, "Forbidden", message));
}

#[test]
fn tokens_are_signed_by_the_issuer_for_who_is_asked() {
    let stage = Stage::new();
    let path = format!("POST eks/api/v1/namespaces/{HOST}/serviceaccounts/mxp-controller/token");
    let wish = |audiences: Value, seconds: i64| {
        json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": { "audiences": audiences, "expirationSeconds": seconds },
        })
    };
    let said = stage.ask(&path, wish(json!(["sts.amazonaws.com"]), 600));
    assert_eq!(said.status, 201);
    let token = said.body["status"]["token"].as_str().expect("a token");
    let jwt = crate::aws::tokens::Jwt::read(token).expect("a token");
    let issuer = stage.get("eks/.well-known/openid-configuration").body["issuer"].clone();
    assert_eq!(jwt.claim("iss"), Some(&issuer));
    assert_eq!(jwt.claim("aud"), Some(&json!(["sts.amazonaws.com"])));
    assert_eq!(
        jwt.text("sub"),
        Some(format!("system:serviceaccount:{HOST}:mxp-controller").as_str())
    );
    let keys = stage.get("eks/openid/v1/jwks").body;
    let keys = crate::aws::tokens::PublicKey::of_set(&keys).expect("keys");
    assert!(jwt.is_signed_by(&keys));
    assert_eq!(stage.ask(&path, wish(json!([]), 599)).status, 422);
    let nobody = stage.ask(
        &path.replace("mxp-controller", "nobody"),
        wish(json!([]), 600),
    );
    assert_eq!(
        nobody.refusal(),
        (404, "NotFound", "serviceaccounts \"nobody\" not found")
    );
}

#[test]
fn custom_resources_are_held_to_their_schemas() {
    let stage = Stage::new();
    let path = "POST eks/apis/spaces.upbound.io/v1beta1/namespaces/default/sharedbackupconfigs";
    let config = |storage: Value| {
        json!({
            "apiVersion": "spaces.upbound.io/v1beta1",
            "kind": "SharedBackupConfig",
            "metadata": { "name": "backup" },
            "spec": { "objectStorage": storage },
        })
    };
    let good = json!({
        "provider": "AWS", "bucket": "acme", "config": { "region": "eu-west-1", "any": {} },
        "credentials": { "source": "InjectedIdentity" },
    });
    let strict = format!("{path}?fieldValidation=Strict&dryRun=All");
    assert_eq!(stage.ask(&strict, config(good.clone())).status, 201);
    assert_eq!(
        stage.ask(&path.replace("POST", "GET"), Value::Null).names(),
        [""; 0]
    );
    let mut unknown = good.clone();
    unknown["credentials"]["sauce"] = "x".into();
    let message = "strict decoding error: unknown field \"spec.objectStorage.credentials.sauce\"";
    assert_eq!(
        stage.ask(&strict, config(unknown.clone())).refusal(),
        (400, "BadRequest", message)
    );
    let made = stage.ask(path, config(unknown));
    assert_eq!(
        made.body["spec"]["objectStorage"]["credentials"].get("sauce"),
        None
    );
    for (change, why) in [
        (("provider", json!("aws")), "Unsupported value"),
        (("bucket", json!("")), "at least 1 chars"),
        (("bucket", json!(1)), "must be of type string"),
        (
            ("credentials", json!({ "source": "Secret" })),
            "must be set when source is Secret",
        ),
        (("credentials", json!({})), "Required value"),
    ] {
        let mut bad = good.clone();
        bad[change.0] = change.1;
        let said = stage.ask(&strict, config(bad));
        assert_eq!((said.refusal().0, said.refusal().1), (422, "Invalid"));
        assert!(said.refusal().2.contains(why), "{}", said.refusal().2);
    }
    let store = json!({
        "apiVersion": "spaces.upbound.io/v1alpha1",
        "kind": "SharedSecretStore",
        "metadata": { "name": "store" },
        "spec": { "controlPlaneSelector": { "names": [] }, "namespaceSelector": { "names": ["default"] }, "provider": { "gcpsm": { "projectID": "acme" } } },
    });
    let path = "POST eks/apis/spaces.upbound.io/v1alpha1/namespaces/default/sharedsecretstores";
    let said = stage.ask(path, store);
    assert!(said.refusal().2.contains("either names or a labelSelector"));
}
