//! Which actions an operation needs, and on what: a table for each service.
//!
//! Source of the tables: "Actions, resources, and condition keys for AWS services" in the service authorization reference.
//! An operation without a row is never done.
//! Not here: S3, KMS, Secrets Manager and Parameter Store check when they have found the resource, which has a policy or decides about other refusals; their rows say with which action.

mod eks;
mod iam;
mod others;

use super::{Asked, Guard, decide, words};
use crate::aws::call::{Call, Refusal, Service};
use crate::http::Request;

/// The row of an operation.
pub(crate) struct Row {
    /// The operation, as in the service's model.
    pub(crate) operation: &'static str,
    /// The action, with the service's prefix.
    pub(crate) action: &'static str,
    /// What it is done to.
    pub(crate) on: On,
}

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// `*`: nothing in particular.
    Anything,
    /// The role, policy, provider, cluster, … that the request names.
    Named(Kind),
    /// What the handler of the service finds, which checks.
    Found,
    /// Whoever calls: no permission is needed, or the handler knows better.
    Free,
}

/// Kinds of resources that a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Role,
    Policy,
    Provider,
    Cluster,
    Addon,
    Association,
    /// An ARN in the path.
    Tagged,
}

const fn row(operation: &'static str, action: &'static str, on: On) -> Row {
    Row {
        operation,
        action,
        on,
    }
}

/// The row of an operation, if there is one.
pub(crate) fn of(service: Service, operation: &str) -> Option<&'static Row> {
    table(service).iter().find(|row| row.operation == operation)
}

/// Whether an operation has a row.
pub(crate) fn has_row(service: Service, operation: &str) -> bool {
    of(service, operation).is_some()
}

/// The action that a call's operation needs.
pub(crate) fn action_of(call: &Call<'_>) -> &'static str {
    of(call.service, &call.operation).map_or("", |row| row.action)
}

fn table(service: Service) -> &'static [Row] {
    match service {
        Service::Iam => iam::ROWS,
        Service::Eks => eks::ROWS,
        Service::EksAuth => others::EKS_AUTH,
        Service::Sts => others::STS,
        Service::S3 => others::S3,
        Service::Kms => others::KMS,
        Service::ServiceQuotas => others::SERVICE_QUOTAS,
        Service::SecretsManager => others::SECRETS_MANAGER,
        Service::ParameterStore => others::PARAMETER_STORE,
    }
}

/// Refuses what the caller may not do, as far as the request alone tells; what has no row is refused by whoever would have served it.
pub(crate) fn check(call: &Call<'_>, request: &Request) -> Result<(), Refusal> {
    let Some(row) = of(call.service, &call.operation) else {
        return Ok(());
    };
    let mut needs = match row.on {
        On::Found | On::Free => return Ok(()),
        On::Anything => vec![need(row.action, "*")],
        On::Named(kind) => vec![match call.service {
            Service::Iam => iam::need(call, request, row.action, kind),
            _ => eks::need(call, request, row.action, kind),
        }],
    };
    match call.service {
        Service::Iam => iam::more(request, &mut needs, &call.operation),
        Service::Eks => eks::more(request, &mut needs, &call.operation),
        _ => {}
    }
    needs.iter().try_for_each(|need| allowed(call, need))
}

/// An action that a request needs.
pub(super) struct Need {
    action: String,
    resource: String,
    /// The resource as the service calls it in a refusal.
    called: String,
    keys: Vec<(String, Vec<String>)>,
}

fn need(action: &str, resource: &str) -> Need {
    Need {
        action: action.to_owned(),
        resource: resource.to_owned(),
        called: resource.to_owned(),
        keys: Vec::new(),
    }
}

fn allowed(call: &Call<'_>, need: &Need) -> Result<(), Refusal> {
    let mut asked = Asked::of(&need.action, &need.resource);
    asked.keys.clone_from(&need.keys);
    let verdict = decide(call, &asked, Guard::none(call.account()));
    if verdict.is_allowed() {
        return Ok(());
    }
    let said = words(
        &call.caller,
        &Asked::of(&need.action, &need.called),
        verdict,
    );
    Err(match call.service {
        Service::Iam | Service::Sts => Refusal::new(403, "AccessDenied", said),
        Service::Eks => Refusal::new(403, "AccessDeniedException", said),
        _ => Refusal::new(400, "AccessDeniedException", said),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The operations that a handler's source has an arm for.
    fn served(source: &str) -> Vec<&str> {
        let arms = source.lines().map(str::trim);
        arms.filter(|line| line.contains("=>"))
            .flat_map(|line| line.split("=>").next().unwrap_or_default().split('|'))
            .filter_map(|name| {
                let name = name.trim().trim_start_matches('(').split('"').nth(1)?;
                let is_name = name.starts_with(char::is_uppercase)
                    && name.chars().all(char::is_alphanumeric)
                    && name.chars().any(char::is_lowercase);
                is_name.then_some(name)
            })
            .collect()
    }

    #[test]
    fn every_operation_has_a_row_and_an_action_of_its_service() {
        let sources = [
            (Service::Iam, include_str!("../../iam/mod.rs"), 40),
            (Service::Sts, include_str!("../../sts/mod.rs"), 3),
            (Service::Eks, include_str!("../../eks.rs"), 4),
            (Service::EksAuth, include_str!("../../eks_auth.rs"), 1),
            (Service::S3, include_str!("../../s3/mod.rs"), 24),
            (Service::Kms, include_str!("../../kms/mod.rs"), 9),
            (
                Service::ServiceQuotas,
                include_str!("../../service_quotas.rs"),
                3,
            ),
            (
                Service::SecretsManager,
                include_str!("../../secrets_manager/mod.rs"),
                7,
            ),
            (
                Service::ParameterStore,
                include_str!("../../parameter_store/mod.rs"),
                4,
            ),
        ];
        for (service, source, least) in sources {
            let source = source
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap_or_default();
            let served = served(source);
            assert!(served.len() >= least, "{service:?}: {served:?}");
            let without: Vec<&&str> = served
                .iter()
                .filter(|operation| of(service, operation).is_none())
                .collect();
            assert_eq!(
                without,
                Vec::<&&str>::new(),
                "{service:?}: no row in access/rows"
            );
            let prefix = format!("{}:", service.name());
            for row in table(service) {
                assert!(row.action.starts_with(&prefix), "{}", row.action);
            }
        }
    }
}
