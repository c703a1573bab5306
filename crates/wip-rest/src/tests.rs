//! Requests and answers on a wire, in virtual time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use futures_util::future::{BoxFuture, FutureExt};
use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;
use wip_provider::{Class, Limits, Patience, Wire, WireError};

use crate::{Call, Client, Request, Settings};

/// Answers in their order; what was asked, as `METHOD URL`.
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<VecDeque<Result<http::Response<Vec<u8>>, WireError>>>,
    asked: Mutex<Vec<String>>,
}

impl Wire for Script {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'static, Result<http::Response<Vec<u8>>, WireError>> {
        let line = format!("{} {}", request.method(), request.uri());
        self.asked.lock().expect("asked").push(line);
        let answer = self.answers.lock().expect("answers").pop_front();
        std::future::ready(answer.expect("an answer for every request")).boxed()
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &Value) -> http::Response<Vec<u8>> {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response
        .body(body.to_string().into_bytes())
        .expect("an answer")
}

fn client(answers: Vec<Result<http::Response<Vec<u8>>, WireError>>) -> (Arc<Script>, Client) {
    let script = Arc::new(Script {
        answers: Mutex::new(answers.into()),
        ..Script::default()
    });
    let settings = Settings {
        wire: Some(script.clone()),
        patience: Patience::default(),
        limits: Limits::default(),
        judge: |failed| match failed.status.as_u16() {
            404 => Class::Missing,
            429 => Class::Throttled,
            500.. => Class::Unavailable,
            _ => Class::Final,
        },
        published: |_, _| None,
    };
    (script, Client::new(settings, "an account"))
}

const READ: &str = "arm:Things_Get";

fn get(path: &str) -> Request {
    Request::new(Method::GET, format!("https://arm.example.com{path}"))
}

#[tokio::test(start_paused = true)]
async fn what_a_cloud_refuses_is_told_in_its_words() {
    let body = json!({"error": {"code": "NotThere", "message": "no such thing"}});
    let refused = answer(404, &[("x-ms-request-id", "r-1")], &body);
    let (_, client) = client(vec![Ok(refused)]);
    let error = client
        .call(Call::read(READ), &get("/x"), "t")
        .await
        .expect_err("refused");
    assert_eq!(error.class, Class::Missing);
    assert_eq!(
        error.to_string(),
        "arm:Things_Get: NotThere: no such thing (request r-1)"
    );
}

#[tokio::test(start_paused = true)]
async fn it_waits_as_long_as_the_cloud_says() {
    let throttled = answer(429, &[("retry-after", "17")], &json!({}));
    let (_, client) = client(vec![Ok(throttled), Ok(answer(200, &[], &json!({})))]);
    let started = Instant::now();
    client
        .call(Call::read(READ), &get("/x"), "t")
        .await
        .expect("an answer");
    assert!(started.elapsed().as_secs() >= 17, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_was_just_made_is_waited_for() {
    let missing = || Ok(answer(404, &[], &json!({})));
    let (script, client) = client(vec![missing(), missing(), Ok(answer(200, &[], &json!({})))]);
    let call = Call::read(READ).of_fresh(true);
    client.call(call, &get("/x"), "t").await.expect("an answer");
    assert_eq!(script.asked.lock().expect("asked").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn pages_follow_each_other_and_stay_on_their_server() {
    let page = |members: Value, next: &str| {
        Ok(answer(
            200,
            &[],
            &json!({"value": members, "nextLink": next}),
        ))
    };
    let pages = vec![
        page(json!([1, 2]), "https://arm.example.com/things?page=2"),
        page(json!([3]), ""),
    ];
    let (script, near) = client(pages);
    let url = || "https://arm.example.com/things".to_owned();
    let all: Vec<u32> = near
        .pages(Call::read(READ), url(), "t", "nextLink")
        .await
        .expect("pages");
    assert_eq!(all, [1, 2, 3]);
    assert_eq!(
        script.asked.lock().expect("asked")[1],
        "GET https://arm.example.com/things?page=2"
    );

    let (script, far) = client(vec![page(json!([1]), "https://evil.example.com/things")]);
    let refused = far
        .pages::<u32>(Call::read(READ), url(), "t", "nextLink")
        .await;
    assert!(
        refused
            .expect_err("refused")
            .message
            .contains("another server")
    );
    assert_eq!(script.asked.lock().expect("asked").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn plain_http_stays_on_this_machine_and_nothing_is_asked() {
    for url in [
        "http://arm.example.com/x",
        "http://127.0.0.1.example.com/x",
        "http://127.0.0.1@example.com/x",
        "ftp://localhost/x",
        "not a url",
    ] {
        let (script, client) = client(Vec::new());
        let request = Request::new(Method::GET, url.to_owned());
        let refused = client.call(Call::read(READ), &request, "t").await;
        assert_eq!(refused.expect_err(url).class, Class::Final, "{url}");
        assert!(script.asked.lock().expect("asked").is_empty(), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_json_is_asked_for_again() {
    let plain = || Ok(http::Response::new(b"<html>".to_vec()));
    let good = Ok(answer(200, &[], &json!({ "name": "x" })));
    let (script, client) = client(vec![plain(), plain(), good]);
    let answer = client.call(Call::read(READ), &get("/x"), "t").await;
    let body: Value = answer.expect("an answer").json().expect("JSON");
    assert_eq!(body["name"], "x");
    assert_eq!(script.asked.lock().expect("asked").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_form_and_one_that_is_too_large_are_errors() {
    let other = Ok(answer(200, &[], &json!([])));
    let empty = Ok(http::Response::new(Vec::new()));
    let huge = Ok(http::Response::new(vec![b' '; 9 * 1024 * 1024]));
    let (_, client) = client(vec![other, empty, huge]);
    for _ in 0..2 {
        let answer = client.call(Call::read(READ), &get("/x"), "t").await;
        let read = answer.expect("an answer").json::<BTreeMap<String, Value>>();
        assert_eq!(read.expect_err("another form").class, Class::Broken);
    }
    let large = client.call(Call::read(READ), &get("/x"), "t").await;
    let error = large.expect_err("too large");
    assert!(error.message.contains("larger than"), "{error}");
}
