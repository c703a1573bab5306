//! `/_sandbox/…`: what a test or a tool asks of the sandbox itself.
//!
//! `GET log` (JSON lines) · `DELETE log` · `GET dump` · `POST seed` (a [`Seed`]) · `POST faults` (a list of [`Fault`], instead of those set before) · `GET alive` (the id of the world).
//!
//! About access:
//! - `POST token` (a [`Wish`]): a token of a service account, as `{"token": …}`; with the `key` of its issuer, where that is not one that the sandbox plays;
//! - `POST issuer-key` (`{"issuer": URL}`): the public key with which the sandbox signs for an issuer, as `{"pem": …, "jwk": …}`;
//! - `POST issuers` (`{"issuer": URL, "keys": [JWK]}`): the keys that an issuer publishes, instead of those that it had;
//! - `POST key-use` (a [`Through`]): whether KMS would let a caller use a key through a service that is not played here, as `{"allowed": …}`;
//! - `POST rights` (`{"account": ID, "allow": [STATEMENT] | null}`): what the account's user may do, instead of everything; null for everything again.
//!
//! About Azure:
//! - `POST azure/rights` (`{"tenant": ID, "allow": [ACTION | {"actions": [ACTION], "scopes": [ID], "condition": TEXT?}] | null}`): what the tenant's operators may do, instead of everything; null for everything again;
//! - `POST azure/switches` (a [`Switches`]): rates, delays and sizes of pages, instead of those in force.
//!
//! About Kubernetes:
//! - `POST kube/upgrade` (`{"cluster": NAME, "values": VALUES}`): what `helm upgrade` of the Spaces chart with these values does;
//! - `POST kube/rights` (`{"cluster": NAME, "allow": [RULE] | null}`): what the bearer of the sandbox's token may do, instead of everything; null for everything again;
//! - `POST kube/stuck` (`{"cluster": NAME, "namespace": NAME, "name": NAME, "stuck": true | false}`): whether rollouts of a workload never end.
//!
//! About Google Cloud:
//! - `POST gcp/rights` (`{"project": ID, "allow": [PERMISSION | {"permissions": [PERMISSION], "condition": TEXT?}] | null}`): what operators may do in the project, instead of everything; null for everything again.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::World;
use crate::aws::access;
use crate::aws::call::clock;
use crate::aws::iam::permissions;
use crate::aws::kms::{self, Through};
use crate::aws::tokens::{self, Wish};
use crate::azure;
use crate::azure::moment::Switches;
use crate::azure::rights::Right;
use crate::faults::Fault;
use crate::gcp;
use crate::http::{Answer, Request};
use crate::kube;
use crate::seed::Seed;

