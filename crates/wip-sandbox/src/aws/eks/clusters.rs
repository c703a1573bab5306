//! Clusters and their issuers.
//!
//! Not here: what belongs to a cluster (`addons.rs`, `associations.rs`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::asked::{Asked, body, invalid};
use crate::aws::call::{Call, Refusal, hex_id, now, partition_of};
use crate::aws::rest::result;
use crate::db::Db;
use crate::http::{Answer, Request};
use crate::seed::ClusterSeed;

/// What a cluster runs where nobody asked for a version.
const VERSION: &str = "1.33";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Cluster {
    name: String,
    issuer: String,
    version: String,
    role_arn: String,
    tags: Map<String, Value>,
    created_at: String,
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

/// Who issues the tokens of a cluster.
pub(crate) fn issuer_of(db: &Db, account: &str, region: &str, name: &str) -> Option<String> {
    let cluster: Cluster = db.get_at_once(&(prefix(account, region) + name))?;
    Some(cluster.issuer)
}

pub(super) fn find(call: &Call<'_>, name: &str) -> Result<Cluster, Refusal> {
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

pub(super) fn describe(call: &mut Call<'_>, name: &str) -> Result<Answer, Refusal> {
    call.resource = Some(name.to_owned());
    let cluster = find(call, name)?;
    Ok(result(call, &json!({ "cluster": shown(call, &cluster) })))
}

pub(super) fn create(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let body = body(request)?;
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
pub(super) fn list(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let asked = Asked::of(request)?;
    let prefix = prefix(call.account(), &call.region);
    let names = call.db.scan_after::<Cluster>(&prefix, &asked.after);
    let names = names.map(|(name, _)| (name.to_owned(), name.into()));
    let body = asked.page("clusters", names);
    Ok(result(call, &body))
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
