//! `gcp/service-account`: a service account that the workloads of one identity of the Space act as.
//!
//! Owns its name for people and that it is switched on. Who may act as it, and what it may, are kinds of their own. Its mark is its
//! description.
//! One that was deleted can be had back for 30 days, and with it everything that names it: made anew under its name it would be another one.
//! Source: `iam.projects.serviceAccounts.*`; "Delete and undelete service accounts".

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wip_plan::{Edge, Existing, Field, Place, Stray};
use wip_provider::{
    Ask, Class, CloudError, Created, Found, Kind, Observed, Question, Scope, Spotted, Target,
    Wanted,
};
use wip_rest::Call;

use crate::client::{Api, Clients};
use crate::facts::Facts;
use crate::places::{self, place};
use crate::{Google, marks};

pub(crate) const READ: &str = "gcpiam:serviceAccounts.get";
pub(crate) const CREATE: &str = "gcpiam:serviceAccounts.create";
pub(crate) const UNDELETE: &str = "gcpiam:serviceAccounts.undelete";
pub(crate) const PATCH: &str = "gcpiam:serviceAccounts.patch";
pub(crate) const ENABLE: &str = "gcpiam:serviceAccounts.enable";
pub(crate) const DELETE: &str = "gcpiam:serviceAccounts.delete";
const LIST: &str = "gcpiam:serviceAccounts.list";

/// The kind.
pub(crate) struct ServiceAccount;

/// A service account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountSpec {
    /// Its name everywhere.
    email: String,
    /// Its name for people.
    display_name: String,
    /// Whether anybody may act as it.
    enabled: bool,
}

impl Kind for ServiceAccount {
    const NAME: &'static str = "gcp/service-account";
    const SUMMARY: &'static str =
        "A service account: what the workloads of an identity act as at Google Cloud.";
    const EXISTING: Existing = Existing::Ask;
    const FIELDS: &'static [Field] = &[Field {
        path: "email",
        replaces: true,
        sensitive: false,
    }];
    type Spec = AccountSpec;
    type Cloud = Google;

    fn desire(scope: &Scope<'_>, _facts: &Facts) -> Vec<Wanted<AccountSpec>> {
        let all = scope.space.google.iter();
        let made = all.filter_map(|identity| {
            let account = places::account(identity).filter(|account| account.is_made)?;
            Some(Wanted {
                name: identity.name.clone(),
                place: place(&account.project),
                spec: Ok(AccountSpec {
                    email: account.email(),
                    display_name: format!("{}/{}", scope.space.name, identity.name),
                    enabled: true,
                }),
                needs: BTreeSet::new(),
                links: BTreeSet::new(),
            })
        });
        made.collect()
    }

    fn edges(_spec: &AccountSpec) -> Vec<Edge> {
        Vec::new()
    }

    fn interrupts(from: &AccountSpec, to: &AccountSpec) -> Option<String> {
        (from.email != to.email).then(|| {
            format!(
                "its workloads act as {} until they are annotated with {}, and lose their access until then",
                from.email, to.email
            )
        })
    }

    fn outputs(_place: &Place, spec: &AccountSpec) -> BTreeMap<String, String> {
        BTreeMap::from([("serviceAccount".to_owned(), spec.email.clone())])
    }

    async fn observe(cloud: &Google, question: Question<'_, AccountSpec>) -> Observed {
        let looks = question.asks.iter().map(|ask| async {
            let found = look(&cloud.clients, ask).await;
            ask.answer(found)
        });
        let mut observed = Observed {
            seen: join_all(looks).await,
            ..Observed::default()
        };
        if question.wide {
            observed.besides("service accounts", strays(&cloud.clients, &question).await);
        }
        observed
    }

    async fn create(
        cloud: &Google,
        at: &Target<'_>,
        spec: &AccountSpec,
    ) -> Result<Created, CloudError> {
        let clients = &cloud.clients;
        let (id, project) = parts(&spec.email);
        // With the id that the state knew of one that was there before.
        if let Some(unique) = at.id
            && let Some(live) = restored(clients, project, unique).await?
        {
            bring(clients, at, &live, spec).await?;
            return Ok(Created::with_id(live.unique_id));
        }
        let body = json!({
            "accountId": id,
            "serviceAccount": {
                "displayName": spec.display_name,
                "description": marks::description(at.mark),
            },
        });
        let call = Call::write(CREATE);
        let path = format!("/v1/projects/{project}/serviceAccounts");
        let made = clients.call(call, (Api::Iam, project), Method::POST, &path, Some(body));
        let live: Live = made.await?.json()?;
        Ok(Created::with_id(live.unique_id))
    }

    async fn update(
        cloud: &Google,
        at: &Target<'_>,
        _from: &AccountSpec,
        to: &AccountSpec,
    ) -> Result<(), CloudError> {
        let live = must(read(&cloud.clients, &to.email, false).await?)?;
        bring(&cloud.clients, at, &live, to).await
    }

    async fn mark(cloud: &Google, at: &Target<'_>, live: &AccountSpec) -> Result<(), CloudError> {
        let description = marks::description(at.mark);
        describe(&cloud.clients, &live.email, &description).await
    }

    async fn unmark(cloud: &Google, at: &Target<'_>, live: &AccountSpec) -> Result<(), CloudError> {
        let found = must(read(&cloud.clients, &live.email, false).await?)?;
        match is_ours(&found, at) {
            true => describe(&cloud.clients, &live.email, "").await,
            false => Ok(()),
        }
    }

    async fn delete(
        cloud: &Google,
        _at: &Target<'_>,
        from: &AccountSpec,
    ) -> Result<(), CloudError> {
        let (_, project) = parts(&from.email);
        let call = Call::write(DELETE);
        let path = path(&from.email);
        let gone = cloud
            .clients
            .call(call, (Api::Iam, project), Method::DELETE, &path, None);
        gone.await.map(drop)
    }
}

