//! Clusters: their refusals, one by one, and what is said of them when nothing is refused.

use serde_json::{Value, json};

use crate::aws::asking::{ACCOUNT, Asker, world};
use crate::{ClusterSeed, Seed};

fn body(name: &str) -> String {
    json!({ "name": name, "roleArn": "arn:aws:iam::111122223333:role/eks", "resourcesVpcConfig": {} })
        .to_string()
}

#[test]
fn clusters_and_refusals() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-west-2");
    let made = asker.eks("POST /clusters", &body("prod"));
    assert_eq!(
        (made.status, &made.body["cluster"]["status"]),
        (200, &json!("ACTIVE"))
    );
    let cluster = asker.eks("GET /clusters/prod", "").body["cluster"].clone();
    assert_eq!(
        cluster["arn"],
        format!("arn:aws:eks:us-west-2:{ACCOUNT}:cluster/prod")
    );
    let issuer = cluster["identity"]["oidc"]["issuer"].as_str().unwrap();
    let id = issuer
        .strip_prefix("https://oidc.eks.us-west-2.amazonaws.com/id/")
        .unwrap();
    assert_eq!((id.len(), id.to_uppercase().as_str()), (32, id));
    for (asker, what, sent, status, code, message) in [
        (
            asker,
            "GET /clusters/no",
            String::new(),
            404,
            "ResourceNotFoundException",
            "No cluster found for name: no.",
        ),
        (
            asker.from("us-east-1"),
            "GET /clusters/prod",
            String::new(),
            404,
            "ResourceNotFoundException",
            "No cluster found for name: prod.",
        ),
        (
            asker.of("444455556666"),
            "GET /clusters/prod",
            String::new(),
            404,
            "ResourceNotFoundException",
            "No cluster found for name: prod.",
        ),
        (
            asker,
            "GET /clusters/prod/addons/vpc-cni",
            String::new(),
            404,
            "ResourceNotFoundException",
            "No addon: vpc-cni found in cluster: prod",
        ),
        (
            asker,
            "GET /clusters/no/addons/vpc-cni",
            String::new(),
            404,
            "ResourceNotFoundException",
            "No cluster found for name: no.",
        ),
        (
            asker,
            "POST /clusters",
            body("prod"),
            409,
            "ResourceInUseException",
            "Cluster already exists with name: prod",
        ),
        (
            asker,
            "POST /clusters",
            "{}".replace('}', "\"name\":\"x\"}"),
            400,
            "InvalidParameterException",
            "The cluster role ARN is missing",
        ),
        (
            asker,
            "POST /clusters",
            "x".to_owned(),
            400,
            "SerializationException",
            "Unable to parse the request body",
        ),
        (
            asker,
            "GET /clusters?maxResults=101",
            String::new(),
            400,
            "InvalidParameterException",
            "maxResults must be between 1 and 100",
        ),
    ] {
        let said = asker.eks(what, &sent);
        assert_eq!(
            (said.status, said.code.as_str(), said.message()),
            (status, code, message),
            "{what}"
        );
    }
    for name in ["", "-a", "a.b", &"a".repeat(101)] {
        let said = asker.eks("POST /clusters", &body(name));
        assert_eq!(
            (said.status, said.code.as_str()),
            (400, "InvalidParameterException"),
            "{name}"
        );
    }
    assert_eq!(
        asker.eks("DELETE /clusters/prod", "").code,
        "UnknownOperationException"
    );
}

#[test]
fn listings_come_in_pages() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-west-2");
    for name in ["a", "b", "c"] {
        assert_eq!(asker.eks("POST /clusters", &body(name)).status, 200);
    }
    let first = asker.eks("GET /clusters?maxResults=2", "").body;
    assert_eq!(first["clusters"], json!(["a", "b"]));
    let token = first["nextToken"].as_str().unwrap();
    let second = asker
        .eks(&format!("GET /clusters?maxResults=2&nextToken={token}"), "")
        .body;
    assert_eq!(second, json!({ "clusters": ["c"] }));
}

#[test]
fn seeds_overwrite_nothing() {
    let sandbox = world();
    let cluster = |issuer: Option<&str>| Seed {
        clusters: vec![ClusterSeed {
            account: ACCOUNT.to_owned(),
            region: "us-west-2".to_owned(),
            name: "prod".to_owned(),
            issuer: issuer.map(str::to_owned),
            addons: Vec::new(),
        }],
        ..Seed::default()
    };
    sandbox
        .seed(&cluster(Some("https://example.com/a")))
        .unwrap();
    sandbox.seed(&cluster(None)).unwrap();
    let said: Value = Asker::new(&sandbox, "us-west-2")
        .eks("GET /clusters/prod", "")
        .body;
    assert_eq!(
        said["cluster"]["identity"]["oidc"]["issuer"],
        "https://example.com/a"
    );
}
