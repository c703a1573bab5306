//! A sandbox of its own, in a folder of its own, for tests that are more than a script of commands.
//!
//! Owns the server process and its end, `wip` in that folder, and raw requests: nothing is shared with wip's clients.
//!
//! Not here: what a case of `cases.rs` says.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::binary::wip;

/// How long a server goes on without being asked, in seconds: only for when nobody ends it.
const IDLE: &str = "20";
/// How long anything may take that needs no waiting.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait between two looks.
pub(crate) const PAUSE: Duration = Duration::from_millis(10);

/// A folder with a Space file, a state and a world, whose server runs.
pub(crate) struct Sandbox {
    folder: PathBuf,
    url: String,
    server: Server,
}

/// A process that does not outlive its test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Sandbox {
    /// Serves a new, empty folder; `name` is unique among the tests.
    pub(crate) fn new(name: &str) -> Self {
        let folder = fresh(name);
        fs::create_dir_all(world(&folder)).expect("a folder");
        Self::serve(folder)
    }

    /// Serves a copy of `template`, the files of a sandbox that has ended.
    pub(crate) fn copy(template: &Path, name: &str) -> Self {
        let folder = fresh(name);
        copy(template, &folder);
        Self::serve(folder)
    }

    fn serve(folder: PathBuf) -> Self {
        let server = Command::new(wip())
            .args(["sandbox", "--serve", "--sandbox"])
            .current_dir(&folder)
            .env("WIP_SANDBOX_IDLE", IDLE)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn();
        let server = Server(server.expect("the sandbox starts"));
        let endpoint = world(&folder).join("endpoint");
        let url = until("the sandbox listens", || fs::read_to_string(&endpoint).ok());
        Self {
            folder,
            url: url.trim().to_owned(),
            server,
        }
    }

    /// Ends the server; the folder stays.
    pub(crate) fn stop(self) -> PathBuf {
        let Self { folder, server, .. } = self;
        drop(server);
        // It was not asked to end, so it left what says where it was.
        fs::remove_file(world(&folder).join("endpoint")).expect("an endpoint");
        folder
    }

    /// Ends the server and removes the folder.
    pub(crate) fn remove(self) {
        fs::remove_dir_all(self.stop()).expect("a folder");
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where its server listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Writes the Space file, and the keys that it may name.
    pub(crate) fn write(&self, space: &str) {
        fs::write(self.folder.join("space.yaml"), space).expect("a file");
        for (name, key) in crate::examples::keys() {
            fs::write(self.folder.join(name), key).expect("a file");
        }
    }

    /// `wip ARGUMENTS --sandbox`, not yet started.
    pub(crate) fn wip(&self, arguments: &[&str]) -> Command {
        let mut command = self.plain(arguments);
        command.args(["--sandbox", "--state=state"]);
        command
    }

    /// `wip ARGUMENTS`, not yet started: where state and sandbox are, the caller says.
    pub(crate) fn plain(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(wip());
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env_remove("WIP_TEST_KILL_AT_WRITE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `wip ARGUMENTS --sandbox`; an error with what it said where it ends with another code.
    pub(crate) fn expect(&self, arguments: &[&str], code: i32) -> Result<String, String> {
        let output = self.wip(arguments).output().expect("wip starts");
        if output.status.code() == Some(code) {
            return Ok(said(&output));
        }
        let status = output.status;
        Err(format!(
            "wip {}: {status}, not {code}\n{}",
            arguments.join(" "),
            said(&output)
        ))
    }

    /// As [`Sandbox::expect`]; panics where it ends with another code.
    pub(crate) fn run(&self, arguments: &[&str], code: i32) -> String {
        self.expect(arguments, code)
            .unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    /// The whole world as text: the same calls give the same bytes.
    pub(crate) fn dump(&self) -> String {
        self.control("GET", "dump", "")
    }

    /// Each call since the log was last emptied.
    pub(crate) fn log(&self) -> Vec<Value> {
        let lines = self.control("GET", "log", "");
        let lines = lines.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect()
    }

    /// Empties the log.
    pub(crate) fn clear_log(&self) {
        self.control("DELETE", "log", "");
    }

    /// Sets the faults to come.
    pub(crate) fn set_faults(&self, faults: &Value) {
        self.control("POST", "faults", &faults.to_string());
    }

    /// Adds what is missing of a seed.
    pub(crate) fn seed(&self, seed: &Value) {
        self.control("POST", "seed", &seed.to_string());
    }

    /// Lets the caller of an account do what these statements say and nothing else; everything again, where it is null.
    pub(crate) fn set_rights(&self, account: &str, allow: &Value) {
        let rights = json!({ "account": account, "allow": allow });
        self.control("POST", "rights", &rights.to_string());
    }

    /// Lets the operators of a tenant do what these roles say and nothing else; everything again, where it is null.
    pub(crate) fn set_azure_rights(&self, tenant: &str, allow: &Value) {
        let rights = json!({ "tenant": tenant, "allow": allow });
        self.control("POST", "azure/rights", &rights.to_string());
    }

    /// Lets the operators of a project do what these roles say and nothing else; everything again, where it is null.
    pub(crate) fn set_google_rights(&self, project: &str, allow: &Value) {
        let rights = json!({ "project": project, "allow": allow });
        self.control("POST", "gcp/rights", &rights.to_string());
    }

    /// Calls Google Cloud as an operator, `what` as `GET storage/storage/v1/b`.
    pub(crate) fn google(&self, what: &str, body: &Value) -> String {
        let (method, path) = what.split_once(' ').expect("a method");
        let headers = "authorization: Bearer sandbox:operator@sandbox.example.com\r\n";
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        self.ask(&format!("{method} /_gcp/{path}"), headers, &body)
    }

    fn control(&self, method: &str, what: &str, body: &str) -> String {
        self.ask(&format!("{method} /_sandbox/{what}"), "", body)
    }

    /// Calls IAM as `account`.
    pub(crate) fn iam(&self, account: &str, action: &str, parameters: &[(&str, &str)]) -> String {
        let mut body = format!("Action={action}&Version=2010-05-08");
        for (name, value) in parameters {
            body.push_str(&format!("&{name}={}", encoded(value)));
        }
        let headers = format!(
            "content-type: application/x-www-form-urlencoded; charset=utf-8\r\n{}",
            signed(account, "us-east-1", "iam")
        );
        self.ask("POST /", &headers, &body)
    }

    /// The policy of a bucket, as S3 says it to its owner.
    pub(crate) fn bucket_policy(&self, account: &str, region: &str, bucket: &str) -> String {
        let headers = signed(account, region, "s3");
        self.ask(&format!("GET /{bucket}?policy"), &headers, "")
    }

    /// Sets the policy of a bucket, byte for byte.
    pub(crate) fn put_bucket_policy(&self, account: &str, region: &str, bucket: &str, text: &str) {
        let headers = signed(account, region, "s3");
        self.ask(&format!("PUT /{bucket}?policy"), &headers, text);
    }

    /// The policy of a key, as KMS says it to its account.
    pub(crate) fn key_policy(&self, account: &str, region: &str, arn: &str) -> String {
        let answer = self.kms(account, region, "GetKeyPolicy", &json!({ "KeyId": arn }));
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        answer["Policy"].as_str().expect("a policy").to_owned()
    }

    /// Sets the policy of a key, byte for byte.
    pub(crate) fn put_key_policy(&self, account: &str, region: &str, arn: &str, text: &str) {
        let members = json!({ "KeyId": arn, "Policy": text });
        self.kms(account, region, "PutKeyPolicy", &members);
    }

    fn kms(&self, account: &str, region: &str, operation: &str, members: &Value) -> String {
        let headers = format!(
            "content-type: application/x-amz-json-1.1\r\nx-amz-target: TrentService.{operation}\r\n{}",
            signed(account, region, "kms")
        );
        self.ask("POST /", &headers, &members.to_string())
    }

    /// The body of the answer; panics where it is no success.
    fn ask(&self, what: &str, headers: &str, body: &str) -> String {
        let address = self.url.strip_prefix("http://").expect("plain http");
        let length = body.len();
        let request = format!(
            "{what} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect(address).expect("the sandbox listens");
        stream
            .write_all(request.as_bytes())
            .expect("the sandbox reads");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("the sandbox answers");
        assert!(answer.starts_with("HTTP/1.1 2"), "{what}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").expect("head and body");
        body.to_owned()
    }
}

/// Standard output and standard error of a process, one after the other.
pub(crate) fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .concat()
}

/// What `look` finds, once it does; panics where that takes too long.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "still waiting: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// The folder of the world in the folder of a sandbox: where `--sandbox` looks for it.
fn world(folder: &Path) -> PathBuf {
    folder.join(".wip/sandbox")
}

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            panic!("{}: {error}", folder.display())
        }
        _ => folder,
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a file");
        }
    }
}

/// Headers by which the sandbox knows the caller; it checks no signature.
fn signed(account: &str, region: &str, service: &str) -> String {
    format!(
        "x-amz-date: 20250101T000000Z\r\n\
         authorization: AWS4-HMAC-SHA256 Credential={account}/20250101/{region}/{service}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={:064}\r\n",
        0
    )
}

/// Percent-encoded, all but letters and digits.
fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
