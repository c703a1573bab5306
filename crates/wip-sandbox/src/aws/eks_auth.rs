//! Amazon EKS Auth: a pod's token becomes a session of the role that is associated with its service account.
//!
//! Shapes and errors: botocore's model of `eks-auth`. Sources of the rest: "Learn how EKS Pod Identity works", "Create IAM role with trust policy required by EKS Pod Identity", "Grant Pods access to AWS resources based on tags" and "Access AWS resources using EKS Pod Identity target IAM roles" in the EKS user guide; `Policy` of `CreatePodIdentityAssociation` in botocore's model of `eks`.
//! Not here: the associations themselves (`eks`), of which only the record is read.

#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::{Value, json};
use wip_policy::Principal;

use super::access::{self, Asked, Grant, Guard};
use super::call::{Call, Caller, Refusal, Who, clock, hex_id};
use super::eks::Association;
use super::iam::permissions;
use super::iam::roles::Role;
use super::identity::Session;
use super::rest::{result, segments};
use super::sts::sessions::{Issued, keep};
use super::tokens::{self, Jwt};
use crate::http::{Answer, Request};

const SERVICE: &str = "pods.eks.amazonaws.com";
const ACTION: &str = "eks-auth:AssumeRoleForPodIdentity";
/// How long a session of the associated role and one of a target role last, in seconds ("Caching considerations").
const SECONDS: (u32, u32) = (6 * 3600, 3600);

#[derive(Deserialize)]
struct Cluster {
    issuer: String,
}

/// Whose pod asks.
struct Pod {
    namespace: String,
    service_account: String,
    name: String,
    uid: String,
}

/// The operation that method and path name.
pub(crate) fn operation(request: &Request) -> String {
    let segments = segments(request);
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), &path[..]) {
        ("POST", ["clusters", _, "assume-role-for-pod-identity"]) => {
            "AssumeRoleForPodIdentity".to_owned()
        }
        (method, _) => format!("{method} {}", request.path),
    }
}

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let segments = segments(request);
    match (call.operation.as_str(), segments.get(1)) {
        ("AssumeRoleForPodIdentity", Some(cluster)) => assume(call, request, cluster),
        _ => Err(Refusal::new(
            404,
            "UnknownOperationException",
            format!("unknown: {}", call.operation),
        )),
    }
}

fn refused(code: &str, message: impl Into<String>) -> Refusal {
    Refusal::new(400, code, message)
}

fn assume(call: &mut Call<'_>, request: &Request, name: &str) -> Result<Answer, Refusal> {
    call.resource = Some(name.to_owned());
    let (partition, region) = (call.partition, call.region.clone());
    let account = call.account().to_owned();
    let arn = format!("arn:{partition}:eks:{region}:{account}:cluster/{name}");
    let asked = Asked::of(ACTION, &arn);
    let verdict = access::decide(call, &asked, Guard::none(&account));
    if !verdict.is_allowed() {
        let said = access::words(&call.caller, &asked, verdict);
        return Err(refused("AccessDeniedException", said));
    }
    let place = format!("aws/{account}/eks/{region}/cluster/{name}");
    let cluster: Cluster = call.db.get(&place).ok_or_else(|| {
        let message = format!("No cluster found for name: {name}.");
        Refusal::new(404, "ResourceNotFoundException", message)
    })?;
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let token = body.get("token").and_then(Value::as_str);
    let token = token.ok_or_else(|| refused("InvalidParameterException", "token is required"))?;
    let pod = pod(call, &cluster.issuer, token)?;
    let folder = format!("aws/{account}/eks/{region}/{name}/association/");
    let found = call.db.scan::<Association>(&folder).find(|(_, one)| {
        one.namespace == pod.namespace && one.service_account == pod.service_account
    });
    let (id, association) = found
        .map(|(id, association)| (id.to_owned(), association))
        .ok_or_else(|| {
            let message = format!(
                "No pod identity association found for service account {} in namespace {}",
                pod.service_account, pod.namespace
            );
            Refusal::new(404, "ResourceNotFoundException", message)
        })?;
    let issued = issue(call, (name, &arn), &association, &pod)?;
    let associated =
        format!("arn:{partition}:eks:{region}:{account}:podidentityassociation/{name}/{id}");
    Ok(result(
        call,
        &json!({
            "subject": { "namespace": pod.namespace, "serviceAccount": pod.service_account },
            "audience": SERVICE,
            "podIdentityAssociation": { "associationArn": associated, "associationId": id },
            "assumedRoleUser": {
                "arn": issued.session.arn,
                "assumeRoleId": issued.session.user_id,
            },
            "credentials": {
                "accessKeyId": issued.key_id,
                "secretAccessKey": issued.secret(),
                "sessionToken": issued.token(),
                "expiration": issued.session.expires,
            },
        }),
    ))
}

