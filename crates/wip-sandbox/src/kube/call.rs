//! One call to an API server: what it is about, on which cluster; and the refusal that may come of it.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::resources::{self, Resource};
use super::seed::KubeAt;
use crate::db::Db;
use crate::http::{Answer, Request};

/// The tokens that the API servers of the sandbox know.
const TOKEN: &str = "sandbox";
/// By which name its bearer goes.
pub(crate) const USER: &str = "sandbox";

/// What the sandbox knows of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cluster {
    pub(crate) at: KubeAt,
    /// Who its tokens are issued by.
    pub(crate) issuer: String,
}

/// One call, while it is being answered.
pub(crate) struct Call<'a> {
    /// The world. A refused call changes nothing, whatever it wrote before the refusal.
    pub(crate) db: &'a mut Db,
    /// The cluster's name.
    pub(crate) name: String,
    pub(crate) cluster: Cluster,
}

impl<'a> Call<'a> {
    pub(crate) fn new(db: &'a mut Db, name: &str) -> Result<Self, Refusal> {
        let cluster = db
            .get_at_once(&cluster_key(name))
            .ok_or_else(Refusal::no_route)?;
        Ok(Self {
            db,
            name: name.to_owned(),
            cluster,
        })
    }
}

/// Where the record of a cluster is.
pub(crate) fn cluster_key(name: &str) -> String {
    format!("kube/{name}/cluster")
}

pub(crate) fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// What a request is about.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// Which version the server has.
    Version,
    /// Which resources there are.
    Groups(String),
    /// What is no resource.
    Url(String),
    /// Objects.
    Objects(Objects),
    /// Nothing that is served.
    Nothing,
}

/// Objects of one resource: all, those of a namespace, or one.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    pub(crate) resource: &'static Resource,
    /// The version by which they are asked for.
    pub(crate) version: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    pub(crate) verb: &'static str,
}

impl Target {
    pub(crate) fn of(request: &Request, path: &str) -> Self {
        let segments: Vec<String> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(decoded)
            .collect();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match &path[..] {
            ["version"] => Self::Version,
            ["api"] | ["api", "v1"] | ["apis"] | ["apis", _] | ["apis", _, _] => {
                Self::Groups(path.join("/"))
            }
            ["openapi", ..] => Self::Groups(path.join("/")),
            ["openid", ..] | [".well-known", ..] => Self::Url(path.join("/")),
            ["api", version, rest @ ..] => Self::objects(request, "", version, rest),
            ["apis", group, version, rest @ ..] => Self::objects(request, group, version, rest),
            _ => Self::Nothing,
        }
    }

    fn objects(request: &Request, group: &str, version: &str, path: &[&str]) -> Self {
        // A namespace itself is a path of the same beginning as what is in it.
        let (namespace, path) = match path {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() && rest[0] != "status" => {
                (Some((*namespace).to_owned()), rest)
            }
            path => (None, path),
        };
        let (plural, name, subresource) = match path {
            [plural] => (plural, None, None),
            [plural, name] => (plural, Some(*name), None),
            [plural, name, subresource] => (plural, Some(*name), Some(*subresource)),
            _ => return Self::Nothing,
        };
        let Some(resource) = resources::find(group, version, plural) else {
            return Self::Nothing;
        };
        if namespace.is_some() && !resource.namespaced {
            return Self::Nothing;
        }
        let verb = match (request.method.as_str(), name) {
            ("GET", None) if request.query_value("watch").is_some_and(|it| it != "false") => {
                "watch"
            }
            ("GET", None) => "list",
            ("GET", Some(_)) => "get",
            ("POST", _) => "create",
            ("PUT", Some(_)) => "update",
            ("PATCH", Some(_)) => "patch",
            ("DELETE", Some(_)) => "delete",
            _ => return Self::Nothing,
        };
        Self::Objects(Objects {
            resource,
            version: version.to_owned(),
            namespace,
            name: name.map(str::to_owned),
            subresource: subresource.map(str::to_owned),
            verb,
        })
    }

    /// For faults and the log: `list controlplanes`.
    pub(crate) fn operation(&self) -> String {
        match self {
            Self::Version => "get /version".to_owned(),
            Self::Groups(path) | Self::Url(path) => format!("get /{path}"),
            Self::Objects(objects) => match &objects.subresource {
                Some(sub) => format!("{} {}/{sub}", objects.verb, objects.resource.plural),
                None => format!("{} {}", objects.verb, objects.resource.plural),
            },
            Self::Nothing => String::new(),
        }
    }

    /// For the log: `NAMESPACE/NAME`.
    pub(crate) fn full_name(&self) -> Option<String> {
        let Self::Objects(objects) = self else {
            return None;
        };
        let parts = [&objects.namespace, &objects.name];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join("/"))
    }
}

/// Who calls: the bearer of the sandbox's token, or somebody without credentials, as behind `kubectl proxy`: kubectl sends none
/// over plain http (k8s.io/client-go `tools/clientcmd/client_config.go`).
pub(crate) fn check_caller(request: &Request) -> Result<(), Refusal> {
    let token = request.header("authorization");
    match token.map(|value| value.strip_prefix("Bearer ")) {
        None | Some(Some(TOKEN)) => Ok(()),
        _ => Err(Refusal::new(401, "Unauthorized", "Unauthorized")),
    }
}

/// Why an API server does not do what was asked, as a value.
///
/// Source: `Status` of meta/v1; k8s.io/apimachinery `pkg/api/errors` for reasons, codes and messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// `NotFound`, for machines.
    pub(crate) reason: &'static str,
    /// For people.
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            reason,
            message: message.into(),
        }
    }

    pub(crate) fn no_route() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(404, "NotFound", message)
    }

    pub(crate) fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", resource.full());
        Self::new(404, "NotFound", message)
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn invalid(kind: &str, name: &str, why: &str) -> Self {
        let message = format!("{kind} \"{name}\" is invalid: {why}");
        Self::new(422, "Invalid", message)
    }

    pub(crate) fn internal(why: &str) -> Self {
        let message = format!("Internal error occurred: {why}");
        Self::new(500, "InternalError", message)
    }

    pub(crate) fn render(&self) -> Answer {
        let body = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.status,
        });
        let answer = Answer::new(self.status).with_body("application/json", body.to_string());
        match self.status {
            429 => answer.with_header("retry-after", "1"),
            _ => answer,
        }
    }
}
