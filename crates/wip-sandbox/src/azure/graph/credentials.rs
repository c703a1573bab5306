//! Federated credentials of applications.
//!
//! Sources: "Create federatedIdentityCredential", "Update federatedIdentityCredential" and "Upsert federatedIdentityCredential" (20 for each application, the name cannot be changed); Azure/azure-workload-identity#434 (`InvalidFederatedIdentityCredentialValue` with its message); the sources of the azwi command (`Request_MultipleObjectsWithSameKeyValue` with its message). How the 21st is refused is not documented; the words are ours.

use serde_json::{Map, Value, json};

use super::asked::{Asked, Key};
use super::{applications, bad, body, not_found, one, page, with};
use crate::azure::arm::credentials::{Credential, LONGEST, MOST, is_name};
use crate::azure::call::{Call, Refusal, new_id};
use crate::http::{Answer, Request};

/// The prefix of the keys of an application's credentials.
pub(super) fn prefix(tenant: &str, application: &str) -> String {
    format!("azure/app-credential/{tenant}/{application}/").to_lowercase()
}

fn shown(credential: &Credential) -> Value {
    let Credential {
        id,
        name,
        issuer,
        subject,
        audiences,
        description,
    } = credential;
    json!({ "id": id, "name": name, "issuer": issuer, "subject": subject, "audiences": audiences, "description": description })
}

/// The prefix of the application that is asked for.
fn place(call: &Call<'_>, asked: &Asked) -> Result<String, Refusal> {
    let application = applications::find(call, asked)?;
    Ok(prefix(&call.caller.tenant, &application.id))
}

fn find(call: &Call<'_>, prefix: &str, asked: &Asked) -> Result<Credential, Refusal> {
    let key = asked
        .credential
        .as_ref()
        .ok_or_else(|| bad("The request names no credential."))?;
    let fits = |it: &Credential| match key {
        // Both stand there: "Get federatedIdentityCredential".
        Key::Id(text) => it.id.eq_ignore_ascii_case(text) || it.name.eq_ignore_ascii_case(text),
        other => it.name.eq_ignore_ascii_case(other.text()),
    };
    let found = call
        .db
        .scan::<Credential>(prefix)
        .map(|(_, it)| it)
        .find(fits);
    found.ok_or_else(|| not_found(key.text()))
}

fn key(prefix: &str, name: &str) -> String {
    format!("{prefix}{}", name.to_lowercase())
}

pub(super) fn list(
    call: &mut Call<'_>,
    request: &Request,
    asked: &Asked,
) -> Result<Answer, Refusal> {
    let prefix = place(call, asked)?;
    let all = call
        .db
        .scan::<Credential>(&prefix)
        .map(|(_, it)| shown(&it))
        .collect();
    page(
        call,
        request,
        "applications('id')/federatedIdentityCredentials",
        all,
    )
}

pub(super) fn get(call: &mut Call<'_>, asked: &Asked) -> Result<Answer, Refusal> {
    let prefix = place(call, asked)?;
    let found = find(call, &prefix, asked)?;
    Ok(one(
        call,
        200,
        "applications('id')/federatedIdentityCredentials",
        shown(&found),
    ))
}

pub(super) fn create(
    call: &mut Call<'_>,
    request: &Request,
    asked: &Asked,
) -> Result<Answer, Refusal> {
    let prefix = place(call, asked)?;
    let body = body(request)?;
    make(call, &prefix, &body)
}

fn make(call: &mut Call<'_>, prefix: &str, body: &Map<String, Value>) -> Result<Answer, Refusal> {
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut made = Credential {
        id: String::new(),
        name: text("name"),
        issuer: text("issuer"),
        subject: text("subject"),
        audiences: serde_json::from_value(body.get("audiences").cloned().unwrap_or_default())
            .unwrap_or_default(),
        description: text("description"),
    };
    check(&made)?;
    let key = key(prefix, &made.name);
    if call.db.get_at_once::<Credential>(&key).is_some() {
        let message = format!(
            "FederatedIdentityCredential with name {} already exists.",
            made.name
        );
        return Err(Refusal::new(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            message,
        ));
    }
    unique(call, prefix, &key, &made)?;
    if call.db.count(prefix) >= MOST {
        return Err(bad(&format!(
            "The application has {MOST} federated identity credentials, which is the maximum."
        )));
    }
    made.id = new_id(call.db, "app-credential", &key);
    call.db.put(&key, &made);
    call.resource = Some(made.name.clone());
    Ok(one(
        call,
        201,
        "applications('id')/federatedIdentityCredentials",
        shown(&made),
    ))
}