/// Whose pod a token is, if the cluster signed it for EKS Pod Identity.
fn pod(call: &mut Call<'_>, issuer: &str, token: &str) -> Result<Pod, Refusal> {
    // Words: `InvalidTokenException` and `ExpiredTokenException` in botocore's model.
    let invalid = || {
        refused(
            "InvalidTokenException",
            "The specified Kubernetes service account token is invalid.",
        )
    };
    let jwt = Jwt::read(token).ok_or_else(invalid)?;
    let keys = tokens::keys_of(call.db, issuer).ok_or_else(invalid)?;
    let fits = jwt.text("iss") == Some(issuer)
        && jwt.audiences().contains(&SERVICE)
        && jwt.is_signed_by(&keys);
    if !fits {
        return Err(invalid());
    }
    let seconds = |claim: &str| jwt.seconds(claim).map_err(|()| invalid());
    if seconds("exp")?.ok_or_else(invalid)? <= clock() {
        return Err(refused(
            "ExpiredTokenException",
            "The specified Kubernetes service account token is expired.",
        ));
    }
    if seconds("nbf")?.is_some_and(|begins| begins > clock()) {
        return Err(invalid());
    }
    let subject = jwt.text("sub").ok_or_else(invalid)?;
    let parts: Vec<&str> = subject.split(':').collect();
    let ["system", "serviceaccount", namespace, service_account] = parts[..] else {
        return Err(invalid());
    };
    let of_pod = |name: &str| {
        let pod = jwt.claim("kubernetes.io")?.get("pod")?;
        pod.get(name)?.as_str().map(str::to_owned)
    };
    // Source: "Learn how EKS Pod Identity works": the token is bound to the pod.
    Ok(Pod {
        namespace: namespace.to_owned(),
        service_account: service_account.to_owned(),
        name: of_pod("name").ok_or_else(invalid)?,
        uid: of_pod("uid").ok_or_else(invalid)?,
    })
}

/// Words: as the agent on a node is quoted with in public workshops; the same whether there is no such role or it does not trust.
fn not_trusted() -> Refusal {
    refused(
        "AccessDeniedException",
        "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
    )
}

fn issue(
    call: &mut Call<'_>,
    (cluster, cluster_arn): (&str, &str),
    association: &Association,
    pod: &Pod,
) -> Result<Issued, Refusal> {
    let tags = if association.disable_session_tags {
        Vec::new()
    } else {
        tags((cluster, cluster_arn), pod)
    };
    let role = permissions::role_of(call.db, &association.role_arn).ok_or_else(not_trusted)?;
    if !service_may(call, cluster_arn, &role, &tags) {
        return Err(not_trusted());
    }
    let session = |policies: Option<Vec<String>>| Session {
        transitive: tags.iter().map(|(key, _)| key.clone()).collect(),
        tags: tags.clone(),
        policies,
        ..Session::default()
    };
    let name = session_name(cluster, pod);
    let policies = association.policy.clone().map(|policy| vec![policy]);
    let Some(target) = &association.target_role_arn else {
        return Ok(keep(call, &role, (&name, SECONDS.0), session(policies)));
    };
    // The policy limits the target role only.
    let first = keep(call, &role, (&name, SECONDS.1), session(None));
    let target = permissions::role_of(call.db, target).ok_or_else(not_trusted)?;
    if !session_may(call, &first, &target, association.external_id.as_deref()) {
        return Err(not_trusted());
    }
    Ok(keep(call, &target, (&name, SECONDS.1), session(policies)))
}

