//! The OpenAPI documents, as far as kubectl asks them: which kinds there are, and that their fields are validated on request.
//!
//! Source: "OpenAPI V3" in the Kubernetes documentation; k8s.io/kubectl `pkg/util/openapi` and k8s.io/cli-runtime `resource/query_param_verifier_v3.go`.

use serde_json::{Map, Value, json};

use super::call::Refusal;
use super::resources::{self, Resource};

/// `/openapi/v3` and what it leads to; the paths are those of the server, below which a cluster's API is.
pub(super) fn document(cluster: &str, path: &str) -> Result<Value, Refusal> {
    let Some(rest) = path.strip_prefix("openapi/v3") else {
        return Err(Refusal::no_route());
    };
    let versions = resources::ALL.iter().flat_map(|resource| {
        let versions = resource.versions().iter();
        versions.map(move |version| (version_path(resource, version), resource, *version))
    });
    let wanted = rest.trim_start_matches('/');
    if wanted.is_empty() {
        let paths: Map<String, Value> = versions
            .map(|(path, ..)| {
                let url = format!("/_kube/{cluster}/openapi/v3/{path}?hash=0");
                (path, json!({ "serverRelativeURL": url }))
            })
            .collect();
        return Ok(json!({ "paths": paths }));
    }
    let paths: Map<String, Value> = versions
        .filter(|(path, ..)| path == wanted)
        .flat_map(|(path, resource, version)| {
            let namespace = match resource.namespaced {
                true => "namespaces/{namespace}/",
                false => "",
            };
            let path = format!("/{path}/{namespace}{}", resource.plural);
            let one = format!("{path}/{{name}}");
            [
                (path, operation("post", resource, version)),
                // Where kubectl looks for what may be asked.
                (one, operation("patch", resource, version)),
            ]
        })
        .collect();
    match paths.is_empty() {
        true => Err(Refusal::no_route()),
        false => Ok(json!({
            "openapi": "3.0.0",
            "info": { "title": "Kubernetes", "version": "v1.33.0" },
            "paths": paths,
        })),
    }
}

fn version_path(resource: &Resource, version: &str) -> String {
    match resource.group {
        "" => format!("api/{version}"),
        group => format!("apis/{group}/{version}"),
    }
}

fn operation(name: &str, resource: &Resource, version: &str) -> Value {
    let parameter =
        |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
    let kind = json!({ "group": resource.group, "version": version, "kind": resource.kind });
    json!({
        name: {
            "x-kubernetes-action": name,
            "x-kubernetes-group-version-kind": kind,
            "parameters": [parameter("dryRun"), parameter("fieldManager"), parameter("fieldValidation")],
            "responses": { "200": { "description": "OK" } },
        },
    })
}
