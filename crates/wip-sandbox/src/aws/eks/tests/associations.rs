//! Pod identity associations: what EKS keeps and shows of them, and each of its refusals.

use serde_json::{Value, json};

use crate::aws::asking::{ACCOUNT, Asker, Said, world};
use crate::{Fault, FaultClass, Sandbox};

const REGION: &str = "us-west-2";
const ALL: &str = "/clusters/prod/pod-identity-associations";

/// A world with a cluster, two roles for pods, one for EC2, and one that EKS may not tag sessions of.
fn stage() -> Sandbox {
    let sandbox = world();
    let role = |name: &str, service: &str, actions: Value| {
        json!({ "account": ACCOUNT, "name": name, "trust": {
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": actions }],
        } })
    };
    let both = json!(["sts:AssumeRole", "sts:TagSession"]);
    let pods = "pods.eks.amazonaws.com";
    let seed = json!({
        "clusters": [{ "account": ACCOUNT, "region": REGION, "name": "prod" }],
        "roles": [
            role("pods", pods, both.clone()),
            role("other", pods, both.clone()),
            role("ec2", "ec2.amazonaws.com", both),
            role("untagged", pods, json!("sts:AssumeRole")),
        ],
    });
    sandbox
        .seed(&serde_json::from_value(seed).unwrap())
        .unwrap();
    sandbox
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn wanted(namespace: &str) -> Value {
    json!({ "namespace": namespace, "serviceAccount": "vector", "roleArn": role("pods") })
}

fn create(asker: &Asker<'_>, body: &Value) -> Said {
    asker.eks(&format!("POST {ALL}"), &body.to_string())
}

/// An association of that namespace, as its creation answers it.
fn made(asker: &Asker<'_>, namespace: &str) -> Value {
    let said = create(asker, &wanted(namespace));
    assert_eq!(said.status, 200, "{}", said.body);
    said.body["association"].clone()
}

fn at(association: &Value) -> String {
    format!("{ALL}/{}", association["associationId"].as_str().unwrap())
}

fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}

#[test]
fn what_is_made_is_shown() {
    let sandbox = stage();
    let asker = Asker::new(&sandbox, REGION);
    let association = made(&asker, "a");
    let id = association["associationId"].as_str().unwrap();
    assert!(id.starts_with("a-") && id.len() == 19, "{id}");
    assert_eq!(
        association["associationArn"],
        format!("arn:aws:eks:{REGION}:{ACCOUNT}:podidentityassociation/prod/{id}")
    );
    assert_eq!(association["disableSessionTags"], false);
    let described = asker.eks(&format!("GET {}", at(&association)), "");
    assert_eq!(described.body["association"], association);
    let record: Value = serde_json::from_str(&sandbox.dump()).unwrap();
    let record = &record[format!("aws/{ACCOUNT}/eks/{REGION}/prod/association/{id}")];
    assert_eq!(
        (
            &record["namespace"],
            &record["service_account"],
            &record["role_arn"]
        ),
        (&json!("a"), &json!("vector"), &json!(role("pods")))
    );
}

