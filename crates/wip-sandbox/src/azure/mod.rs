//! Azure: from a request to the service it is for, and from what that says to a reply.
//!
//! `/_azure/arm/…` is Azure Resource Manager (`https://management.azure.com`), `/_azure/graph/…` Microsoft Graph, `/_azure/login/…` Entra's token endpoint, `/_azure/blob/{account}/…` and `/_azure/vault/{vault}/…` the data planes.
//! Each service module has `operation`, which names the operation without judging it, and `handle`.
//! Not here: who calls (`caller.rs`), what the services do.

pub(crate) mod access;
mod arm;
mod blob;
pub(crate) mod call;
mod caller;
mod conditions;
mod failures;
mod graph;
mod login;
pub(crate) mod moment;
pub(crate) mod principals;
pub(crate) mod rights;
pub(crate) mod seed;
#[cfg(test)]
mod tests;
mod vault;

use crate::World;
use crate::faults::FaultClass;
use crate::http::{Answer, Reply, Request};
use crate::log::Logged;
pub(crate) use arm::{issuer_of, tenant_of};
pub(crate) use call::uuid;
use call::{Call, Refusal, Service};
use caller::Caller;
pub(crate) use moment::Moment;

/// Where the records of AKS clusters are; each has an `issuer`.
pub(crate) const CLUSTERS: &str = "azure/cluster/";

/// Answers one request, of whose path `rest` follows `/_azure/`, and logs it.
pub(crate) fn answer(world: &mut World, rest: &str, request: &Request) -> Reply {
    // Leaves nothing of a call that panicked.
    world.db.rollback();
    world.served += 1;
    let request_id = format!("00000000-0000-4000-8000-{:012x}", world.served);
    let (first, path) = rest.split_once('/').unwrap_or((rest, ""));
    let Some(service) = Service::named(first) else {
        return Reply::Answer(Answer::new(404));
    };
    let path = call::segments(path);
    let operation = operation(service, request, &path);
    let mut logged = Logged {
        service: service.name().to_owned(),
        operation: operation.clone(),
        ..Logged::default()
    };
    let reply = match caller::of(&world.db, service, request, &path) {
        Err(refusal) => {
            logged.code = Some(refusal.code.clone());
            Reply::Answer(call::render(service, &refusal, &request_id))
        }
        Ok(caller) => {
            logged.account.clone_from(&caller.tenant);
            let asked = Asked {
                service,
                path,
                operation,
                caller,
                request_id,
            };
            answer_known(world, request, asked, &mut logged)
        }
    };
    world.record(logged, &reply);
    reply
}

/// A call whose caller is known.
struct Asked {
    service: Service,
    path: Vec<String>,
    operation: String,
    caller: Caller,
    request_id: String,
}

fn answer_known(world: &mut World, request: &Request, asked: Asked, logged: &mut Logged) -> Reply {
    let service = asked.service;
    let fault = world.faults.strike(service.name(), &asked.operation);
    let before = match &fault {
        Some(FaultClass::LostRequest) => return Reply::Closed,
        Some(FaultClass::HangBefore) => return Reply::Hangs,
        Some(class) if !class.has_effect() => {
            let needs = arm::needs(&request.method, &asked.path);
            Some(failures::refusal(service, class, &asked.caller, needs))
        }
        _ => None,
    };
    // Whoever asks for a token or for data reads what Resource Manager wrote, whatever it changes itself.
    let is_data = !matches!(service, Service::Arm | Service::Graph);
    let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
    world.db.begin(is_data || is_read);
    let mut call = Call {
        db: &mut world.db,
        moment: &mut world.moment,
        caller: asked.caller,
        base: call::base(request),
        request_id: asked.request_id.clone(),
        resource: None,
        holds: None,
        new_principal: None,
    };
    let outcome = match before {
        Some(refusal) => Err(refusal),
        None => dispatch(service, &mut call, request, &asked.path),
    };
    logged.resource = call.resource.take();
    let (holds, new_principal) = (call.holds.take(), call.new_principal.take());
    let delay = match &fault {
        Some(FaultClass::NotVisible { observations }) => *observations,
        _ => 0,
    };
    let answer = match outcome {
        Ok(mut answer) => match world.db.commit(delay) {
            Ok(()) => {
                answer.takes = world.moment.done(holds, new_principal);
                answer
            }
            Err(error) => {
                let refusal = Refusal::new(500, "InternalServerError", error.to_string());
                call::render(service, &refusal, &asked.request_id)
            }
        },
        Err(refusal) => {
            world.db.rollback();
            logged.code = Some(refusal.code.clone());
            call::render(service, &refusal, &asked.request_id)
        }
    };
    world.faults.deliver(fault, answer, "application/json")
}

fn operation(service: Service, request: &Request, path: &[String]) -> String {
    match service {
        Service::Arm => arm::operation(&request.method, path),
        Service::Graph => graph::operation(&request.method, path),
        Service::Login => login::operation(&request.method, path),
        Service::Blob => blob::operation(request, path),
        Service::Vault => vault::operation(&request.method, path),
    }
}

fn dispatch(
    service: Service,
    call: &mut Call<'_>,
    request: &Request,
    path: &[String],
) -> Result<Answer, Refusal> {
    match service {
        Service::Arm => arm::handle(call, request, path),
        Service::Graph => graph::handle(call, request, path),
        Service::Login => login::handle(call, request, path),
        Service::Blob => blob::handle(call, request, path),
        Service::Vault => vault::handle(call, request, path),
    }
}
