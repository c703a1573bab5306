//! One request to a sandbox that another process serves.
//!
//! Owns just enough HTTP for `/_sandbox/…` on loopback; AWS's calls come from AWS's own SDKs.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Seed;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: u64 = 64 * 1024;

/// Adds what is missing of `seed` to the sandbox at `url`.
///
/// # Errors
/// Where it does not answer, or says that the seed is wrong.
pub async fn seed(url: &str, seed: &Seed) -> io::Result<()> {
    let body = serde_json::to_string(seed)?;
    let (status, said) = timeout(PATIENCE, ask(url, "POST", "/_sandbox/seed", &body)).await??;
    if status.starts_with('2') {
        return Ok(());
    }
    let said = said.trim();
    Err(io::Error::other(format!(
        "the sandbox answers {status}: {said}"
    )))
}

/// Does in a cluster of the sandbox at `url` what `helm upgrade` of the Spaces chart with these values does; the inner error
/// is what Helm would say.
///
/// # Errors
/// Where the sandbox does not answer.
pub async fn upgrade(url: &str, cluster: &str, values: &Value) -> io::Result<Result<(), String>> {
    let body = json!({ "cluster": cluster, "values": values }).to_string();
    let path = "/_sandbox/kube/upgrade";
    let (status, said) = timeout(PATIENCE, ask(url, "POST", path, &body)).await??;
    match status.starts_with('2') {
        true => Ok(Ok(())),
        false => Ok(Err(said.trim().to_owned())),
    }
}

/// The status and the body of an answer, which ends with the connection.
pub(crate) async fn ask(
    url: &str,
    method: &str,
    path: &str,
    body: &str,
) -> io::Result<(String, String)> {
    let address: SocketAddr = url
        .strip_prefix("http://")
        .and_then(|address| address.parse().ok())
        .ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{url} is no sandbox"))
        })?;
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream
        .take(LARGEST_ANSWER)
        .read_to_string(&mut answer)
        .await?;
    let (head, rest) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default();
    Ok((status.to_owned(), rest.to_owned()))
}
