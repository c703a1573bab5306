//! Add-ons of clusters, which a seed puts there.
//!
//! Not here: making, changing and deleting them, which no call of the sandbox does.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::asked::Asked;
use super::clusters;
use crate::aws::call::{Call, Refusal, now};
use crate::aws::rest::result;
use crate::db::Db;
use crate::http::{Answer, Request};

/// What an add-on runs in.
const VERSION: &str = "v1.3.8-eksbuild.2";

#[derive(Debug, Serialize, Deserialize)]
struct Addon {
    version: String,
    created_at: Timestamp,
}

fn prefix(account: &str, region: &str, cluster: &str) -> String {
    format!("aws/{account}/eks/{region}/{cluster}/addon/")
}

/// Source: botocore's model of `eks`, `ListAddons`.
pub(super) fn list(
    call: &mut Call<'_>,
    request: &Request,
    cluster: &str,
) -> Result<Answer, Refusal> {
    call.resource = Some(cluster.to_owned());
    clusters::find(call, cluster)?;
    let asked = Asked::of(request)?;
    let prefix = prefix(call.account(), &call.region, cluster);
    let names = call.db.scan_after::<Addon>(&prefix, &asked.after);
    let body = asked.page(
        "addons",
        names.map(|(name, _)| (name.to_owned(), name.into())),
    );
    Ok(result(call, &body))
}

pub(super) fn describe(call: &mut Call<'_>, cluster: &str, addon: &str) -> Result<Answer, Refusal> {
    call.resource = Some(format!("{cluster}/{addon}"));
    clusters::find(call, cluster)?;
    let key = prefix(call.account(), &call.region, cluster) + addon;
    let found: Addon = call.db.get(&key).ok_or_else(|| {
        Refusal::new(
            404,
            "ResourceNotFoundException",
            format!("No addon: {addon} found in cluster: {cluster}"),
        )
        .with("clusterName", cluster)
        .with("addonName", addon)
    })?;
    let arn = format!(
        "arn:{}:eks:{}:{}:addon/{cluster}/{addon}",
        call.partition,
        call.region,
        call.account()
    );
    let body = json!({ "addon": {
        "addonName": addon,
        "clusterName": cluster,
        "status": "ACTIVE",
        "addonVersion": found.version,
        "health": { "issues": [] },
        "addonArn": arn,
        "createdAt": found.created_at.as_second(),
        "modifiedAt": found.created_at.as_second(),
        "tags": {},
    } });
    Ok(result(call, &body))
}

/// Adds an add-on where the cluster does not have it.
pub(crate) fn plant(db: &mut Db, (account, region, cluster): (&str, &str, &str), addon: &str) {
    let key = prefix(account, region, cluster) + addon;
    if db.get_at_once::<Addon>(&key).is_some() {
        return;
    }
    let addon = Addon {
        version: VERSION.to_owned(),
        created_at: now(db),
    };
    db.put(&key, &addon);
}
