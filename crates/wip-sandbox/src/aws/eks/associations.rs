//! Pod identity associations: which role the pods of a service account get.
//!
//! Sources: the operations of the same names in botocore's model of `eks`; "Learn how EKS Pod Identity grants pods access to AWS services" in the EKS user guide (one per service account, 5,000 in a cluster); words as quoted in public issue threads.
//! Not here: what an association may say (`association.rs`), and handing credentials to pods.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::asked::{Asked, body, invalid, tags};
use super::association::{Association, Given};
use super::clusters;
use crate::aws::call::{Call, Refusal, base32_id, now};
use crate::aws::rest::result;
use crate::db::Db;
use crate::http::{Answer, Request};
use crate::seed::AssociationSeed;

/// The most associations of a cluster.
const MOST: usize = 5_000;

/// What a client's token made: a second request with the token has the first one's answer.
#[derive(Serialize, Deserialize)]
struct Token {
    id: String,
    /// Of the request, so that the token is not taken for another one.
    digest: String,
}

/// Where the associations of a cluster are kept.
fn prefix(account: &str, region: &str, cluster: &str) -> String {
    format!("aws/{account}/eks/{region}/{cluster}/association/")
}

/// Where an association is kept.
pub(super) fn key(call: &Call<'_>, cluster: &str, id: &str) -> String {
    prefix(call.account(), &call.region, cluster) + id
}

/// The id that a service account's association has, had last, or will have first; how often there was one decides.
fn id_of(prefix: &str, (namespace, name): (&str, &str), incarnation: u64) -> String {
    let id = base32_id(&[prefix, namespace, name, &incarnation.to_string()], 17);
    format!("a-{}", id.to_lowercase())
}

fn incarnations(prefix: &str, (namespace, name): (&str, &str)) -> String {
    format!("sandbox/incarnation/{prefix}{namespace}/{name}")
}

/// The association of that id.
pub(super) fn find(call: &Call<'_>, cluster: &str, id: &str) -> Result<Association, Refusal> {
    clusters::find(call, cluster)?;
    call.db.get(&key(call, cluster, id)).ok_or_else(|| {
        Refusal::new(
            404,
            "ResourceNotFoundException",
            format!("No pod identity association found for: {id}"),
        )
        .with("clusterName", cluster)
    })
}

pub(super) fn create(
    call: &mut Call<'_>,
    request: &Request,
    cluster: &str,
) -> Result<Answer, Refusal> {
    call.resource = Some(cluster.to_owned());
    clusters::find(call, cluster)?;
    let members = body(request)?;
    let given = Given(&members);
    let subject = (
        given.required("namespace")?,
        given.required("serviceAccount")?,
    );
    call.resource = Some(format!("{cluster}/{}/{}", subject.0, subject.1));
    given.required("roleArn")?;
    let tags = tags(members.get("tags")).map_err(invalid)?;
    let prefix = prefix(call.account(), &call.region, cluster);
    let token = token(call, &given, &prefix, &request.body)?;
    if let Some((_, Some(id))) = &token
        && let Some(made) = call.db.get_at_once::<Association>(&(prefix.clone() + id))
    {
        return answer(call, cluster, id, &made);
    }
    let incarnations = incarnations(&prefix, subject);
    let count = call.db.get::<u64>(&incarnations).unwrap_or(0);
    let last = id_of(&prefix, subject, count);
    let key_of_last = prefix.clone() + &last;
    // Deleting is eventually consistent: aws-controllers-k8s/community#2684.
    let is_there = call.db.get_at_once::<Association>(&key_of_last).is_some();
    if is_there || call.db.lingers(&key_of_last) {
        // Words: awslabs/crossplane-on-eks#168.
        return Err(Refusal::new(
            409,
            "ResourceInUseException",
            format!("Association already exists: {last}"),
        )
        .with("clusterName", cluster));
    }
    let now = call.now();
    let mut association = Association {
        namespace: subject.0.to_owned(),
        service_account: subject.1.to_owned(),
        role_arn: String::new(),
        target_role_arn: None,
        disable_session_tags: false,
        policy: None,
        external_id: None,
        owner_arn: None,
        tags,
        created_at: now,
        modified_at: now,
    };
    given.put(&mut association)?;
    association.check(call)?;
    if call.db.count(&prefix) >= MOST {
        return Err(Refusal::new(
            400,
            "ResourceLimitExceededException",
            format!("You have reached the limit of {MOST} pod identity associations in cluster {cluster}"),
        )
        .with("clusterName", cluster));
    }
    let id = id_of(&prefix, subject, count + 1);
    association.name_for_target(call, cluster);
    call.db.put(&incarnations, &(count + 1));
    call.db.put(&(prefix + &id), &association);
    if let Some((key, _)) = token {
        let digest = digest(&request.body);
        let id = id.clone();
        call.db.put(&key, &Token { id, digest });
    }
    answer(call, cluster, &id, &association)
}

/// Where a client's token is kept, and the id of what it made already.
type Known = Option<(String, Option<String>)>;

