//! `azure/application`: an application of Microsoft Entra with its service principal, which the workloads of one identity of the
//! Space sign in as.
//!
//! Owns its name, who may sign in to it, its tags, and that it has a service principal. Its credentials and its roles are kinds of
//! their own. Names are not unique in a tenant, so that it is found by its key alone (`uniqueName`); what a delete leaves in the
//! tenant's bin keeps the key for 30 days, and so what wip made is taken out of there too.
//! Source: "application resource type", "Upsert application", "Delete application", "Permanently delete item" (Graph reference);
//! microsoftgraph/msgraph-bicep-types#137.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use wip_plan::{Edge, Existing, Field, Place, Stray};
use wip_provider::{
    Ask, Class, CloudError, Created, Found, Kind, Observed, Question, Scope, Spotted, Target,
    Wanted,
};
use wip_rest::{Call, Request};
use wip_space::EntraPrincipal;

use super::identity::ANOTHER_CLIENT;
use crate::client::{Clients, Principal};
use crate::facts::Facts;
use crate::{Azure, graph, marks, places};

/// Only users and workloads of the tenant itself ("application resource type": `signInAudience`).
const OWN_TENANT: &str = "AzureADMyOrg";

const CREATE: &str = "graph:Applications_Create";
const BIN: &str = "graph:DeletedItems_Get";

/// The kind.
pub(crate) struct Application;

/// An application with its service principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ApplicationSpec {
    /// `/tenants/TENANT/applications/KEY`; the key never changes.
    id: String,
    /// For people.
    display_name: String,
    /// Of which tenants somebody may sign in to it.
    sign_in_audience: String,
    /// Whether it has one: without it, it has no roles and gets no tokens.
    service_principal: bool,
    /// `KEY=VALUE`, of the Space; other tags on it are nobody's business here.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    tags: BTreeSet<String>,
}

impl Kind for Application {
    const NAME: &'static str = "azure/application";
    const SUMMARY: &'static str = "An application of Microsoft Entra with its service principal: what the workloads of an identity sign in to Azure as.";
    const EXISTING: Existing = Existing::Ask;
    const FIELDS: &'static [Field] = &[Field {
        path: "id",
        replaces: true,
        sensitive: false,
    }];
    type Spec = ApplicationSpec;
    type Cloud = Azure;

    fn desire(scope: &Scope<'_>, _facts: &Facts) -> Vec<Wanted<ApplicationSpec>> {
        let labels = scope.space.labels.iter();
        let tags: BTreeSet<String> = labels
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let all = scope.space.entra.iter();
        let made = all.filter_map(|identity| match &identity.principal {
            EntraPrincipal::Application(application) => Some((identity, application)),
            EntraPrincipal::Managed(_) => None,
        });
        let want = made.map(|(identity, application)| Wanted {
            name: identity.name.clone(),
            place: places::home(identity),
            spec: Ok(ApplicationSpec {
                id: application.id(),
                display_name: application.display_name.clone(),
                sign_in_audience: OWN_TENANT.to_owned(),
                service_principal: true,
                tags: tags.clone(),
            }),
            needs: BTreeSet::new(),
            links: BTreeSet::new(),
        });
        want.collect()
    }

    fn edges(_spec: &ApplicationSpec) -> Vec<Edge> {
        Vec::new()
    }

    fn interrupts(from: &ApplicationSpec, to: &ApplicationSpec) -> Option<String> {
        let is_another = !from.id.eq_ignore_ascii_case(&to.id);
        is_another.then(|| ANOTHER_CLIENT.to_owned())
    }

    /// Its credentials are written one after another, and not while it is.
    fn serial(_place: &Place, spec: &ApplicationSpec) -> Option<String> {
        Some(spec.id.to_lowercase())
    }

    async fn observe(cloud: &Azure, question: Question<'_, ApplicationSpec>) -> Observed {
        let looks = question.asks.iter().map(|ask| async {
            let found = look(&cloud.clients, ask).await;
            ask.answer(found)
        });
        let mut observed = Observed {
            seen: join_all(looks).await,
            ..Observed::default()
        };
        if question.wide {
            observed.besides("applications", strays(&cloud.clients, &question).await);
        }
        observed
    }

    async fn create(
        cloud: &Azure,
        at: &Target<'_>,
        spec: &ApplicationSpec,
    ) -> Result<Created, CloudError> {
        let clients = &cloud.clients;
        // What makes it turns one that is there into this one, whoever's it is.
        if graph::application(clients, &spec.id, false)
            .await?
            .is_some()
        {
            let words = "an application of this key is there already";
            return Err(CloudError::local(Class::Conflict, CREATE, words));
        }
        let (tenant, path) = graph::place(&spec.id)?;
        let (call, tags) = (Call::write(CREATE), all_tags(at, spec, Vec::new()));
        let body = body(spec, &tags);
        if let Err(error) = graph::patch(clients, call, tenant, path, body, graph::CREATE).await {
            return Err(match error.class {
                Class::Conflict => deleted(&spec.id, error),
                _ => error,
            });
        }
        let live = graph::application(clients, &spec.id, true).await?;
        let live = live.ok_or_else(gone)?;
        let principal = ensure(clients, &spec.id, &live).await?;
        Ok(created(live, Some(principal)))
    }

    async fn update(
        cloud: &Azure,
        at: &Target<'_>,
        from: &ApplicationSpec,
        to: &ApplicationSpec,
    ) -> Result<(), CloudError> {
        let clients = &cloud.clients;
        let live = graph::application(clients, &to.id, false).await?;
        let mut live = live.ok_or_else(gone)?;
        let mut others = live.tags;
        others.retain(|text| !from.tags.contains(text) && !marks::is_text_of_mark(text));
        let tags = all_tags(at, to, others);
        write(clients, to, &tags).await?;
        if to.service_principal {
            live.tags = tags.into_iter().collect();
            ensure(clients, &to.id, &live).await?;
        }
        Ok(())
    }

    async fn mark(
        cloud: &Azure,
        at: &Target<'_>,
        live: &ApplicationSpec,
    ) -> Result<(), CloudError> {
        Self::update(cloud, at, live, live).await
    }

    async fn unmark(
        cloud: &Azure,
        _at: &Target<'_>,
        live: &ApplicationSpec,
    ) -> Result<(), CloudError> {
        let found = graph::application(&cloud.clients, &live.id, false).await?;
        let mut tags = found.ok_or_else(gone)?.tags;
        tags.retain(|text| !marks::is_text_of_mark(text));
        write(&cloud.clients, live, &tags.into_iter().collect()).await
    }

    async fn delete(
        cloud: &Azure,
        at: &Target<'_>,
        from: &ApplicationSpec,
    ) -> Result<(), CloudError> {
        let clients = &cloud.clients;
        clients.take_listing(&from.id);
        let (tenant, path) = graph::place(&from.id)?;
        let call = Call::write("graph:Applications_Delete");
        let request = Request::new(Method::DELETE, path);
        let deleted = clients.graph(call, tenant, request).await;
        clients.keep_principal(&from.id, None);
        match (&deleted, at.id) {
            // Where an answer was lost, it is gone and in the bin.
            (Err(error), _) if error.class != Class::Missing => {}
            (_, Some(object)) => {
                remove_from_bin(clients, tenant, object, deleted.is_ok()).await?;
            }
            (_, None) => {}
        }
        deleted.map(drop)
    }
}

