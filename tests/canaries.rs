//! No credential leaves a run: not in what it says, not in log, plan, state or journal, not in the arguments of a process.
//!
//! Each way to credentials gets secrets that occur nowhere else; runs succeed, are refused and break; then everything that was written is searched for them, plain and encoded.
//! A control shows that the search finds them.
//!
//! Not here: what the sandbox keeps of its callers (`wip-sandbox`).

mod search;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::binary::wip;
use crate::examples::{Space, example};
use crate::running::{Running, called, every};
use crate::sandbox::{Sandbox, said};
use search::{collect, find};

/// As AWS makes them: with characters that every encoding changes.
const SECRET: &str = "kAnarie/wJal+rXUtnFEMIbPxRfiCYSECRETKEY/1";
const TOKEN: &str = "kAnarie//FwoGZXIvYXdzEBYaDHqa0AP+SESSIONTOKEN/2==";
const PROFILE_SECRET: &str = "kAnarie/9fKq+ProfileSecretAccessKey/3";
const PROFILE_TOKEN: &str = "kAnarie//IQoJb3JpZ2luX2VjEOr+PROFILETOKEN/4==";
const HELPER_SECRET: &str = "kAnarie/credential+ProcessSecretKey/5";
const JWT: &str = "kAnarie-eyJhbGciOiJSUzI1NiJ9/web+identity/6";
const PROXY_PASSWORD: &str = "kAnarie%2FproxyPassword7";
const SECRETS: [&str; 7] = [
    SECRET,
    TOKEN,
    PROFILE_SECRET,
    PROFILE_TOKEN,
    HELPER_SECRET,
    JWT,
    PROXY_PASSWORD,
];
/// Not a secret, says AWS, and it stands in the Space file; still nothing that wip has to repeat.
const EXTERNAL_ID: &str = "kAnarieExternalId/8";

/// The account of the examples.
const ACCOUNT: &str = "111122223333";
const APPLY: &[&str] = &["apply", "--auto-approve", "-v"];

/// A sandbox whose wip takes it for the real AWS.
struct Stage {
    sandbox: Sandbox,
    /// Everything that runs have printed.
    said: String,
}

impl Stage {
    fn new(name: &str, space: &Space) -> Self {
        let sandbox = Sandbox::new(&format!("canaries-{name}"));
        sandbox.write(&space.0);
        // Only now is there what a Space takes for granted.
        sandbox.run(&["plan"], 0);
        sandbox.clear_log();
        let given = sandbox.folder().join("given");
        fs::create_dir(&given).expect("a folder");
        let write = |name: &str, text: String| {
            fs::write(given.join(name), text).expect("a file");
        };
        let here = given.display();
        write(
            "config",
            format!(
                "[profile session]\naws_access_key_id = {ACCOUNT}\naws_secret_access_key = {PROFILE_SECRET}\naws_session_token = {PROFILE_TOKEN}\n\
                 [profile half]\naws_secret_access_key = {PROFILE_SECRET}\n\
                 [profile helper]\ncredential_process = cat {here}/helper.json\n\
                 [profile torn]\ncredential_process = head -c 90 {here}/helper.json\n"
            ),
        );
        let helper = json!({
            "Version": 1, "AccessKeyId": ACCOUNT, "SecretAccessKey": HELPER_SECRET, "SessionToken": TOKEN,
        });
        write("helper.json", helper.to_string());
        write("jwt", JWT.to_owned());
        write("nothing", String::new());
        Self {
            sandbox,
            said: String::new(),
        }
    }

