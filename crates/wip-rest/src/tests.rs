//! Requests and answers on a wire, in virtual time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use futures_util::future::{BoxFuture, FutureExt};
use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;
use wip_provider::{Class, Limits, Patience, Wire, WireError};

use crate::{Call, Client, Pages, Request, Settings};

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
        let mut line = format!("{} {}", request.method(), request.uri());
        if let Some(version) = request.headers().get("x-ms-version") {
            let accept = &request.headers()["accept"];
            line = format!("{line} {version:?} {accept:?}");
        }
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
    let url = || get("/things");
    let all: Vec<u32> = near
        .pages(Call::read(READ), url(), "t", Pages::Links("nextLink"))
        .await
        .expect("pages");
    assert_eq!(all, [1, 2, 3]);
    assert_eq!(
        script.asked.lock().expect("asked")[1],
        "GET https://arm.example.com/things?page=2"
    );

    let (script, far) = client(vec![page(json!([1]), "https://evil.example.com/things")]);
    let refused = far
        .pages::<u32>(Call::read(READ), url(), "t", Pages::Links("nextLink"))
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
async fn a_token_leads_to_the_next_page_and_an_empty_page_has_no_members() {
    let page = |body: Value| Ok(answer(200, &[], &body));
    let (script, client) = client(vec![
        page(json!({"accounts": [1], "nextPageToken": "a/b"})),
        page(json!({"nextPageToken": "c"})),
        page(json!({"accounts": [2]})),
    ]);
    let pages = Pages::Tokens("accounts");
    let all: Vec<u32> = client
        .pages(Call::read(READ), get("/things?project=p"), "t", pages)
        .await
        .expect("pages");
    assert_eq!(all, [1, 2]);
    assert_eq!(
        script.asked.lock().expect("asked")[1..],
        ["a%2Fb", "c"]
            .map(|token| format!("GET https://arm.example.com/things?project=p&pageToken={token}"))
    );
    let (_, odd) = self::client(vec![page(json!({"accounts": "none"}))]);
    let refused = odd.pages::<u32>(Call::read(READ), get("/things"), "t", pages);
    assert!(refused.await.is_err());
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
async fn what_was_just_deleted_is_waited_for() {
    let there = || Ok(answer(200, &[], &json!({})));
    let (script, client) = client(vec![there(), there(), Ok(answer(404, &[], &json!({})))]);
    let call = Call::read(READ).of_gone();
    let gone = client.call(call, &get("/x"), "t").await;
    assert_eq!(gone.expect_err("gone").class, Class::Missing);
    assert_eq!(script.asked.lock().expect("asked").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_json_is_asked_for_again() {
    let plain = http::Response::new(b"<html>".to_vec());
    let (_, client) = client(vec![Ok(plain), Ok(answer(200, &[], &json!({"a": 1})))]);
    let call = Call::read(READ);
    let answer = client.call(call, &get("/x"), "t").await.expect("an answer");
    assert_eq!(answer.json::<Value>().expect("JSON"), json!({"a": 1}));
    let other = answer.json::<Vec<u32>>();
    assert_eq!(other.expect_err("of another form").class, Class::Broken);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_large_is_an_error() {
    let huge = http::Response::new(vec![b' '; 9 * 1024 * 1024]);
    let (_, client) = client(vec![Ok(huge)]);
    let refused = client.call(Call::read(READ), &get("/x"), "t").await;
    let words = refused.expect_err("too large").message;
    assert!(words.contains("larger than"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn a_text_has_its_headers_and_its_code_and_bytes_are_asked_for_again() {
    let text = |status: u16, headers: &[(&str, &str)], text: &[u8]| {
        let (mut head, _) = answer(status, headers, &Value::Null).into_parts();
        let sort = http::HeaderValue::from_static("application/xml");
        head.headers.insert(http::header::CONTENT_TYPE, sort);
        Ok(http::Response::from_parts(head, text.to_vec()))
    };
    let (script, client) = client(vec![
        text(200, &[], b"\xff"),
        text(200, &[], b"<Blobs />"),
        text(
            404,
            &[("x-ms-error-code", "ContainerNotFound")],
            b"<Error />",
        ),
    ]);
    let request = Request {
        headers: vec![
            ("x-ms-version", "2021-12-02".to_owned()),
            ("accept", "application/xml".to_owned()),
        ],
        ..get("/c")
    };
    let ask = || client.call(Call::read(READ), &request, "t");
    assert_eq!(
        ask().await.expect("an answer").text().expect("a text"),
        "<Blobs />"
    );
    let error = ask().await.expect_err("refused");
    assert_eq!(error.code.as_deref(), Some("ContainerNotFound"));
    let asked = script.asked.lock().expect("asked");
    let line = r#"GET https://arm.example.com/c "2021-12-02" "application/xml""#;
    assert_eq!(asked.first().map(String::as_str), Some(line));
}