fn gone() -> CloudError {
    let words = "the application is not there";
    CloudError::local(Class::Missing, "graph:Applications_Get", words)
}

/// The key is in use, and nobody has it.
fn deleted(id: &str, error: CloudError) -> CloudError {
    let key = id.rsplit('/').next().unwrap_or_default();
    let words = format!(
        "an application that was deleted less than 30 days ago has the key {key}: restore it, remove it for good, or give \
         `application: {{ uniqueName: … }}` another one; `az rest --url \
         https://graph.microsoft.com/v1.0/directory/deletedItems/microsoft.graph.application` lists what was deleted, and \
         `az rest --method delete --url https://graph.microsoft.com/v1.0/directory/deletedItems/ID` removes one for good"
    );
    CloudError {
        class: Class::Final,
        message: format!("{} ({words})", error.message),
        ..error
    }
}

/// Takes what was just deleted out of the tenant's bin, where it would keep its key; a fresh one may not be in it yet.
async fn remove_from_bin(
    clients: &Clients,
    tenant: &str,
    object: &str,
    fresh: bool,
) -> Result<(), CloudError> {
    let request = |method| Request::new(method, bin(object));
    let look = Call::read(BIN).of_fresh(fresh);
    let removed = match clients.graph(look, tenant, request(Method::GET)).await {
        Ok(_) => {
            let call = Call::write("graph:DeletedItems_Delete");
            clients.graph(call, tenant, request(Method::DELETE)).await
        }
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.class == Class::Missing => Ok(()),
        removed => removed.map(drop),
    }
}