    /// `wip ARGUMENTS`, without `--sandbox`, with a log of everything and these variables besides.
    fn wip(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(wip());
        for (name, _) in std::env::vars() {
            let name = name.to_ascii_uppercase();
            if ["AWS_", "WIP_"].iter().any(|own| name.starts_with(own)) || name.ends_with("_PROXY")
            {
                command.env_remove(name);
            }
        }
        let given = self.sandbox.folder().join("given");
        command
            .args(arguments)
            .args(["--state=state", "--log=log"])
            .current_dir(self.sandbox.folder())
            .env("WIP_LOG", "trace")
            .env("AWS_ENDPOINT_URL", self.sandbox.url())
            .env("AWS_CONFIG_FILE", given.join("config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", given.join("nothing"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(variables.iter().copied());
        command
    }

    fn run(&mut self, arguments: &[&str], variables: &[(&str, &str)], code: i32) -> String {
        let output = self.wip(arguments, variables).output().expect("wip starts");
        let words = said(&output);
        let line = arguments.join(" ");
        assert_eq!(output.status.code(), Some(code), "wip {line}\n{words}");
        self.said.push_str(&words);
        words
    }

    /// Panics where a secret is in anything that was said or written.
    fn search(self) {
        let said = self.sandbox.folder().join("said");
        fs::write(said, &self.said).expect("a file");
        let folder = self.sandbox.folder().to_owned();
        let mut files = BTreeMap::new();
        collect(&folder, &mut files);
        files.retain(|path, _| !path.starts_with(folder.join("given").to_str().expect("UTF-8")));
        for name in ["said", "log"] {
            let bytes = &files[folder.join(name).to_str().expect("UTF-8")];
            assert!(!bytes.is_empty(), "{name}: nothing was searched");
        }
        let found = find(&files, &SECRETS);
        assert!(found.is_empty(), "{found:#?}");
        // The Space file, and the copy of it in a saved plan, have been given.
        files.retain(|path, _| !path.ends_with("space.yaml") && !path.ends_with("plan.json"));
        let found = find(&files, &[EXTERNAL_ID]);
        assert!(found.is_empty(), "{found:#?}");
        self.sandbox.remove();
    }
}

/// The variables of somebody who has logged in to an account.
fn ambient(account: &str) -> [(&str, &str); 3] {
    [
        ("AWS_ACCESS_KEY_ID", account),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", TOKEN),
    ]
}

#[test]
fn a_run_that_succeeds_keeps_ambient_credentials_to_itself() {
    let mut stage = Stage::new("done", &example("eks-irsa").destroyable());
    let me = ambient(ACCOUNT);
    stage.run(&["plan", "-v", "--markdown"], &me, 0);
    stage.run(&["plan", "-v", "--json", "--out", "plan.json"], &me, 0);
    stage.sandbox.clear_log();
    fs::remove_file(stage.sandbox.folder().join("log")).expect("a log");
    stage.run(&["apply", "plan.json", "--auto-approve", "-v"], &me, 0);
    check_log(&stage.sandbox);
    // What a saved plan has marked is what the state that began with it knows.
    stage.run(&["verify"], &me, 0);
    stage.run(&["output", "--json"], &me, 0);
    let address = "aws/iam-role:prod-eu/backup";
    stage.run(&["state", "show", address], &me, 0);
    stage.run(&["explain", address], &me, 0);
    stage.run(&["--show-config", "plan", "--json"], &me, 0);
    stage.run(&["destroy", "--auto-approve", "--json"], &me, 0);
    stage.search();
}

/// The log has each call of the run, by its name and request id, and nothing of what was sent.
fn check_log(sandbox: &Sandbox) {
    let text = fs::read_to_string(sandbox.folder().join("log")).expect("a log");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    let ended = |name: &'static str| {
        let ended = lines.iter().filter(move |line| {
            line["span"]["name"] == name && line["fields"]["message"] == "close"
        });
        ended.map(|line| &line["span"])
    };
    let mut logged: Vec<String> = ended("call")
        .map(|call| call["call"].as_str().expect("a name").to_owned())
        .collect();
    let mut served: Vec<String> = sandbox
        .log()
        .iter()
        .map(|call| format!("{}:{}", call["service"], call["operation"]).replace('"', ""))
        .collect();
    logged.sort();
    served.sort();
    assert_eq!(logged, served);
    let mut ids: Vec<&str> = ended("call")
        .map(|call| call["request_id"].as_str().expect("a request id"))
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "each call has an id of its own");
    assert_eq!(ended("step").count(), 4, "a provider and three roles");
    assert_eq!(ended("run").count(), 1);
    // Of a header, of a signature, of a body that is asked, of one that is answered.
    for never in [
        "authorization",
        "aws4-hmac",
        "x-amz-",
        "policydocument",
        "system:serviceaccount",
        "<",
    ] {
        let line = text.to_ascii_lowercase();
        let line = line.lines().find(|line| line.contains(never));
        assert_eq!(line, None, "{never}");
    }
}

#[test]
fn a_run_that_is_refused_keeps_credentials_to_itself() {
    let mut stage = Stage::new("refused", &example("eks-irsa"));
    let me = ambient(ACCOUNT);
    for output in [&["plan", "-v"][..], &["plan", "--json"]] {
        let words = stage.run(output, &ambient("999988887777"), 1);
        assert!(words.contains("WIP0222"), "{words}");
        stage
            .sandbox
            .set_faults(&every("GetCallerIdentity", "access_denied"));
        stage.run(output, &me, 1);
        // As AWS answers: it repeats what should have been signed.
        let canonical = format!(
            "The request signature we calculated does not match the signature you provided.\n\n\
             The Canonical String for this request should have been\n'POST\n/\n\nhost:sts\nx-amz-security-token:{TOKEN}\n'"
        );
        let refusal = json!({ "refuse": {
            "status": 403, "code": "SignatureDoesNotMatch", "message": canonical,
        } });
        for (operation, code) in [("GetCallerIdentity", 1), ("DescribeCluster", 4)] {
            stage
                .sandbox
                .set_faults(&json!([{ "operation": operation, "class": refusal }]));
            let words = stage.run(output, &me, code);
            assert!(words.contains("signature we calculated"), "{words}");
        }
        stage.sandbox.set_faults(&json!([]));
    }
    stage
        .sandbox
        .set_faults(&every("CreateRole", "access_denied"));
    stage.run(APPLY, &me, 3);
    stage.sandbox.set_faults(&json!([]));
    stage.run(APPLY, &me, 0);
    stage.search();
}

#[test]
fn a_run_that_breaks_keeps_credentials_to_itself() {
    let mut stage = Stage::new("broken", &example("eks-irsa"));
    let me = ambient(ACCOUNT);
    for class in ["truncated_body", "lost_request", "malformed_body"] {
        // Once: tried again.
        let fault = json!([{ "operation": "DescribeCluster", "class": class }]);
        stage.sandbox.set_faults(&fault);
        stage.run(&["plan"], &me, 0);
    }
    let lost = json!([{ "operation": "CreateRole", "class": "lost_answer" }]);
    stage.sandbox.set_faults(&lost);
    stage.run(APPLY, &me, 0);
    // Again and again, until patience ends.
    stage
        .sandbox
        .set_faults(&every("GetCallerIdentity", "truncated_body"));
    stage.run(&["plan"], &me, 1);
    stage.sandbox.set_faults(&json!([]));
    stage.search();
}

#[test]
fn urls_with_a_password_keep_it_to_themselves() {
    let mut stage = Stage::new("urls", &example("eks-irsa"));
    let me = ambient(ACCOUNT);
    let address = stage.sandbox.url().replace("http://", "");
    let url = |host: &str| format!("http://me:{PROXY_PASSWORD}@{host}");
    let (here, far) = (url(&address), url("192.0.2.1"));
    for (endpoint, code) in [(&here, 0), (&far, 1)] {
        let variables = [&me[..], &[("AWS_ENDPOINT_URL", endpoint.as_str())]].concat();
        stage.run(&["plan"], &variables, code);
        stage.run(&["plan", "--json"], &variables, code);
    }
    // Nobody listens at the end of this way, so an answer has come through the proxy.
    let proxy = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("HTTP_PROXY", here.as_str()),
    ];
    stage.run(&["plan", "-v"], &[&me[..], &proxy].concat(), 0);
    stage.search();
}

