//! Kubernetes: the few calls that a Space's cluster is asked, with the part of the Spaces software behind them.
//!
//! `/_kube/{cluster}/…` is the API server of the cluster that the Space file calls so.
//! Like an API server it knows namespaces, service accounts, pods, config maps, secrets, deployments, stateful sets and tokens, and the custom resources of Spaces.
//! Like the Spaces software it gives a control plane its id, its host namespace and the workloads there, with the annotations and labels of the chart's values; like the webhooks of EKS and of Azure it injects into pods when they are made, and never later.
//! Not here: nodes, volumes, networks, watches, and whatever else nobody here asks for.

mod admission;
mod call;
mod objects;
mod openapi;
mod patch;
mod resources;
mod rights;
mod schemas;
pub(crate) mod seed;
mod selectors;
mod spaces;
#[cfg(test)]
mod tests;
mod tokens;
mod workloads;

use serde_json::{Value, json};

use crate::World;
use crate::db::Db;
use crate::faults::FaultClass;
use crate::http::{Answer, Reply, Request};
use crate::log::Logged;
use call::{Call, Refusal, Target};

pub(crate) use rights::{Rule, key as rights_key};
pub(crate) use spaces::upgrade;

/// Answers one request, of whose path `rest` follows `/_kube/`, and logs it.
pub(crate) fn answer(world: &mut World, rest: &str, request: &Request) -> Reply {
    // Leaves nothing of a call that panicked.
    world.db.rollback();
    world.served += 1;
    let (cluster, path) = rest.split_once('/').unwrap_or((rest, ""));
    let cluster = call::decoded(cluster);
    let target = Target::of(request, path);
    let mut logged = Logged {
        service: "kube".to_owned(),
        operation: target.operation(),
        region: cluster.clone(),
        resource: target.full_name(),
        ..Logged::default()
    };
    let fault = world.faults.strike("kube", &logged.operation);
    let reply = answer_known(world, request, (&cluster, &target), fault, &mut logged);
    world.record(logged, &reply);
    reply
}

fn answer_known(
    world: &mut World,
    request: &Request,
    (cluster, target): (&str, &Target),
    fault: Option<FaultClass>,
    logged: &mut Logged,
) -> Reply {
    let before = match &fault {
        Some(FaultClass::LostRequest) => return Reply::Closed,
        Some(FaultClass::HangBefore) => return Reply::Hangs,
        Some(class) if !class.has_effect() => Some(refusal_of(class)),
        _ => None,
    };
    world.db.begin(request.method == "GET");
    let outcome = match before {
        Some(refusal) => Err(refusal),
        None => Call::new(&mut world.db, cluster)
            .and_then(|mut call| dispatch(&mut call, request, target)),
    };
    let answer = match outcome.map(|answer| (answer, world.db.commit(0))) {
        Ok((answer, Ok(()))) => answer,
        Ok((_, Err(error))) => Refusal::internal(&error.to_string()).render(),
        Err(refusal) => {
            world.db.rollback();
            logged.code = Some(refusal.reason.to_owned());
            refusal.render()
        }
    };
    world.faults.deliver(fault, answer, "application/json")
}

/// How an API server words what a fault makes of a call.
///
/// Source: k8s.io/apimachinery `pkg/api/errors` (reasons, codes and messages).
fn refusal_of(class: &FaultClass) -> Refusal {
    match class {
        FaultClass::Throttle => Refusal::new(
            429,
            "TooManyRequests",
            "the server has received too many requests and has asked us to try again later",
        ),
        FaultClass::Unavailable => Refusal::new(
            503,
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        ),
        FaultClass::AccessDenied => Refusal::new(403, "Forbidden", "forbidden"),
        FaultClass::Refuse {
            status, message, ..
        } => Refusal::new(*status, "Unknown", message),
        _ => Refusal::internal("the sandbox was asked to fail"),
    }
}

fn dispatch(call: &mut Call<'_>, request: &Request, target: &Target) -> Result<Answer, Refusal> {
    call::check_caller(request)?;
    rights::check(call, target)?;
    match target {
        Target::Version => Ok(json_answer(200, &resources::version())),
        Target::Groups(path) if path.starts_with("openapi") => {
            openapi::document(&call.name, path).map(|body| json_answer(200, &body))
        }
        Target::Groups(path) => resources::document(path).map(|body| json_answer(200, &body)),
        Target::Url(path) => tokens::document(call, path),
        Target::Objects(objects) if objects.subresource.as_deref() == Some("token") => {
            tokens::request(call, request, objects)
        }
        Target::Objects(objects) => objects::handle(call, request, objects),
        Target::Nothing => Err(Refusal::no_route()),
    }
}

/// An answer with a JSON body.
fn json_answer(status: u16, body: &Value) -> Answer {
    Answer::new(status).with_body("application/json", body.to_string())
}

/// Marks a workload as one whose rollout never ends, or takes the mark off.
pub(crate) fn set_stuck(db: &mut Db, cluster: &str, (namespace, name): (&str, &str), stuck: bool) {
    let key = format!("kube/{cluster}/stuck/{namespace}/{name}");
    match stuck {
        true => db.put(&key, &json!(true)),
        false => db.remove(&key),
    }
}
