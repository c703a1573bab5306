//! AWS: from a request to the service it is for, and from what that says to a reply.
//!
//! Each service module has `operation(&Request) -> String`, which names the operation without judging it, and `handle(&mut Call, &Request) -> Result<Answer, Refusal>`.
//! Not here: who calls (`identity.rs`), what the services do.

pub(crate) mod access;
#[cfg(test)]
pub(crate) mod asking;
pub(crate) mod call;
pub(crate) mod conditions;
pub(crate) mod eks;
mod eks_auth;
mod failures;
pub(crate) mod iam;
pub(crate) mod identity;
pub(crate) mod json;
pub(crate) mod kms;
pub(crate) mod parameter_store;
pub(crate) mod query;
pub(crate) mod resource_policy;
pub(crate) mod rest;
pub(crate) mod s3;
pub(crate) mod secrets_manager;
pub(crate) mod service_quotas;
pub(crate) mod sts;
pub(crate) mod tokens;

use std::io;

use crate::World;
use crate::faults::FaultClass;
use crate::http::{Answer, Reply, Request};
use crate::log::Logged;
use call::{Call, Caller, Refusal, Service};
use identity::Signed;

/// Answers one request, and logs it.
pub(crate) fn answer(world: &mut World, request: &Request) -> Reply {
    // Leaves nothing of a call that panicked.
    world.db.rollback();
    world.served += 1;
    let request_id = request_id(world.served);
    let signed = identity::signed(request);
    let service = signed
        .as_ref()
        .map_or_else(|_| identity::guess(request), |signed| signed.service);
    let operation = operation(service, request);
    let mut logged = Logged {
        service: service.name().to_owned(),
        operation: operation.clone(),
        region: signed
            .as_ref()
            .map_or_else(|_| String::new(), |signed| signed.region.clone()),
        ..Logged::default()
    };
    let caller = signed.and_then(|signed| {
        let caller = identity::caller(&world.db, &world.options, &signed)?;
        Ok((signed, caller))
    });
    let reply = match caller {
        Err(refusal) => {
            logged.code = Some(refusal.code.clone());
            Reply::Answer(render(service, request, &refusal, &request_id))
        }
        Ok((signed, caller)) => {
            logged.account.clone_from(&caller.account);
            let asked = Asked {
                signed,
                caller,
                operation,
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
    signed: Signed,
    caller: Caller,
    operation: String,
    request_id: String,
}

fn answer_known(world: &mut World, request: &Request, asked: Asked, logged: &mut Logged) -> Reply {
    let Asked {
        signed,
        caller,
        operation,
        request_id,
    } = asked;
    let service = signed.service;
    let fault = world.faults.strike(service.name(), &operation);
    let before = match &fault {
        Some(FaultClass::LostRequest) => return Reply::Closed,
        Some(FaultClass::HangBefore) => return Reply::Hangs,
        Some(class) if !class.has_effect() => {
            Some(failures::refusal(service, class, &caller, &operation))
        }
        _ => None,
    };
    world.db.begin(is_read(&operation));
    let mut call = Call {
        db: &mut world.db,
        options: &world.options,
        service,
        operation,
        caller,
        partition: call::partition_of(&signed.region),
        region: signed.region,
        request_id: request_id.clone(),
        resource: None,
    };
    let outcome = match before {
        Some(refusal) => Err(refusal),
        None => access::check(&call, request).and_then(|()| dispatch(&mut call, request)),
    };
    logged.resource = call.resource.take();
    let delay = match &fault {
        Some(FaultClass::NotVisible { observations }) => *observations,
        _ => 0,
    };
    let answer = match outcome {
        Ok(answer) => match world.db.commit(delay) {
            Ok(()) => answer,
            Err(error) => render(service, request, &not_written(&error), &request_id),
        },
        Err(refusal) => {
            world.db.rollback();
            logged.code = Some(refusal.code.clone());
            render(service, request, &refusal, &request_id)
        }
    };
    let content_type = answer.header("content-type").unwrap_or("text/plain");
    let content_type = content_type.to_owned();
    world.faults.deliver(fault, answer, &content_type)
}

/// Whether an operation changes nothing, by its name.
fn is_read(operation: &str) -> bool {
    ["Get", "List", "Describe", "Head"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}

fn operation(service: Service, request: &Request) -> String {
    match service {
        Service::Iam | Service::Sts => query::operation(request),
        Service::Kms
        | Service::ServiceQuotas
        | Service::SecretsManager
        | Service::ParameterStore => json::operation(request),
        Service::Eks => eks::operation(request),
        Service::EksAuth => eks_auth::operation(request),
        Service::S3 => s3::operation(request),
    }
}

fn dispatch(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let answer = match call.service {
        Service::Iam => iam::handle(call, request),
        Service::Sts => sts::handle(call, request),
        Service::S3 => s3::handle(call, request),
        Service::Kms => kms::handle(call, request),
        Service::Eks => eks::handle(call, request),
        Service::EksAuth => eks_auth::handle(call, request),
        Service::ServiceQuotas => service_quotas::handle(call, request),
        Service::SecretsManager => secrets_manager::handle(call, request),
        Service::ParameterStore => parameter_store::handle(call, request),
    }?;
    if access::has_row(call.service, &call.operation) {
        return Ok(answer);
    }
    // Not done, so that nobody can forget the row.
    let message = format!("{} has no row in access/rows", call.operation);
    Err(Refusal::new(500, "InternalFailure", message))
}

/// A refusal in the form of the service's protocol.
fn render(service: Service, request: &Request, refusal: &Refusal, request_id: &str) -> Answer {
    match service {
        Service::Iam | Service::Sts => query::refusal(service, refusal, request_id),
        Service::Kms
        | Service::ServiceQuotas
        | Service::SecretsManager
        | Service::ParameterStore => json::refusal(refusal, request_id),
        Service::Eks | Service::EksAuth => rest::refusal(refusal, request_id),
        Service::S3 => s3::refusal(request, refusal, request_id),
    }
}

fn not_written(error: &io::Error) -> Refusal {
    Refusal::new(
        500,
        "InternalFailure",
        format!("the sandbox cannot write its world: {error}"),
    )
}

/// A UUID that follows from the count of requests.
fn request_id(served: u64) -> String {
    format!("00000000-0000-4000-8000-{served:012x}")
}
