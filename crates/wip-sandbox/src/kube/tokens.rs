//! Tokens of service accounts, and what a cluster says of who issues them.
//!
//! Sources: `TokenRequest` of authentication/v1; "Service account issuer discovery" in the Kubernetes documentation.

use serde_json::{Value, json};

use super::call::{Call, Objects, Refusal};
use super::resources;
use super::{json_answer, objects};
use crate::aws::call::clock;
use crate::aws::tokens::{Wish, mint, played_key};
use crate::http::{Answer, Request};

/// The shortest and the longest that a token is asked for, in seconds.
const SHORTEST: i64 = 600;
const LONGEST: i64 = 1 << 32;

/// `serviceaccounts/token`.
pub(crate) fn request(
    call: &mut Call<'_>,
    request: &Request,
    objects: &Objects,
) -> Result<Answer, Refusal> {
    let namespace = objects.namespace.as_deref().unwrap_or_default();
    let name = objects.name.as_deref().unwrap_or_default();
    if objects.verb != "create" || objects.resource.plural != "serviceaccounts" {
        return Err(Refusal::no_route());
    }
    if objects::find(call, "serviceaccounts", Some(namespace), name).is_none() {
        let resource = resources::known("serviceaccounts");
        return Err(Refusal::not_found(resource, name));
    }
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::bad(format!("error decoding the body: {error}")))?;
    let spec = &body["spec"];
    let expires_in = spec["expirationSeconds"].as_i64().unwrap_or(3600);
    if !(SHORTEST..=LONGEST).contains(&expires_in) {
        let why = format!(
            "spec.expirationSeconds: Invalid value: {expires_in}: may not specify a duration less than 10 minutes"
        );
        return Err(Refusal::invalid(
            "TokenRequest.authentication.k8s.io",
            "",
            &why,
        ));
    }
    let audiences: Vec<&str> = spec["audiences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let issuer = call.cluster.issuer.clone();
    let audience = match audiences.is_empty() {
        true => json!([issuer]),
        false => json!(audiences),
    };
    let wish = Wish {
        issuer,
        namespace: namespace.to_owned(),
        service_account: name.to_owned(),
        pod: None,
        audience: audience.clone(),
        expires_in,
        // It is bound to no pod.
        claims: json!({ "kubernetes.io": {
            "namespace": namespace,
            "serviceaccount": {
                "name": name,
                "uid": objects::find(call, "serviceaccounts", Some(namespace), name).map(|it| it.uid),
            },
        } })
        .as_object()
        .cloned()
        .unwrap_or_default(),
        signed: Default::default(),
        key: None,
    };
    let now = clock();
    let token = mint(call.db, &wish, now).ok_or_else(|| Refusal::internal("no key can be made"))?;
    let until = jiff::Timestamp::from_second(now + expires_in)
        .map_err(|error| Refusal::internal(&error.to_string()))?;
    let body = json!({
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": { "namespace": namespace, "name": name },
        "spec": { "audiences": audience, "expirationSeconds": expires_in },
        "status": { "token": token, "expirationTimestamp": until.to_string() },
    });
    Ok(json_answer(201, &body))
}

/// What is no resource: the documents of the issuer.
pub(crate) fn document(call: &mut Call<'_>, path: &str) -> Result<Answer, Refusal> {
    let issuer = call.cluster.issuer.clone();
    match path {
        ".well-known/openid-configuration" => Ok(json_answer(
            200,
            &json!({
                "issuer": issuer,
                "jwks_uri": format!("{}/openid/v1/jwks", issuer.trim_end_matches('/')),
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }),
        )),
        "openid/v1/jwks" => {
            let key = played_key(call.db, &issuer)
                .and_then(|key| key.public())
                .ok_or_else(|| Refusal::internal("no key can be made"))?;
            let body = json!({ "keys": [key.to_jwk()] });
            Ok(Answer::new(200).with_body("application/jwk-set+json", body.to_string()))
        }
        _ => Err(Refusal::no_route()),
    }
}
