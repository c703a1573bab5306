//! What the bearer of the sandbox's token may do: everything, or what a test has set.
//!
//! Source: "Using RBAC Authorization" (rules, and the words of a refusal).

use serde::{Deserialize, Serialize};

use super::call::{Call, Objects, Refusal, Target, USER};

/// One rule, as of a role.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    verbs: Vec<String>,
    /// `controlplanes`, or `serviceaccounts/token`.
    #[serde(default)]
    resources: Vec<String>,
    /// All, cluster-wide, when absent.
    #[serde(default)]
    namespaces: Option<Vec<String>>,
    /// Paths that are no resources.
    #[serde(default)]
    urls: Vec<String>,
}

/// Where the rules of a cluster are.
pub(crate) fn key(cluster: &str) -> String {
    format!("sandbox/kube-rights/{cluster}")
}

pub(crate) fn check(call: &Call<'_>, target: &Target) -> Result<(), Refusal> {
    let Some(rules) = call.db.get_at_once::<Vec<Rule>>(&key(&call.name)) else {
        return Ok(());
    };
    match target {
        // Everybody who is known may look at these (`system:discovery`).
        Target::Version | Target::Groups(_) | Target::Nothing => Ok(()),
        Target::Url(path) => {
            let path = format!("/{path}");
            match rules.iter().any(|rule| rule.urls.contains(&path)) {
                true => Ok(()),
                false => Err(forbidden(format!(
                    "forbidden: User \"{USER}\" cannot get path \"{path}\""
                ))),
            }
        }
        Target::Objects(objects) => match rules.iter().any(|rule| rule.allows(objects)) {
            true => Ok(()),
            false => Err(forbidden(refusal(objects))),
        },
    }
}

impl Rule {
    fn allows(&self, objects: &Objects) -> bool {
        let of = |list: &[String], what: &str| list.iter().any(|it| it == "*" || it == what);
        let namespace = match objects.resource.plural {
            // A namespace is asked for in itself.
            "namespaces" => objects.name.as_deref(),
            _ => objects.namespace.as_deref(),
        };
        of(&self.verbs, objects.verb)
            && of(&self.resources, &asked(objects))
            && self.namespaces.as_ref().is_none_or(|list| {
                namespace.is_some_and(|namespace| list.iter().any(|it| it == namespace))
            })
    }
}

fn asked(objects: &Objects) -> String {
    match &objects.subresource {
        Some(sub) => format!("{}/{sub}", objects.resource.plural),
        None => objects.resource.plural.to_owned(),
    }
}

fn forbidden(message: String) -> Refusal {
    Refusal::new(403, "Forbidden", message)
}

/// Source: k8s.io/apiserver `pkg/endpoints/handlers/responsewriters/errors.go`.
fn refusal(objects: &Objects) -> String {
    let Objects { resource, verb, .. } = objects;
    let name = match &objects.name {
        Some(name) => format!(" \"{name}\""),
        None => String::new(),
    };
    let place = match &objects.namespace {
        Some(namespace) => format!("in the namespace \"{namespace}\""),
        None => "at the cluster scope".to_owned(),
    };
    format!(
        "{}{name} is forbidden: User \"{USER}\" cannot {verb} resource \"{}\" in API group \"{}\" {place}",
        resource.full(),
        asked(objects),
        resource.group
    )
}
