//! The clusters' part of `wip verify`: whether an identity that the clouds know has reached its pods.

use schemars::JsonSchema;
use serde::Serialize;
use wip_kube::{Finding, findings, restarts};
use wip_plan::{Plan, State};

use super::{applied, look, looked_at};
use crate::args::Reach;
use crate::failure::Failure;
use crate::run::Run;

/// `wip-verify/1`: what is wrong in the clouds and on the clusters that were looked at.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    #[schemars(extend("const" = "wip-verify/1"))]
    format: &'static str,
    /// As `wip plan --json` prints it.
    plan: &'a Plan,
    clusters: Vec<Looked>,
}

/// One cluster.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Looked {
    /// Its name in the Space file.
    name: String,
    /// How many service accounts are to have an identity there.
    service_accounts: usize,
    findings: Vec<Wrong>,
    /// What could not be read, and why.
    unseen: Vec<String>,
}

/// One thing that is wrong.
#[derive(Serialize, JsonSchema)]
struct Wrong {
    /// A stable code; `wip explain` says more of it.
    code: &'static str,
    /// `NAMESPACE/NAME` of what is wrong.
    place: String,
    what: String,
    /// What mends it.
    fix: String,
}

impl Looked {
    /// Whether everything is as it should be, as far as it could be seen.
    pub(crate) fn is_well(&self) -> bool {
        self.findings.is_empty()
    }

    /// What a reader is told who asked for no JSON.
    pub(crate) fn show(&self, run: &Run<'_>) {
        let terminal = run.session.terminal;
        for Wrong {
            code,
            place,
            what,
            fix,
        } in &self.findings
        {
            terminal.print(&format!(
                "{} {place}: {what} [{code}]\n    {fix}",
                self.name
            ));
        }
        for what in &self.unseen {
            terminal.warn(&format!("not seen on {}: {what}", self.name));
        }
    }

    /// In the last line.
    pub(crate) fn in_words(&self) -> String {
        let noun = match self.service_accounts {
            1 => "service account",
            _ => "service accounts",
        };
        let unseen = match self.unseen.is_empty() {
            true => "",
            false => ", as far as it could be seen",
        };
        format!("{} {noun} on {}{unseen}", self.service_accounts, self.name)
    }
}

/// Looks at each cluster that can be reached by what was given.
pub(crate) async fn look_at_all(
    run: &Run<'_>,
    reach: &Reach,
    state: &State,
) -> Result<Vec<Looked>, Failure> {
    let applied = applied(run, state);
    let mut all = Vec::new();
    for cluster in looked_at(&run.space, reach)? {
        let (look, _) = look(run, reach, cluster, &applied).await?;
        let restarts = restarts(&look.expected, &look.observed, look.context.as_deref());
        let name = look.cluster;
        let keys = look.unpublished.iter().map(|kid| Finding {
            code: "WIP0379",
            place: name.clone(),
            what: format!("the key {kid} signs tokens, and the Space file does not name it: clouds refuse such tokens"),
            fix: "wip jwks --read writes it beside the file".to_owned(),
        });
        let wrong = findings(&look.expected, &look.observed, &restarts);
        let wrong = keys.chain(wrong);
        let wrong = wrong.map(of_finding).collect();
        all.push(Looked {
            name,
            service_accounts: look.expected.len(),
            findings: wrong,
            unseen: look.observed.unseen,
        });
    }
    Ok(all)
}

fn of_finding(finding: Finding) -> Wrong {
    Wrong {
        code: finding.code,
        place: finding.place,
        what: finding.what,
        fix: finding.fix,
    }
}

/// The one document of `--json`.
pub(crate) fn document(plan: &Plan, clusters: Vec<Looked>) -> Document<'_> {
    Document {
        format: "wip-verify/1",
        plan,
        clusters,
    }
}
