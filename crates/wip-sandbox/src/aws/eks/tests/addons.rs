//! Add-ons: those of the seed, and that there are no others.

use serde_json::json;

use crate::aws::asking::{ACCOUNT, Asker, world};

#[test]
fn a_cluster_has_the_add_ons_of_its_seed() {
    let sandbox = world();
    let seed = json!({ "clusters": [
        { "account": ACCOUNT, "region": "us-west-2", "name": "prod",
          "addons": ["vpc-cni", "eks-pod-identity-agent"] },
        { "account": ACCOUNT, "region": "us-west-2", "name": "bare" },
    ] });
    let seed = serde_json::from_value(seed).unwrap();
    sandbox.seed(&seed).unwrap();
    sandbox.seed(&seed).unwrap();
    let asker = Asker::new(&sandbox, "us-west-2");
    let list = |what: &str| asker.eks(what, "").body;
    assert_eq!(
        list("GET /clusters/prod/addons"),
        json!({ "addons": ["eks-pod-identity-agent", "vpc-cni"] })
    );
    let first = list("GET /clusters/prod/addons?maxResults=1");
    assert_eq!(first["nextToken"], "eks-pod-identity-agent");
    assert_eq!(list("GET /clusters/bare/addons"), json!({ "addons": [] }));
    let agent = list("GET /clusters/prod/addons/eks-pod-identity-agent")["addon"].clone();
    assert_eq!(
        (&agent["status"], &agent["addonArn"]),
        (
            &json!("ACTIVE"),
            &json!(format!(
                "arn:aws:eks:us-west-2:{ACCOUNT}:addon/prod/eks-pod-identity-agent"
            ))
        )
    );
    for (what, message) in [
        (
            "GET /clusters/bare/addons/vpc-cni",
            "No addon: vpc-cni found in cluster: bare",
        ),
        ("GET /clusters/no/addons", "No cluster found for name: no."),
    ] {
        let said = asker.eks(what, "");
        assert_eq!(
            (said.status, said.code.as_str(), said.message()),
            (404, "ResourceNotFoundException", message)
        );
    }
}
