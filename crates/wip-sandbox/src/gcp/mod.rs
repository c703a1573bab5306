//! Google Cloud: from a request to the service it is for, and from what that says to a reply.
//!
//! `/_gcp/{service}/…` is that service's API, as `/_gcp/secretmanager/v1/…` is `https://secretmanager.googleapis.com/v1/…`.
//! Each service module has `operation`, which names the operation without judging it, and `handle`.
//! Not here: who calls (`caller.rs`), what the services do.

mod accounts;
pub(crate) mod call;
mod caller;
mod cel;
mod clusters;
mod credentials;
mod failures;
mod members;
mod policy;
mod projects;
pub(crate) mod rights;
mod roles;
mod secrets;
pub(crate) mod seed;
mod storage;
mod sts;
#[cfg(test)]
mod tests;

use crate::World;
use crate::faults::FaultClass;
use crate::http::{Answer, Reply, Request};
use crate::log::Logged;
use call::{Call, Refusal, Service};
pub(crate) use clusters::{PREFIX as CLUSTERS, url as issuer_of};

/// Answers one request, of whose path `rest` follows `/_gcp/`, and logs it.
pub(crate) fn answer(world: &mut World, rest: &str, request: &Request) -> Reply {
    // Leaves nothing of a call that panicked.
    world.db.rollback();
    world.served += 1;
    let (first, path) = rest.split_once('/').unwrap_or((rest, ""));
    let Some(service) = Service::named(first) else {
        return Reply::Answer(Answer::new(404));
    };
    let path = call::segments(path);
    let operation = operation(service, request, &path);
    let mut logged = Logged {
        service: service.name().to_owned(),
        operation: operation.to_owned(),
        ..Logged::default()
    };
    let reply = answer_known(world, request, (service, operation, &path), &mut logged);
    world.record(logged, &reply);
    reply
}

fn answer_known(
    world: &mut World,
    request: &Request,
    (service, operation, path): (Service, &str, &[String]),
    logged: &mut Logged,
) -> Reply {
    let caller = match caller::of(&world.db, service, request) {
        Ok(caller) => caller,
        Err(refusal) => {
            logged.code = Some(refusal.code.clone());
            return Reply::Answer(call::render(service, &refusal));
        }
    };
    let fault = world.faults.strike(service.name(), operation);
    let before = match &fault {
        Some(FaultClass::LostRequest) => return Reply::Closed,
        Some(FaultClass::HangBefore) => return Reply::Hangs,
        Some(class) if !class.has_effect() => Some(failures::refusal(service, class)),
        _ => None,
    };
    // Whoever asks for a token or for data reads what others wrote, whatever it changes itself.
    let is_data =
        matches!(service, Service::Sts | Service::Credentials) || operation.starts_with("objects.");
    let is_read = request.method == "GET" || operation.ends_with(".getIamPolicy");
    world.db.begin(is_data || is_read);
    let mut call = Call {
        db: &mut world.db,
        service,
        caller,
        resource: None,
    };
    let outcome = match before {
        Some(refusal) => Err(refusal),
        None => dispatch(&mut call, request, path),
    };
    logged.resource = call.resource.take();
    let delay = match &fault {
        Some(FaultClass::NotVisible { observations }) => *observations,
        _ => 0,
    };
    let answer = match outcome.map(|answer| (answer, world.db.commit(delay))) {
        Ok((answer, Ok(()))) => answer,
        Ok((_, Err(error))) => {
            let refusal = Refusal::new(500, "INTERNAL", error.to_string());
            call::render(service, &refusal)
        }
        Err(refusal) => {
            world.db.rollback();
            logged.code = Some(refusal.code.clone());
            call::render(service, &refusal)
        }
    };
    world.faults.deliver(fault, answer, "application/json")
}

fn operation(service: Service, request: &Request, path: &[String]) -> &'static str {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let method = request.method.as_str();
    match service {
        Service::Projects => projects::operation(method, &path),
        Service::Container => clusters::operation(method, &path),
        Service::Iam => accounts::operation(method, &path),
        Service::Credentials => credentials::operation(method, &path),
        Service::Secrets => secrets::operation(method, &path),
        Service::Storage => storage::operation(method, &path),
        Service::Sts => sts::operation(method, &path),
    }
}

fn dispatch(call: &mut Call<'_>, request: &Request, path: &[String]) -> Result<Answer, Refusal> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match call.service {
        Service::Projects => projects::handle(call, request, &path),
        Service::Container => clusters::handle(call, request, &path),
        Service::Iam => accounts::handle(call, request, &path),
        Service::Credentials => credentials::handle(call, request, &path),
        Service::Secrets => secrets::handle(call, request, &path),
        Service::Storage => storage::handle(call, request, &path),
        Service::Sts => sts::handle(call, request, &path),
    }
}

/// Source: what Google's API front end answers where there is no such method.
fn no_method() -> Refusal {
    Refusal::not_found("Method not found.")
}