/// Answers the rest of a path after `/_sandbox/`.
pub(crate) fn answer(world: &mut World, rest: &str, request: &Request) -> Answer {
    match (request.method.as_str(), rest) {
        ("GET", "alive") => Answer::new(200).with_body("text/plain", world.id.clone()),
        ("GET", "dump") => Answer::new(200).with_body("application/json", world.dump()),
        ("GET", "log") => {
            let lines: Vec<String> = world
                .log
                .iter()
                .map(|entry| serde_json::to_string(entry).expect("an entry is plain data") + "\n")
                .collect();
            Answer::new(200).with_body("application/jsonl", lines.concat())
        }
        ("DELETE", "log") => {
            world.log.clear();
            done()
        }
        ("POST", "faults") => match parsed::<Vec<Fault>>(request) {
            Ok(faults) => {
                world.faults.set(faults);
                done()
            }
            Err(answer) => answer,
        },
        ("POST", "seed") => match parsed::<Seed>(request) {
            Ok(seed) => match world.seed(&seed) {
                Ok(()) => done(),
                Err(error) => refused(500, &error.to_string()),
            },
            Err(answer) => answer,
        },
        ("POST", "azure/switches") => match parsed::<Switches>(request) {
            Ok(switches) => {
                world.moment.switches = switches;
                done()
            }
            Err(answer) => answer,
        },
        (
            "POST",
            "token" | "issuer-key" | "issuers" | "key-use" | "rights" | "azure/rights"
            | "gcp/rights" | "kube/upgrade" | "kube/rights" | "kube/stuck",
        ) => about_access(world, rest, request),
        _ => refused(404, "no such place under /_sandbox/"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Issuer {
    issuer: String,
    #[serde(default)]
    keys: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rights {
    account: String,
    allow: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AzureRights {
    tenant: String,
    allow: Option<Vec<Right>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoogleRights {
    project: String,
    allow: Option<Vec<gcp::rights::Right>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Upgrade {
    cluster: String,
    values: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KubeRights {
    cluster: String,
    allow: Option<Vec<kube::Rule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stuck {
    cluster: String,
    namespace: String,
    name: String,
    stuck: bool,
}

fn about_access(world: &mut World, rest: &str, request: &Request) -> Answer {
    world.db.rollback();
    let answer = match rest {
        "token" => parsed::<Wish>(request).and_then(|wish| {
            let token = tokens::mint(&mut world.db, &wish, clock()).ok_or_else(no_key)?;
            Ok(json!({ "token": token }))
        }),
        "issuer-key" => parsed::<Issuer>(request).and_then(|Issuer { issuer, .. }| {
            let key = tokens::played_key(&mut world.db, &issuer).ok_or_else(no_key)?;
            let (pem, public) = key.pem().zip(key.public()).ok_or_else(no_key)?;
            Ok(json!({ "pem": pem, "jwk": public.to_jwk() }))
        }),
        "issuers" => parsed::<Issuer>(request).map(|Issuer { issuer, keys }| {
            tokens::register(&mut world.db, &issuer, &json!({ "keys": keys }));
            Value::Null
        }),
        "azure/rights" => {
            parsed::<AzureRights>(request).and_then(|AzureRights { tenant, allow }| {
                let key = azure::rights::key(&tenant);
                match allow {
                    Some(rights) if !rights.iter().all(Right::is_read) => {
                        return Err(refused(400, "the sandbox does not read this condition"));
                    }
                    Some(rights) => world.db.put(&key, &rights),
                    None => world.db.remove(&key),
                }
                Ok(Value::Null)
            })
        }
        "gcp/rights" => {
            parsed::<GoogleRights>(request).and_then(|GoogleRights { project, allow }| {
                let key = gcp::rights::key(&project);
                match allow {
                    Some(rights) if !rights.iter().all(gcp::rights::Right::is_read) => {
                        return Err(refused(400, "the sandbox does not read this condition"));
                    }
                    Some(rights) => world.db.put(&key, &rights),
                    None => world.db.remove(&key),
                }
                Ok(Value::Null)
            })
        }
        "kube/upgrade" => parsed::<Upgrade>(request).and_then(|Upgrade { cluster, values }| {
            kube::upgrade(&mut world.db, &cluster, &values).map_err(|why| refused(400, &why))?;
            Ok(Value::Null)
        }),
        "kube/rights" => parsed::<KubeRights>(request).map(|KubeRights { cluster, allow }| {
            let key = kube::rights_key(&cluster);
            match allow {
                Some(rules) => world.db.put(&key, &rules),
                None => world.db.remove(&key),
            }
            Value::Null
        }),
        "kube/stuck" => parsed::<Stuck>(request).map(|asked| {
            let at = (asked.namespace.as_str(), asked.name.as_str());
            kube::set_stuck(&mut world.db, &asked.cluster, at, asked.stuck);
            Value::Null
        }),
        "key-use" => parsed::<Through>(request).and_then(|through| {
            let allowed = kms::would(&world.db, &world.options, &through)
                .map_err(|refusal| refused(400, &refusal.code))?;
            Ok(json!({ "allowed": allowed }))
        }),
        _ => parsed::<Rights>(request).and_then(|Rights { account, allow }| {
            set_rights(world, &account, allow).map(|()| Value::Null)
        }),
    };
    match answer {
        Err(answer) => answer,
        Ok(body) => match world.db.commit(0) {
            Err(error) => refused(500, &error.to_string()),
            Ok(_) if body.is_null() => done(),
            Ok(_) => Answer::new(200).with_body("application/json", body.to_string()),
        },
    }
}

fn set_rights(world: &mut World, account: &str, allow: Option<Vec<Value>>) -> Result<(), Answer> {
    let key = access::rights_key(account);
    let Some(statements) = allow else {
        world.db.remove(&key);
        return Ok(());
    };
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    // A wish that IAM would not take would deny everything, and nobody would see why.
    permissions::check_for_session(&policy, "aws")
        .map_err(|refusal| refused(400, &refusal.message))?;
    world.db.put(&key, &policy);
    Ok(())
}

fn no_key() -> Answer {
    refused(500, "no key can be made, or what was given is none")
}

fn done() -> Answer {
    Answer::new(204)
}

fn refused(status: u16, why: &str) -> Answer {
    Answer::new(status).with_body("text/plain", format!("{why}\n"))
}

fn parsed<T: DeserializeOwned>(request: &Request) -> Result<T, Answer> {
    serde_json::from_slice(&request.body).map_err(|error| refused(400, &error.to_string()))
}