pub(super) fn update(
    call: &mut Call<'_>,
    request: &Request,
    asked: &Asked,
) -> Result<Answer, Refusal> {
    let prefix = place(call, asked)?;
    let mut body = body(request)?;
    let creates = request
        .header("prefer")
        .is_some_and(|value| value.contains("create-if-missing"));
    let mut found = match (find(call, &prefix, asked), &asked.credential) {
        (Err(_), Some(Key::Name(name))) if creates => {
            body.insert("name".to_owned(), name.as_str().into());
            return make(call, &prefix, &body);
        }
        (found, _) => found?,
    };
    for (name, value) in body {
        let text = value.as_str().unwrap_or_default().to_owned();
        match name.as_str() {
            "issuer" => found.issuer = text,
            "subject" => found.subject = text,
            "description" => found.description = text,
            "audiences" => found.audiences = serde_json::from_value(value).unwrap_or_default(),
            "name" if text == found.name => {}
            _ => {
                return Err(bad(&format!(
                    "Property '{name}' is read-only and cannot be set."
                )));
            }
        }
    }
    check(&found)?;
    let key = key(&prefix, &found.name);
    unique(call, &prefix, &key, &found)?;
    call.db.put(&key, &found);
    Ok(with(call, 204))
}

pub(super) fn delete(call: &mut Call<'_>, asked: &Asked) -> Result<Answer, Refusal> {
    let prefix = place(call, asked)?;
    let found = find(call, &prefix, asked)?;
    call.db.remove(&key(&prefix, &found.name));
    Ok(with(call, 204))
}

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "InvalidFederatedIdentityCredentialValue", message)
}

fn check(credential: &Credential) -> Result<(), Refusal> {
    let Credential {
        name,
        issuer,
        subject,
        audiences,
        description,
        ..
    } = credential;
    if !is_name(name) {
        return Err(invalid(format!(
            "The name '{name}' of the federated identity credential is invalid."
        )));
    }
    if audiences.len() != 1 || audiences[0].is_empty() {
        return Err(invalid(
            "Federated identity credentials must have exactly one audience.".to_owned(),
        ));
    }
    for (what, value) in [("issuer", issuer), ("subject", subject)] {
        if value.is_empty() {
            return Err(invalid(format!(
                "The {what} of a federated identity credential must not be empty."
            )));
        }
    }
    for (what, value) in [
        ("issuer", issuer),
        ("subject", subject),
        ("audience", &audiences[0]),
        ("description", description),
    ] {
        if value.chars().count() > LONGEST {
            return Err(invalid(format!(
                "The {what} of a federated identity credential has at most {LONGEST} characters."
            )));
        }
    }
    Ok(())
}

/// Refuses a pair of issuer and subject that another credential has.
fn unique(call: &Call<'_>, prefix: &str, key: &str, made: &Credential) -> Result<(), Refusal> {
    let is_taken = call
        .db
        .keys(prefix)
        .filter(|other| *other != key)
        .filter_map(|other| call.db.get_at_once::<Credential>(other))
        .any(|other| other.issuer == made.issuer && other.subject == made.subject);
    if !is_taken {
        return Ok(());
    }
    let Credential {
        issuer, subject, ..
    } = made;
    Err(invalid(format!(
        "The combination of issuer and subject must be unique for the application. Issuer {issuer} and Subject: {subject} already exist. paramName: FederatedIdentityCredential.Subject, paramValue: {subject}, objectType: Microsoft.Online.DirectoryServices.Application"
    )))
}