/// The six tags, all of them handed on.
fn tags((cluster, cluster_arn): (&str, &str), pod: &Pod) -> Vec<(String, String)> {
    [
        ("eks-cluster-arn", cluster_arn),
        ("eks-cluster-name", cluster),
        ("kubernetes-namespace", &pod.namespace),
        ("kubernetes-service-account", &pod.service_account),
        ("kubernetes-pod-name", &pod.name),
        ("kubernetes-pod-uid", &pod.uid),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

/// `eks-CLUSTER-POD-UUID`, at most 64 characters (`AssumedRoleUser` in botocore's model of `eks-auth`).
fn session_name(cluster: &str, pod: &Pod) -> String {
    let id = hex_id(&["session", cluster, &pod.uid], 32);
    let mut name = format!("eks-{cluster}-{}", pod.name);
    name.truncate(31);
    format!("{name}-{id}")
}

fn actions(tags: &[(String, String)]) -> &'static [&'static str] {
    match tags.is_empty() {
        true => &["sts:AssumeRole"],
        false => &["sts:AssumeRole", "sts:TagSession"],
    }
}

/// Whether a role trusts EKS Pod Identity for this pod.
fn service_may(call: &Call<'_>, cluster_arn: &str, role: &Role, tags: &[(String, String)]) -> bool {
    let mut context = wip_policy::Context::new()
        .with("aws:PrincipalIsAWSService", ["true"])
        .with("aws:SourceAccount", [call.account()])
        .with("aws:SourceArn", [cluster_arn])
        .with("aws:TagKeys", tags.iter().map(|(key, _)| key.as_str()))
        .with(
            "sts:TransitiveTagKeys",
            tags.iter().map(|(key, _)| key.as_str()),
        );
    for (key, value) in tags {
        context.set(&format!("aws:RequestTag/{key}"), [value.as_str()]);
    }
    let service = Principal::Service {
        name: SERVICE.to_owned(),
    };
    let trust = permissions::trust(call, role);
    access::trusts(&trust, &service, &context, (actions(tags), &role.arn)).is_allowed()
}

/// Whether the session of the associated role may go on to the target role.
fn session_may(call: &Call<'_>, first: &Issued, target: &Role, external_id: Option<&str>) -> bool {
    let session = &first.session;
    let caller = Caller {
        account: session.account.clone(),
        arn: session.arn.clone(),
        user_id: session.user_id.clone(),
        who: Who::Session(Box::new(session.clone())),
    };
    let trust = permissions::trust(call, target);
    let guard = Guard {
        owner: target.arn.split(':').nth(4).unwrap_or_default(),
        policy: Some(&trust),
        grant: Grant::Resource,
    };
    actions(&session.tags).iter().all(|action| {
        let keys = || session.tags.iter().map(|(key, _)| key.as_str());
        let mut asked = Asked::of(action, &target.arn)
            .with("aws:TagKeys", keys())
            .with("sts:TransitiveTagKeys", keys());
        if let Some(id) = external_id {
            asked = asked.with("sts:ExternalId", [id]);
        }
        for (key, value) in &session.tags {
            asked = asked.with(&format!("aws:RequestTag/{key}"), [value.as_str()]);
        }
        access::decide_for(call.db, &caller, &call.region, &asked, guard).is_allowed()
    })
}