fn token(call: &Call<'_>, given: &Given<'_>, prefix: &str, body: &[u8]) -> Result<Known, Refusal> {
    let Some(token) = given.text("clientRequestToken")? else {
        return Ok(None);
    };
    let key = format!("sandbox/token/{prefix}{token}");
    match call.db.get::<Token>(&key) {
        Some(known) if known.digest != digest(body) => Err(invalid(
            "The client request token was used before, with other parameters",
        )),
        known => Ok(Some((key, known.map(|known| known.id)))),
    }
}

fn digest(body: &[u8]) -> String {
    let bytes = Sha256::digest(body);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn answer(
    call: &Call<'_>,
    cluster: &str,
    id: &str,
    association: &Association,
) -> Result<Answer, Refusal> {
    let shown = association.shown(call, cluster, id);
    Ok(result(call, &json!({ "association": shown })))
}

pub(super) fn describe(call: &mut Call<'_>, cluster: &str, id: &str) -> Result<Answer, Refusal> {
    call.resource = Some(format!("{cluster}/{id}"));
    let association = find(call, cluster, id)?;
    answer(call, cluster, id, &association)
}

/// Refuses to touch what belongs to an add-on.
fn of_nobody(association: &Association) -> Result<(), Refusal> {
    match &association.owner_arn {
        None => Ok(()),
        Some(owner) => Err(Refusal::new(
            400,
            "InvalidRequestException",
            format!("The association is owned by {owner} and can only be changed there"),
        )),
    }
}

pub(super) fn update(
    call: &mut Call<'_>,
    request: &Request,
    cluster: &str,
    id: &str,
) -> Result<Answer, Refusal> {
    call.resource = Some(format!("{cluster}/{id}"));
    let before = find(call, cluster, id)?;
    of_nobody(&before)?;
    let members = body(request)?;
    // Source: UpdatePodIdentityAssociation: namespace and service account stay for ever, and something must change.
    let fields = ["roleArn", "targetRoleArn", "disableSessionTags", "policy"];
    if !fields.iter().any(|name| members.contains_key(*name)) {
        return Err(invalid("Nothing to update was provided"));
    }
    let mut association = before;
    Given(&members).put(&mut association)?;
    association.check(call)?;
    association.modified_at = call.now();
    let prefix = prefix(call.account(), &call.region, cluster);
    association.name_for_target(call, cluster);
    call.db.put(&(prefix + id), &association);
    answer(call, cluster, id, &association)
}

pub(super) fn delete(call: &mut Call<'_>, cluster: &str, id: &str) -> Result<Answer, Refusal> {
    call.resource = Some(format!("{cluster}/{id}"));
    let association = find(call, cluster, id)?;
    of_nobody(&association)?;
    call.db.remove(&key(call, cluster, id));
    answer(call, cluster, id, &association)
}

/// `ListPodIdentityAssociations`, filtered by namespace and service account where that is asked for.
pub(super) fn list(
    call: &mut Call<'_>,
    request: &Request,
    cluster: &str,
) -> Result<Answer, Refusal> {
    call.resource = Some(cluster.to_owned());
    clusters::find(call, cluster)?;
    let asked = Asked::of(request)?;
    let namespace = request.query_value("namespace");
    let account = request.query_value("serviceAccount");
    let fits = |filter: &Option<String>, value: &str| {
        filter.as_deref().is_none_or(|filter| filter == value)
    };
    let prefix = prefix(call.account(), &call.region, cluster);
    let all = call.db.scan_after::<Association>(&prefix, &asked.after);
    let found = all.filter(|(_, association)| {
        fits(&namespace, &association.namespace) && fits(&account, &association.service_account)
    });
    let shown = found.map(|(id, association)| {
        let summary: Value = association.summary(call, cluster, id);
        (id.to_owned(), summary)
    });
    let body = asked.page("associations", shown);
    Ok(result(call, &body))
}

/// Whether a service account of a cluster (account, region, name) has an association.
pub(crate) fn has(db: &Db, at: (&str, &str, &str), namespace: &str, service_account: &str) -> bool {
    let prefix = prefix(at.0, at.1, at.2);
    let mut all = db.scan::<Association>(&prefix);
    all.any(|(_, it)| it.namespace == namespace && it.service_account == service_account)
}

/// Adds an association where the service account has none. A seeded one is taken as it is.
pub(crate) fn plant(db: &mut Db, seed: &AssociationSeed) {
    let prefix = prefix(&seed.account, &seed.region, &seed.cluster);
    let subject = (seed.namespace.as_str(), seed.service_account.as_str());
    let incarnations = incarnations(&prefix, subject);
    if db.get_at_once::<u64>(&incarnations).is_some() {
        return;
    }
    let now = now(db);
    let association = Association {
        namespace: seed.namespace.clone(),
        service_account: seed.service_account.clone(),
        role_arn: seed.role_arn.clone(),
        target_role_arn: None,
        disable_session_tags: false,
        policy: None,
        external_id: None,
        owner_arn: seed.owner_arn.clone(),
        tags: std::collections::BTreeMap::new(),
        created_at: now,
        modified_at: now,
    };
    db.put(&incarnations, &1_u64);
    db.put(
        &(prefix.clone() + &id_of(&prefix, subject, 1)),
        &association,
    );
}
