//! Amazon EKS: clusters and their issuers.
//!
//! Shapes, names and statuses of errors: botocore's model of `eks`.
//! Not here: node groups, add-ons (no cluster has any), pod identity associations.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::{Call, Refusal, hex_id, now, partition_of};
use super::rest::{result, segments};
use crate::db::Db;
use crate::http::{Answer, Request};
use crate::seed::ClusterSeed;

/// What a cluster runs where nobody asked for a version.
const VERSION: &str = "1.33";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Cluster {
    name: String,
    issuer: String,
    version: String,
    role_arn: String,
    tags: Map<String, Value>,
    created_at: String,
}

/// The operation that method and path name.
pub(crate) fn operation(request: &Request) -> String {
    let segments = segments(request);
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), &path[..]) {
        ("POST", ["clusters"]) => "CreateCluster".to_owned(),
        ("GET", ["clusters"]) => "ListClusters".to_owned(),
        ("GET", ["clusters", _]) => "DescribeCluster".to_owned(),
        ("GET", ["clusters", _, "addons", _]) => "DescribeAddon".to_owned(),
        (method, _) => format!("{method} {}", request.path),
    }
}

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let segments = segments(request);
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (call.operation.as_str(), &path[..]) {
        ("CreateCluster", _) => create(call, request),
        ("ListClusters", _) => list(call, request),
        ("DescribeCluster", [_, name]) => describe(call, name),
        ("DescribeAddon", [_, cluster, _, addon]) => describe_addon(call, cluster, addon),
        // An operation that the sandbox does not serve.
        _ => Err(Refusal::new(
            404,
            "UnknownOperationException",
            format!("unknown: {}", call.operation),
        )),
    }
}

fn prefix(account: &str, region: &str) -> String {
    format!("aws/{account}/eks/{region}/cluster/")
}

fn key(call: &Call<'_>, name: &str) -> String {
    prefix(call.account(), &call.region) + name
}