/// Id and project of an e-mail.
fn parts(email: &str) -> (&str, &str) {
    let (id, host) = email.split_once('@').unwrap_or((email, ""));
    (id, host.split('.').next().unwrap_or_default())
}

fn path(email: &str) -> String {
    let (_, project) = parts(email);
    format!("/v1/projects/{project}/serviceAccounts/{email}")
}

/// A service account as Google has it; what is empty is left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Live {
    email: String,
    unique_id: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    disabled: bool,
}

fn is_ours(live: &Live, at: &Target<'_>) -> bool {
    let owner = marks::owner_by_description(&live.description);
    matches!(owner, wip_plan::Owner::Marked(mark) if mark.names_the_same(at.mark))
}

fn must(found: Option<Live>) -> Result<Live, CloudError> {
    found
        .ok_or_else(|| CloudError::local(Class::Missing, PATCH, "the service account is not there"))
}

async fn read(clients: &Clients, email: &str, fresh: bool) -> Result<Option<Live>, CloudError> {
    let (_, project) = parts(email);
    let call = Call::read(READ).of_fresh(fresh);
    clients.get(call, (Api::Iam, project), &path(email)).await
}

/// Whether there is a service account.
pub(crate) async fn exists(clients: &Clients, email: &str) -> Result<bool, CloudError> {
    Ok(read(clients, email, false).await?.is_some())
}

/// The account of this id, where it was deleted and is back now; `None` where it cannot be had back: it is gone for good, or its name is
/// taken.
async fn restored(
    clients: &Clients,
    project: &str,
    unique: &str,
) -> Result<Option<Live>, CloudError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Restored {
        restored_account: Live,
    }
    let call = Call::write(UNDELETE);
    let path = format!("/v1/projects/{project}/serviceAccounts/{unique}:undelete");
    let body = Some(json!({}));
    match clients
        .call(call, (Api::Iam, project), Method::POST, &path, body)
        .await
    {
        Ok(answer) => Ok(Some(answer.json::<Restored>()?.restored_account)),
        Err(error) if matches!(error.class, Class::Missing | Class::Final) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes what is there what it should be, mark and all.
async fn bring(
    clients: &Clients,
    at: &Target<'_>,
    live: &Live,
    to: &AccountSpec,
) -> Result<(), CloudError> {
    let description = marks::description(at.mark);
    if live.display_name != to.display_name || live.description != description {
        let fields = json!({ "displayName": to.display_name, "description": description });
        patch(clients, &live.email, fields, "displayName,description").await?;
    }
    if live.disabled && to.enabled {
        let (_, project) = parts(&live.email);
        let call = Call::write(ENABLE);
        let path = format!("{}:enable", path(&live.email));
        let body = Some(json!({}));
        clients
            .call(call, (Api::Iam, project), Method::POST, &path, body)
            .await?;
    }
    Ok(())
}

async fn describe(clients: &Clients, email: &str, description: &str) -> Result<(), CloudError> {
    let fields = json!({ "description": description });
    patch(clients, email, fields, "description").await
}

async fn patch(
    clients: &Clients,
    email: &str,
    fields: serde_json::Value,
    mask: &str,
) -> Result<(), CloudError> {
    let (_, project) = parts(email);
    let body = json!({ "serviceAccount": fields, "updateMask": mask });
    // One that was made or restored a moment ago may not be everywhere yet.
    let call = Call::write(PATCH).of_fresh(true);
    let path = path(email);
    let done = clients.call(call, (Api::Iam, project), Method::PATCH, &path, Some(body));
    done.await.map(drop)
}

async fn look(clients: &Clients, ask: &Ask<'_, AccountSpec>) -> Found<AccountSpec> {
    let (wanted, owned) = (ask.wanted()?, ask.owned()?);
    // What is ours is looked at where it is; of a stray the e-mail is all that is known.
    let known = owned.as_ref().or(wanted.as_ref()).map(|spec| &spec.email);
    let stray = ask.id.filter(|id| id.contains('@')).map(str::to_owned);
    let Some(email) = known.cloned().or(stray) else {
        return Ok(None);
    };
    let Some(live) = read(clients, &email, ask.fresh && wanted.is_some()).await? else {
        return Ok(None);
    };
    Ok(Some(Spotted {
        owner: marks::owner_by_description(&live.description),
        id: Some(live.unique_id),
        given: BTreeMap::new(),
        spec: AccountSpec {
            email,
            display_name: live.display_name,
            enabled: !live.disabled,
        },
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}

/// Service accounts of the project that bear the Space's mark and that nobody asked about.
async fn strays(
    clients: &Clients,
    question: &Question<'_, AccountSpec>,
) -> Result<Vec<Stray>, CloudError> {
    let project = &question.place.account;
    let path = format!("/v1/projects/{project}/serviceAccounts?pageSize=100");
    let call = Call::read(LIST);
    let listed: Vec<Live> = clients
        .list(call, (Api::Iam, project), &path, "accounts")
        .await?;
    let stray = |live: Live| {
        let owner = marks::owner_by_description(&live.description);
        question.stray(&owner, live.email)
    };
    Ok(listed.into_iter().filter_map(stray).collect())
}