#[test]
fn lists_come_in_pages_with_filters_and_without_roles() {
    let sandbox = stage();
    let asker = Asker::new(&sandbox, REGION);
    for namespace in ["a", "b", "c"] {
        made(&asker, namespace);
    }
    let list = |query: &str| asker.eks(&format!("GET {ALL}{query}"), "").body;
    let all = list("");
    let names = |body: &Value| -> Vec<String> {
        let all = body["associations"].as_array().unwrap();
        all.iter()
            .map(|one| one["namespace"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!((names(&all).len(), all.get("nextToken")), (3, None));
    assert_eq!(all["associations"][0].get("roleArn"), None);
    assert_eq!(all["associations"][0].get("tags"), None);
    let first = list("?maxResults=2");
    let token = first["nextToken"].as_str().unwrap();
    let second = list(&format!("?maxResults=2&nextToken={token}"));
    assert_eq!(second.get("nextToken"), None);
    let mut both = [names(&first), names(&second)].concat();
    both.sort();
    assert_eq!(both, ["a", "b", "c"]);
    assert_eq!(names(&list("?namespace=b")), ["b"]);
    assert_eq!(names(&list("?namespace=b&serviceAccount=x")).len(), 0);
    for query in ["?maxResults=0", "?maxResults=101"] {
        assert_eq!(
            asker.eks(&format!("GET {ALL}{query}"), "").code,
            "InvalidParameterException"
        );
    }
}

#[test]
fn refusals_of_a_create() {
    let sandbox = stage();
    let asker = Asker::new(&sandbox, REGION);
    let id = made(&asker, "taken")["associationId"]
        .as_str()
        .unwrap()
        .to_owned();
    let allow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let long = allow.replace("s3:GetObject", &format!("s3:{}", "x".repeat(2_048)));
    let untagged = with(wanted("a"), "disableSessionTags", json!(true));
    let missing = |member: &str| {
        let mut body = wanted("a");
        body.as_object_mut().unwrap().remove(member);
        body
    };
    for (body, status, code, message) in [
        (
            wanted("taken"),
            409,
            "ResourceInUseException",
            format!("Association already exists: {id}"),
        ),
        (
            with(wanted("a"), "roleArn", json!(role("nobody"))),
            400,
            "InvalidParameterException",
            "Role provided in the request does not exist".to_owned(),
        ),
        (
            with(
                wanted("a"),
                "roleArn",
                json!("arn:aws:iam::444455556666:role/pods"),
            ),
            403,
            "AccessDeniedException",
            "Cross-account pass role is not allowed.".to_owned(),
        ),
        (
            with(wanted("a"), "roleArn", json!(role("ec2"))),
            400,
            "InvalidParameterException",
            "Trust policy of the role provided is invalid".to_owned(),
        ),
        (
            with(wanted("a"), "roleArn", json!(role("untagged"))),
            400,
            "InvalidParameterException",
            "Trust policy of the role provided is invalid".to_owned(),
        ),
        (
            with(wanted("a"), "targetRoleArn", json!("pods")),
            400,
            "InvalidParameterException",
            "Target role ARN is invalid".to_owned(),
        ),
        (
            with(wanted("a"), "policy", json!(allow)),
            400,
            "InvalidParameterException",
            "When policy is specified, disableSessionTags must be set to true".to_owned(),
        ),
        (
            with(untagged.clone(), "policy", json!(long)),
            400,
            "InvalidParameterException",
            format!(
                "The policy has {} characters, and at most 2048 are allowed",
                long.len()
            ),
        ),
        (
            with(untagged.clone(), "policy", json!("{")),
            400,
            "InvalidParameterException",
            "The policy is invalid: Syntax errors in policy.".to_owned(),
        ),
        (
            with(untagged, "policy", json!(3)),
            400,
            "InvalidParameterException",
            "policy must be a string".to_owned(),
        ),
        (
            with(wanted("a"), "disableSessionTags", json!("yes")),
            400,
            "InvalidParameterException",
            "disableSessionTags must be a boolean".to_owned(),
        ),
        (
            missing("namespace"),
            400,
            "InvalidParameterException",
            "namespace is required".to_owned(),
        ),
        (
            missing("serviceAccount"),
            400,
            "InvalidParameterException",
            "serviceAccount is required".to_owned(),
        ),
        (
            missing("roleArn"),
            400,
            "InvalidParameterException",
            "roleArn is required".to_owned(),
        ),
        (
            with(wanted("a"), "tags", json!({ "aws:x": "" })),
            400,
            "InvalidParameterException",
            "the tag aws:x begins with aws:, which is reserved".to_owned(),
        ),
    ] {
        let said = create(&asker, &body);
        assert_eq!(
            (said.status, said.code.as_str(), said.message()),
            (status, code, message.as_str()),
            "{body}"
        );
    }
    let elsewhere = asker.eks(
        "POST /clusters/no/pod-identity-associations",
        &wanted("a").to_string(),
    );
    assert_eq!(
        (elsewhere.status, elsewhere.message()),
        (404, "No cluster found for name: no.")
    );
    assert_eq!(
        asker.eks(&format!("POST {ALL}"), "x").code,
        "SerializationException"
    );
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let sandbox = stage();
    let asker = Asker::new(&sandbox, REGION);
    let association = made(&asker, "a");
    let update = |body: Value| asker.eks(&format!("POST {}", at(&association)), &body.to_string());
    let other = update(json!({ "roleArn": role("other") })).body["association"].clone();
    assert_eq!(other["roleArn"], role("other"));
    let target = "arn:aws:iam::444455556666:role/target";
    let chained = update(json!({ "targetRoleArn": target })).body["association"].clone();
    let external = chained["externalId"].as_str().unwrap().to_owned();
    assert_eq!(external, format!("{REGION}/{ACCOUNT}/prod/a/vector"));
    assert_eq!(chained["targetRoleArn"], target);
    let moved = update(json!({ "targetRoleArn": "arn:aws:iam::444455556666:role/x" }));
    assert_eq!(moved.body["association"]["externalId"], external);
    let alone = update(json!({ "targetRoleArn": "" })).body["association"].clone();
    assert_eq!(
        (alone.get("externalId"), alone.get("targetRoleArn")),
        (None, None)
    );
    for (body, message) in [
        (json!({}), "Nothing to update was provided"),
        (
            json!({ "namespace": "b", "serviceAccount": "x" }),
            "Nothing to update was provided",
        ),
        (
            json!({ "roleArn": role("ec2") }),
            "Trust policy of the role provided is invalid",
        ),
    ] {
        let said = update(body);
        assert_eq!((said.status, said.message()), (400, message));
    }
    let missing = asker.eks(&format!("POST {ALL}/a-no"), "{}");
    assert_eq!(
        (missing.status, missing.code.as_str(), missing.message()),
        (
            404,
            "ResourceNotFoundException",
            "No pod identity association found for: a-no"
        )
    );
}

#[test]
fn what_belongs_to_an_add_on_stays_as_it_is() {
    let sandbox = stage();
    let owner = format!("arn:aws:eks:{REGION}:{ACCOUNT}:addon/prod/ebs-csi");
    let seed = json!({ "associations": [{
        "account": ACCOUNT, "region": REGION, "cluster": "prod", "namespace": "kube-system",
        "service_account": "ebs-csi", "role_arn": role("gone"), "owner_arn": owner,
    }] });
    let seed = serde_json::from_value(seed).unwrap();
    sandbox.seed(&seed).unwrap();
    sandbox.seed(&seed).unwrap();
    let asker = Asker::new(&sandbox, REGION);
    let listed = asker.eks(&format!("GET {ALL}"), "").body["associations"].clone();
    assert_eq!(
        (listed.as_array().unwrap().len(), &listed[0]["ownerArn"]),
        (1, &json!(owner))
    );
    let body = json!({ "roleArn": role("pods") }).to_string();
    for what in ["POST", "DELETE"] {
        let said = asker.eks(&format!("{what} {}", at(&listed[0])), &body);
        assert_eq!(
            (said.status, said.code.as_str()),
            (400, "InvalidRequestException")
        );
    }
}

#[test]
fn a_token_makes_one_association() {
    let sandbox = stage();
    let asker = Asker::new(&sandbox, REGION);
    let body = with(wanted("a"), "clientRequestToken", json!("t"));
    let first = create(&asker, &body).body;
    assert_eq!(create(&asker, &body).body, first);
    let other = create(&asker, &with(body, "namespace", json!("b")));
    assert_eq!(
        (other.status, other.code.as_str()),
        (400, "InvalidParameterException")
    );
}

#[test]
fn after_a_delete_another_one_is_refused_until_it_is_visible() {
    let sandbox = stage();
    let asker = Asker::new(&sandbox, REGION);
    let first = made(&asker, "a");
    let gone = asker.eks(&format!("DELETE {}", at(&first)), "");
    assert_eq!(gone.body["association"], first);
    assert_eq!(asker.eks(&format!("DELETE {}", at(&first)), "").status, 404);
    let second = made(&asker, "a");
    assert_ne!(first["associationId"], second["associationId"]);
    sandbox.set_faults(vec![Fault {
        service: Some("eks".to_owned()),
        operation: Some("DeletePodIdentityAssociation".to_owned()),
        nth: 1,
        times: 1,
        class: FaultClass::NotVisible { observations: 2 },
    }]);
    asker.eks(&format!("DELETE {}", at(&second)), "");
    for _ in 0..2 {
        let refused = create(&asker, &wanted("a"));
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (409, "ResourceInUseException")
        );
        let id = second["associationId"].as_str().unwrap();
        assert_eq!(
            refused.message(),
            format!("Association already exists: {id}")
        );
    }
    made(&asker, "a");
}

#[test]
fn a_role_that_is_not_visible_yet_does_not_exist() {
    let sandbox = stage();
    let asker = Asker::new(&sandbox, REGION);
    sandbox.set_faults(vec![Fault {
        service: Some("iam".to_owned()),
        operation: Some("CreateRole".to_owned()),
        nth: 1,
        times: 1,
        class: FaultClass::NotVisible { observations: 1 },
    }]);
    asker.make_role("fresh");
    let body = with(wanted("a"), "roleArn", json!(role("fresh")));
    let messages = [0, 1].map(|_| create(&asker, &body).message().to_owned());
    assert_eq!(
        messages,
        [
            "Role provided in the request does not exist",
            "Trust policy of the role provided is invalid"
        ]
    );
}

#[test]
fn a_cluster_has_at_most_five_thousand() {
    let sandbox = stage();
    let association = |n: usize| {
        json!({ "account": ACCOUNT, "region": REGION, "cluster": "prod", "namespace": format!("n{n}"),
                "service_account": "vector", "role_arn": role("pods") })
    };
    let all: Vec<Value> = (0..5_000).map(association).collect();
    let seed = json!({ "associations": all });
    sandbox
        .seed(&serde_json::from_value(seed).unwrap())
        .unwrap();
    let asker = Asker::new(&sandbox, REGION);
    let full = create(&asker, &wanted("one-more"));
    assert_eq!(
        (full.status, full.code.as_str()),
        (400, "ResourceLimitExceededException")
    );
    let listed = asker.eks(&format!("GET {ALL}?namespace=n7"), "").body;
    asker.eks(&format!("DELETE {}", at(&listed["associations"][0])), "");
    made(&asker, "one-more");
}

#[test]
fn tags_of_an_association() {
    let sandbox = stage();
    let asker = Asker::new(&sandbox, REGION);
    let association = made(&asker, "a");
    let arn = association["associationArn"].as_str().unwrap();
    let tags = format!("/tags/{}", arn.replace('/', "%2F"));
    let ask = |what: &str, body: &str| asker.eks(what, body);
    let set = ask(
        &format!("POST {tags}"),
        &json!({ "tags": { "a": "1", "b": "2" } }).to_string(),
    );
    assert_eq!(set.status, 200);
    assert_eq!(
        ask(&format!("DELETE {tags}?tagKeys=a&tagKeys=c"), "").status,
        200
    );
    assert_eq!(
        ask(&format!("GET {tags}"), "").body,
        json!({ "tags": { "b": "2" } })
    );
    let described = ask(&format!("GET {}", at(&association)), "");
    assert_eq!(described.body["association"]["tags"], json!({ "b": "2" }));
    for (what, body, status, code) in [
        (
            format!("POST {tags}"),
            json!({ "tags": {} }),
            400,
            "BadRequestException",
        ),
        (
            format!("POST {tags}"),
            json!({ "tags": { "": "x" } }),
            400,
            "BadRequestException",
        ),
        (
            format!("POST {tags}"),
            json!({ "tags": (0..50).map(|n| (n.to_string(), json!("x"))).collect::<serde_json::Map<_, _>>() }),
            400,
            "BadRequestException",
        ),
        (
            format!("DELETE {tags}"),
            json!({}),
            400,
            "BadRequestException",
        ),
        (
            "GET /tags/prod".to_owned(),
            json!({}),
            400,
            "BadRequestException",
        ),
        (
            format!("GET {}x", tags),
            json!({}),
            404,
            "NotFoundException",
        ),
    ] {
        let said = ask(&what, &body.to_string());
        assert_eq!(
            (said.status, said.code.as_str()),
            (status, code),
            "{what} {body}"
        );
    }
}
