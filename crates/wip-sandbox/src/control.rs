//! `/_sandbox/…`: what a test or a tool asks of the sandbox itself.
//!
//! `GET log` (JSON lines) · `DELETE log` · `GET dump` · `POST seed` (a [`Seed`]) · `POST faults` (a list of [`Fault`], instead of those set before) · `GET alive` (the id of the world).

use serde::de::DeserializeOwned;

use crate::World;
use crate::faults::Fault;
use crate::http::{Answer, Request};
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
        _ => refused(404, "no such place under /_sandbox/"),
    }
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