/// Applications of the tenant that bear the Space's mark and that nobody asked about.
async fn strays(
    clients: &Clients,
    question: &Question<'_, ApplicationSpec>,
) -> Result<Vec<Stray>, CloudError> {
    let Some(tenant) = places::tenant_of(&question.place.account) else {
        return Ok(Vec::new());
    };
    let filter = marks::filter(question.space);
    let filter = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
    let call = Call::read("graph:Applications_List");
    let path = format!("/applications?$filter={filter}");
    let listed: Vec<graph::Live> = clients.graph_list(call, tenant, &path).await?;
    let stray = |live: graph::Live| {
        let name = live.unique_name?;
        let id = format!("/{}/applications/{name}", question.place.account);
        question.stray(&marks::owner_by_texts(&live.tags), id)
    };
    Ok(listed.into_iter().filter_map(stray).collect())
}

/// Makes its service principal where it has none, and keeps both.
async fn ensure(clients: &Clients, id: &str, live: &graph::Live) -> Result<Principal, CloudError> {
    let (tenant, _) = graph::place(id)?;
    let principal = graph::ensure_principal(clients, tenant, live).await?;
    clients.keep_principal(id, Some(principal.clone()));
    Ok(principal)
}

/// The object id tells one application from another of the same key, which was made after it.
fn created(live: graph::Live, principal: Option<Principal>) -> Created {
    let principal = principal.map(|it| ("principalId".to_owned(), it.object));
    Created {
        id: Some(live.id),
        given: [("clientId".to_owned(), live.app_id)]
            .into_iter()
            .chain(principal)
            .collect(),
    }
}

async fn look(clients: &Clients, ask: &Ask<'_, ApplicationSpec>) -> Found<ApplicationSpec> {
    let (wanted, owned) = (ask.wanted()?, ask.owned()?);
    // What is ours is looked at where it is; of a stray the id is all that is known.
    let known = owned.as_ref().or(wanted.as_ref()).map(|spec| &spec.id);
    let stray = ask.id.filter(|id| id.starts_with('/')).map(str::to_owned);
    let Some(known) = known.cloned().or(stray) else {
        return Ok(None);
    };
    let fresh = ask.fresh && wanted.is_some();
    let (tenant, _) = graph::place(&known)?;
    let live = match graph::application(clients, &known, fresh).await? {
        None if wanted.is_none() => in_bin(clients, tenant, ask.id).await?,
        live => live,
    };
    let Some(live) = live else {
        clients.keep_principal(&known, None);
        return Ok(None);
    };
    let principal = graph::principal_of(clients, tenant, &live, false).await?;
    clients.keep_principal(&known, principal.clone());
    let specs = [&wanted, &owned].into_iter().flatten();
    let keys: BTreeSet<&str> = specs
        .flat_map(|spec| &spec.tags)
        .map(|it| key(it))
        .collect();
    let spec = ApplicationSpec {
        id: known,
        display_name: live.display_name.clone(),
        sign_in_audience: live.sign_in_audience.clone(),
        service_principal: principal.is_some(),
        tags: live
            .tags
            .iter()
            .filter(|text| keys.contains(key(text)))
            .cloned()
            .collect(),
    };
    let owner = marks::owner_by_texts(&live.tags);
    let Created { id, given } = created(live, principal);
    Ok(Some(Spotted {
        id,
        given,
        spec,
        owner,
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}

/// What nobody wants any more and is in the bin, because the run that deleted it died before it emptied that.
async fn in_bin(
    clients: &Clients,
    tenant: &str,
    object: Option<&str>,
) -> Result<Option<graph::Live>, CloudError> {
    let Some(object) = object.filter(|id| !id.starts_with('/')) else {
        return Ok(None);
    };
    let call = Call::read(BIN);
    graph::get(clients, call, tenant, bin(object)).await
}

/// Where a deleted application of this object id lies for 30 days.
fn bin(object: &str) -> String {
    let object = utf8_percent_encode(object, NON_ALPHANUMERIC);
    format!("/directory/deletedItems/{object}")
}

/// What stands before the `=` of a tag.
fn key(tag: &str) -> &str {
    tag.split_once('=').map_or(tag, |(key, _)| key)
}

/// Its tags with its mark; `others` are those that somebody else put on it.
fn all_tags(at: &Target<'_>, spec: &ApplicationSpec, others: Vec<String>) -> BTreeSet<String> {
    let own = spec.tags.iter().cloned().chain(marks::texts(at.mark));
    others.into_iter().chain(own).collect()
}

fn body(spec: &ApplicationSpec, tags: &BTreeSet<String>) -> serde_json::Value {
    json!({
        "displayName": spec.display_name,
        "signInAudience": spec.sign_in_audience,
        "tags": tags,
    })
}

async fn write(
    clients: &Clients,
    spec: &ApplicationSpec,
    tags: &BTreeSet<String>,
) -> Result<(), CloudError> {
    let (tenant, path) = graph::place(&spec.id)?;
    let call = Call::write("graph:Applications_Update");
    graph::patch(clients, call, tenant, path, body(spec, tags), &[]).await
}