#[test]
fn each_way_to_credentials_keeps_them_to_itself() {
    let profile = |name: &str| {
        let accounts =
            format!("\nspec:\n  aws: {{ accounts: {{ \"{ACCOUNT}\": {{ profile: {name} }} }} }}\n");
        example("eks-irsa").with("\nspec:\n", &accounts)
    };
    let mut stage = Stage::new("ways", &profile("session"));
    stage.run(&["plan", "-v", "--out", "plan.json"], &[], 0);
    for (name, code) in [("helper", 0), ("half", 1), ("torn", 1), ("none", 1)] {
        stage.sandbox.write(&profile(name).0);
        stage.run(&["plan"], &[], code);
        stage.run(&["plan", "--json"], &[], code);
    }
    stage.sandbox.write(&example("eks-irsa").0);
    let jwt = stage.sandbox.folder().join("given/jwt");
    let web = [
        ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/wip"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", jwt.to_str().expect("UTF-8")),
    ];
    stage.run(&["plan"], &web, 1);
    stage.search();
}

#[test]
fn a_role_that_is_assumed_keeps_its_external_id_to_itself() {
    let space = example("cross-account-backup").with("acme-wip", EXTERNAL_ID);
    let mut stage = Stage::new("assumed", &space);
    let me = ambient(ACCOUNT);
    // There is no such role yet.
    stage.run(&["plan", "--json"], &me, 1);
    let role = json!({ "roles": [{
        "account": "444455556666",
        "name": "wip",
        "trust": { "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": ACCOUNT },
            "Action": "sts:AssumeRole",
            "Condition": { "Null": { "sts:ExternalId": "false" } },
        }] },
        "attach": ["arn:aws:iam::aws:policy/AdministratorAccess"],
    }] });
    stage.sandbox.seed(&role);
    stage.run(&["plan", "-v", "--out", "plan.json"], &me, 0);
    stage.run(APPLY, &me, 0);
    stage
        .sandbox
        .set_faults(&every("AssumeRole", "access_denied"));
    stage.run(&["plan", "-v"], &me, 1);
    let canonical =
        format!("No.\nThe Canonical String for this request should have been\n'{TOKEN}'");
    let refusal = json!({ "refuse": {
        "status": 403, "code": "SignatureDoesNotMatch", "message": canonical,
    } });
    stage
        .sandbox
        .set_faults(&json!([{ "operation": "AssumeRole", "class": refusal }]));
    stage.run(&["plan", "-v"], &me, 1);
    stage.search();
}

