//! Random Space files.
//!
//! Their labels are always the same: a provider and a managed policy get theirs when they are made, and keep them.

use std::fmt::Write as _;

use serde_json::json;
use wip_sandbox::Seed;

/// What an identity may say of its method.
pub(super) const METHODS: [&str; 5] = [
    "method: irsa",
    "method: podIdentity",
    "method: podIdentity\n      podIdentity: { isolation: sessionTags }",
    "method: podIdentity\n      podIdentity: { isolation: sessionPolicy }",
    "method: podIdentity\n      alsoTrust: [irsa]",
];

/// What a Space file says.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) identities: Vec<&'static str>,
    pub(super) planes: Vec<&'static str>,
    /// Where the backups are.
    pub(super) prefix: &'static str,
    /// How the backups prove who they are.
    pub(super) method: &'static str,
    /// The reports' permissions are in managed policies.
    pub(super) managed: bool,
    /// The bucket's policy is written too; where not, its owner has done so.
    pub(super) policy: bool,
}

impl Plan {
    /// Everything.
    pub(super) fn whole() -> Self {
        Self {
            identities: vec!["backup", "billing", "reports"],
            planes: vec!["ctp1", "ctp2", "ctp3"],
            prefix: "one/",
            method: METHODS[0],
            managed: true,
            policy: true,
        }
    }

    /// The file.
    pub(super) fn yaml(&self) -> String {
        let mut text = "apiVersion: wip/v1alpha1
kind: Space
metadata: { name: laws, labels: { team: platform } }
spec:
  guardrails: { allowDestroy: true }
  clusters:
    - name: one
      eks: { account: \"111122223333\", region: eu-west-1, cluster: one }
"
        .to_owned();
        let mut line = |line: String| writeln!(text, "{line}").expect("a text");
        line("  controlPlanes:".to_owned());
        for plane in &self.planes {
            line(format!(
                "    - {{ group: default, name: {plane}, hostNamespace: space-{plane} }}"
            ));
        }
        line(format!(
            "  buckets:\n    - s3: {{ bucket: acme-backups, region: eu-west-1, account: \"444455556666\", policy: {} }}",
            self.policy
        ));
        let none = if self.identities.is_empty() {
            " {}"
        } else {
            ""
        };
        line(format!("  identities:{none}"));
        for identity in &self.identities {
            let method = match *identity {
                "backup" => self.method,
                _ => METHODS[0],
            };
            line(format!("    {identity}:\n      {method}"));
            line(match *identity {
                "backup" => format!(
                    "      access: [ s3: {{ bucket: acme-backups, region: eu-west-1, account: \"444455556666\", prefix: {} }} ]",
                    self.prefix
                ),
                "billing" => {
                    "      access: [ s3: { bucket: acme-billing, region: eu-west-1 } ]".to_owned()
                }
                _ => format!(
                    "      workloads: [ {{ namespace: reports, serviceAccount: writer }} ]
      role: {{ policies: {} }}
      access: [ s3: {{ bucket: acme-reports, region: eu-west-1, allow: [read] }} ]",
                    if self.managed { "managed" } else { "inline" }
                ),
            });
        }
        text
    }
}

/// What belongs to others.
pub(super) fn foreign() -> Seed {
    let statement = json!({
        "Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::acme-backups", "arn:aws:s3:::acme-backups/*"],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    let seed = json!({
        "roles": [{ "account": "111122223333", "name": "somebody-elses" }],
        "buckets": [{
            "account": "444455556666", "region": "eu-west-1", "name": "acme-backups",
            "policy": { "Version": "2012-10-17", "Statement": [statement] },
        }],
    });
    serde_json::from_value(seed).expect("a seed")
}
