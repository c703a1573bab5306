//! `wip verify --token`: a token of a service account, tried with the cloud, and what differs where it is refused.
//!
//! The token itself is shown nowhere.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use wip_kube::{Applied, Claims, Expected};
use wip_plan::State;
use wip_provider::Trial;
use wip_space::Cluster;

use super::{SUBJECT, admitted, applied, cluster_of, connect, failure, looked_at, restart};
use crate::args::Reach;
use crate::failure::{Exit, Failure};
use crate::run::Run;
use crate::terminal::one_line;

/// `wip-token/1`: what came of a token of a service account.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    #[schemars(extend("const" = "wip-token/1"))]
    format: &'static str,
    space: String,
    cluster: String,
    identity: String,
    issuer: String,
    subject: String,
    audiences: Vec<String>,
    /// `accepted`, `refused`, or `untried` where only pods themselves can try.
    outcome: &'static str,
    /// Who the bearer of the token is in the cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    acts_as: Option<String>,
    /// What the cloud said.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    /// What of the token is not what was applied.
    differs: Vec<String>,
}

/// Exit code 2 where the token is refused, or is not what was applied.
pub(crate) async fn run(
    run: &Run<'_>,
    reach: &Reach,
    state: &State,
    subject: &str,
) -> Result<Exit, Failure> {
    let Some((namespace, name)) = subject.split_once('/') else {
        let heading = format!("{subject} is no service account");
        return Err(Failure::new("WIP0004", heading, "write NAMESPACE/NAME"));
    };
    let applied = applied(run, state);
    let (cluster, expected) = expected(run, reach, &applied, namespace, name)?;
    let Some(audience) = wip_kube::audiences(&run.space, &cluster.name, &expected) else {
        let heading = format!(
            "nothing was applied yet for the identity {}",
            expected.identity
        );
        return Err(Failure::new(
            "WIP0291",
            heading,
            "wip apply, then this again",
        ));
    };
    let discovery = run.space.discovery.as_ref();
    let connected = connect(run.session, &run.space, cluster, reach, discovery).await?;
    let (token, claims) = wip_kube::token(&connected.kube, namespace, name, &audience)
        .await
        .map_err(|error| failure::of(error, &connected))?;
    let nothing = BTreeMap::new();
    let trial = Trial {
        identity: &expected.identity,
        cluster,
        told: applied.outputs.get(&expected.identity).unwrap_or(&nothing),
        token: &token,
    };
    let came = run.clouds.exchange(&run.space, trial).await;
    let differs = differences(run, state, cluster, &expected, &claims).await;
    let (outcome, acts_as, refusal) = match came {
        None => ("untried", None, None),
        Some(Ok(who)) => ("accepted", Some(who), None),
        Some(Err(error)) => ("refused", None, Some(error.to_string())),
    };
    let document = Document {
        format: "wip-token/1",
        space: run.space.name.clone(),
        cluster: cluster.name.clone(),
        identity: expected.identity.clone(),
        issuer: claims.issuer,
        subject: claims.subject,
        audiences: claims.audiences,
        outcome,
        acts_as,
        refusal,
        differs,
    };
    let exit = match document.outcome == "refused" || !document.differs.is_empty() {
        true => Exit::Pending,
        false => Exit::Done,
    };
    if run.session.terminal.json {
        run.session.terminal.print_json(&document)?;
    } else {
        show(run, &document);
    }
    Ok(exit)
}

/// The cluster and the identity that a service account is of.
fn expected<'a>(
    run: &'a Run<'_>,
    reach: &Reach,
    applied: &Applied,
    namespace: &str,
    name: &str,
) -> Result<(&'a Cluster, Expected), Failure> {
    let clusters = looked_at(&run.space, reach)?;
    if clusters.is_empty() {
        return Err(restart::no_cluster());
    }
    let mut known = Vec::new();
    for cluster in clusters {
        for one in wip_kube::expected(&run.space, &cluster.name, applied) {
            if one.namespace == namespace && one.service_account == name {
                return Ok((cluster_of(&run.space, &cluster.name)?, one));
            }
            known.push(format!("{}/{}", one.namespace, one.service_account));
        }
    }
    let heading = format!("no identity of the Space is for {namespace}/{name}");
    let shown: Vec<&str> = known.iter().take(4).map(String::as_str).collect();
    let hint = match shown.as_slice() {
        [] => "the Space has no service account on this cluster".to_owned(),
        shown => format!("they are for {}", shown.join(", ")),
    };
    Err(Failure::new("WIP0004", heading, &hint))
}

/// What a token says and the state does not know.
async fn differences(
    run: &Run<'_>,
    state: &State,
    cluster: &Cluster,
    expected: &Expected,
    claims: &Claims,
) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(issuer) = run.clouds.issuer(cluster).await
        && issuer != claims.issuer
    {
        found.push(format!(
            "issuer: the token has {}, and the cloud trusts {issuer}",
            claims.issuer
        ));
    }
    let admitted = admitted(run, state);
    if !admitted.iter().any(|who| admits(who, &claims.subject)) {
        found.push(format!(
            "subject: the token has {}, which the state gives nothing; wip apply gives it what {} has",
            claims.subject, expected.identity
        ));
    }
    if claims.audiences.is_empty() {
        found.push("audience: the token has none".to_owned());
    }
    found
}

/// Whether a subject of the state, perhaps a pattern, means this one.
fn admits(who: &str, subject: &str) -> bool {
    let Some((before, after)) = who.split_once('*') else {
        return who == subject;
    };
    who.starts_with(SUBJECT)
        && subject.len() >= before.len() + after.len()
        && subject.starts_with(before)
        && subject.ends_with(after)
}

fn show(run: &Run<'_>, document: &Document) {
    let terminal = run.session.terminal;
    terminal.print(&format!("issuer    {}", document.issuer));
    terminal.print(&format!("subject   {}", document.subject));
    terminal.print(&format!("audience  {}", document.audiences.join(", ")));
    match (&document.acts_as, &document.refusal) {
        (Some(who), _) => terminal.print(&format!("accepted  {who}")),
        (None, Some(why)) => terminal.print(&format!("refused   {}", one_line(why))),
        (None, None) => terminal.print(
            "untried   EKS Pod Identity gives credentials to pods alone; `wip verify` says whether the pods have them",
        ),
    }
    for differs in &document.differs {
        terminal.print(&format!("differs   {differs}"));
    }
    if document.refusal.is_some() && document.differs.is_empty() {
        terminal.say("the token is as it should be: the cloud has something else than was applied, or does not see it yet; `wip verify` without --token compares");
    }
}