/// Where EKS puts the issuer of a cluster; the id follows from the name here.
///
/// Source: EKS User Guide, "Create an IAM OIDC provider for your cluster".
fn issuer(account: &str, region: &str, name: &str) -> String {
    let suffix = if partition_of(region) == "aws-cn" {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let id = hex_id(&[account, region, name], 32).to_uppercase();
    format!("https://oidc.eks.{region}.{suffix}/id/{id}")
}

fn find(call: &Call<'_>, name: &str) -> Result<Cluster, Refusal> {
    valid_name(name)?;
    call.db.get(&key(call, name)).ok_or_else(|| {
        Refusal::new(
            404,
            "ResourceNotFoundException",
            format!("No cluster found for name: {name}."),
        )
        .with("clusterName", name)
    })
}

/// Source: botocore's model of `eks`, shape `ClusterName`.
fn valid_name(name: &str) -> Result<(), Refusal> {
    let bytes = name.as_bytes();
    if (1..=100).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    {
        return Ok(());
    }
    Err(invalid(format!(
        "The cluster name '{name}' does not match the pattern ^[0-9A-Za-z][A-Za-z0-9\\-_]*, of 1 to 100 characters"
    )))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameterException", message)
}

/// A cluster as the model's shape `Cluster`.
fn shown(call: &Call<'_>, cluster: &Cluster) -> Value {
    let created = cluster
        .created_at
        .parse::<Timestamp>()
        .map(Timestamp::as_second)
        .unwrap_or_default();
    let id = cluster.issuer.rsplit('/').next().unwrap_or_default();
    json!({
        "name": cluster.name,
        "arn": format!(
            "arn:{}:eks:{}:{}:cluster/{}",
            call.partition, call.region, call.account(), cluster.name
        ),
        "createdAt": created,
        "version": cluster.version,
        "endpoint": format!("https://{id}.gr7.{}.eks.{}", call.region, call.dns_suffix()),
        "roleArn": cluster.role_arn,
        "identity": { "oidc": { "issuer": cluster.issuer } },
        "status": "ACTIVE",
        "platformVersion": "eks.1",
        "tags": cluster.tags,
        "accessConfig": { "authenticationMode": "API" },
    })
}

fn describe(call: &mut Call<'_>, name: &str) -> Result<Answer, Refusal> {
    call.resource = Some(name.to_owned());
    let cluster = find(call, name)?;
    Ok(result(call, &json!({ "cluster": shown(call, &cluster) })))
}

fn create(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let body: Map<String, Value> = serde_json::from_slice(&request.body).map_err(|_| {
        Refusal::new(
            400,
            "SerializationException",
            "Unable to parse the request body",
        )
    })?;
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (name, role_arn) = (text("name"), text("roleArn"));
    call.resource = Some(name.clone());
    valid_name(&name)?;
    if role_arn.is_empty() {
        return Err(invalid("The cluster role ARN is missing"));
    }
    if !body.get("resourcesVpcConfig").is_some_and(Value::is_object) {
        return Err(invalid("The VPC configuration is missing"));
    }
    let key = key(call, &name);
    if call.db.get_at_once::<Cluster>(&key).is_some() {
        return Err(Refusal::new(
            409,
            "ResourceInUseException",
            format!("Cluster already exists with name: {name}"),
        )
        .with("clusterName", name));
    }
    let version = if text("version").is_empty() {
        VERSION.to_owned()
    } else {
        text("version")
    };
    let cluster = Cluster {
        issuer: issuer(call.account(), &call.region, &name),
        name,
        version,
        role_arn,
        tags: body
            .get("tags")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
        created_at: call.now().to_string(),
    };
    call.db.put(&key, &cluster);
    Ok(result(call, &json!({ "cluster": shown(call, &cluster) })))
}

/// Source: botocore's model of `eks`, `ListClusters`: pages of 1 to 100 names.
fn list(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let limit = match request.query_value("maxResults") {
        None => 100,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|n| (1..=100).contains(n))
            .ok_or_else(|| invalid("maxResults must be between 1 and 100"))?,
    };
    let after = request.query_value("nextToken").unwrap_or_default();
    let prefix = prefix(call.account(), &call.region);
    let mut names: Vec<String> = call
        .db
        .scan_after::<Cluster>(&prefix, &after)
        .take(limit + 1)
        .map(|(name, _)| name.to_owned())
        .collect();
    let more = names.len() > limit;
    names.truncate(limit);
    let mut body = json!({ "clusters": names });
    if more {
        body["nextToken"] = names.last().map(String::as_str).into();
    }
    Ok(result(call, &body))
}

fn describe_addon(call: &mut Call<'_>, cluster: &str, addon: &str) -> Result<Answer, Refusal> {
    call.resource = Some(format!("{cluster}/{addon}"));
    find(call, cluster)?;
    Err(Refusal::new(
        404,
        "ResourceNotFoundException",
        format!("No addon: {addon} found in cluster: {cluster}"),
    )
    .with("clusterName", cluster)
    .with("addonName", addon))
}

/// Adds a cluster where there is none of its name.
pub(crate) fn plant(db: &mut Db, seed: &ClusterSeed) {
    let key = prefix(&seed.account, &seed.region) + &seed.name;
    if db.get_at_once::<Cluster>(&key).is_some() {
        return;
    }
    let partition = partition_of(&seed.region);
    let cluster = Cluster {
        name: seed.name.clone(),
        issuer: seed
            .issuer
            .clone()
            .unwrap_or_else(|| issuer(&seed.account, &seed.region, &seed.name)),
        version: VERSION.to_owned(),
        role_arn: format!("arn:{partition}:iam::{}:role/eks-cluster", seed.account),
        tags: Map::new(),
        created_at: now(db).to_string(),
    };
    db.put(&key, &cluster);
}