/// Arguments (`cmdline`) or variables (`environ`) of all processes that may be read, by process id.
fn processes(what: &str) -> BTreeMap<String, Vec<u8>> {
    let processes = fs::read_dir("/proc").expect("a system with /proc");
    processes
        .filter_map(|process| {
            let process = process.ok()?;
            let bytes = fs::read(process.path().join(what)).ok()?;
            Some((process.file_name().into_string().ok()?, bytes))
        })
        .collect()
}

#[test]
fn no_process_is_started_with_a_credential() {
    let stage = Stage::new("processes", &example("eks-irsa"));
    stage.sandbox.set_faults(&every("DescribeCluster", "held"));
    let me = ambient(ACCOUNT);
    let mut command = stage.wip(&["plan"], &me);
    let running = Running::start(&stage.sandbox, "plan", &mut command);
    called(&stage.sandbox, "DescribeCluster", 1);
    // A sandbox that the run starts lives on, with what it was given.
    let own = "--sandbox=own";
    let output = stage
        .wip(&["plan", own], &me)
        .env("WIP_SANDBOX_IDLE", "1")
        .env("WIP_LOG_FILE", "log")
        .output()
        .expect("wip starts");
    assert!(output.status.success(), "{}", said(&output));
    let folder = stage.sandbox.folder().join("own");
    let server = format!("--sandbox={}", folder.display());
    let arguments = processes("cmdline");
    let is_server = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(&server);
    let server = arguments.iter().find(|(_, bytes)| is_server(bytes));
    let (server, _) = server.expect("its process");
    let variables = processes("environ");
    let run = running.id().to_string();
    // The control: what was given to the run is to be seen there.
    let of = |id: &String| BTreeMap::from([(id.clone(), variables[id].clone())]);
    assert!(!find(&of(&run), &SECRETS).is_empty());
    assert_eq!(find(&of(server), &SECRETS), [""; 0]);
    assert_eq!(find(&arguments, &SECRETS), [""; 0]);
    stage.sandbox.set_faults(&json!([]));
    let (status, words) = running.end();
    assert_eq!(status.code(), Some(0), "{words}");
    stage.sandbox.remove();
}
