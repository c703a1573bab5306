//! `azure/role-assignment`: a role that a managed identity or an application has at a scope.
//!
//! Owns its name, which follows from the three, and so from an id that Azure makes: the kind resolves the identity itself, and a
//! spec names it by its own id. Nothing of an assignment can be changed; its description is its mark. One of the same three
//! that somebody else made is shared: used, and never deleted.
//! Source: `RoleAssignments_*` (Microsoft.Authorization); "Troubleshoot Azure RBAC".

mod left_over;
mod rights;

use std::collections::BTreeMap;

use futures_util::future::join_all;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use wip_plan::{Edge, Existing, Field, Relation};
use wip_provider::{
    Ask, Class, CloudError, Created, Found, Kind, Observed, Question, Scope, Spotted, Target,
    Wanted,
};
use wip_rest::Call;

use super::existing_identity;
use crate::facts::{Fact, Facts};
use crate::places::{place, subscription_of};
use crate::{Azure, marks, places, roles, versions};
pub(crate) use rights::rights;

const PUT: &str = "arm:RoleAssignments_Create";
const LIST: &str = "arm:RoleAssignments_ListForScope";

/// The namespace of the names that wip makes: a UUID of its own, made once.
const NAMESPACE: Uuid = Uuid::from_u128(0x9c1f_6f0e_52d7_4b0a_8a4e_3d2b_7e61_c5a8);

/// The kind.
pub(crate) struct RoleAssignment;

/// A role assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AssignmentSpec {
    /// Who has the role: the id of a managed identity or an application; of a live one for somebody else, `principal GUID`.
    principal: String,
    /// The role's name, for people.
    role: String,
    /// The GUID of its definition.
    definition: String,
    /// The resource id at which it counts.
    scope: String,
}

impl Kind for RoleAssignment {
    const NAME: &'static str = "azure/role-assignment";
    const SUMMARY: &'static str =
        "A role assignment: a role that a managed identity or an application has at a scope.";
    const EXISTING: Existing = Existing::Shared;
    const FIELDS: &'static [Field] = &[
        Field {
            path: "principal",
            replaces: true,
            sensitive: false,
        },
        Field {
            path: "definition",
            replaces: true,
            sensitive: false,
        },
        Field {
            path: "scope",
            replaces: true,
            sensitive: false,
        },
    ];
    type Spec = AssignmentSpec;
    type Cloud = Azure;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<AssignmentSpec>> {
        let mut wants = Vec::new();
        for identity in &scope.space.entra {
            let needs = places::needs(identity, &scope.space.name);
            let principal = identity.principal.id();
            let is_missing = !identity.principal.is_made()
                && matches!(facts.credentials.get(&principal), Some(Fact::Known(None)));
            for given in roles::of(identity, scope.space, facts) {
                let spec = match is_missing {
                    true => Err(existing_identity::none(&identity.principal)),
                    false => given.role.map(|(role, definition)| AssignmentSpec {
                        principal: principal.clone(),
                        role,
                        definition,
                        scope: given.scope.clone(),
                    }),
                };
                wants.push(Wanted {
                    name: format!("{}/{}", identity.name, given.name),
                    place: place(subscription_of(&given.scope)),
                    spec,
                    needs: needs.iter().cloned().chain(given.needs).collect(),
                    links: needs.clone(),
                });
            }
        }
        wants
    }

    fn edges(spec: &AssignmentSpec) -> Vec<Edge> {
        vec![
            Edge::ActsAs {
                who: spec
                    .principal
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                at: String::new(),
            },
            Edge::May {
                verb: spec.role.clone(),
                on: short(&spec.scope),
            },
        ]
    }

    async fn observe(cloud: &Azure, question: Question<'_, AssignmentSpec>) -> Observed {
        let looks = question.asks.iter().map(|ask| async {
            let found = look(cloud, ask).await;
            ask.answer(found)
        });
        let seen = join_all(looks).await;
        let besides = left_over::find(&cloud.clients, &question, &seen).await;
        Observed { seen, ..besides }
    }

    async fn create(
        cloud: &Azure,
        at: &Target<'_>,
        spec: &AssignmentSpec,
    ) -> Result<Created, CloudError> {
        let principal = principal(cloud, spec).await?;
        // A PUT turns one of this name into this one, whoever's it is.
        if alike(
            &assignments(cloud, &spec.scope, &principal).await?,
            spec,
            &principal,
        )
        .is_some()
        {
            let words = "the identity has this role at this scope already";
            return Err(CloudError::local(Class::Conflict, PUT, words));
        }
        let name = name(spec, &principal);
        let id = format!("{}/{name}", collection(&spec.scope));
        put(cloud, at, &id, spec, &principal)
            .await
            .map(Created::with_id)
    }

    /// Everything that can be told apart is replaced: what is left is the name of the role, for people.
    async fn update(
        cloud: &Azure,
        at: &Target<'_>,
        _from: &AssignmentSpec,
        to: &AssignmentSpec,
    ) -> Result<(), CloudError> {
        Self::mark(cloud, at, to).await
    }

    async fn mark(cloud: &Azure, at: &Target<'_>, live: &AssignmentSpec) -> Result<(), CloudError> {
        let principal = principal(cloud, live).await?;
        let id = own_id(at, live, &principal);
        put(cloud, at, &id, live, &principal).await.map(drop)
    }

    async fn unmark(
        cloud: &Azure,
        at: &Target<'_>,
        live: &AssignmentSpec,
    ) -> Result<(), CloudError> {
        let principal = principal(cloud, live).await?;
        let id = own_id(at, live, &principal);
        write(cloud, &id, live, &principal, "").await.map(drop)
    }

    async fn delete(
        cloud: &Azure,
        at: &Target<'_>,
        from: &AssignmentSpec,
    ) -> Result<(), CloudError> {
        // Somebody else's is used, and nothing of it is ours.
        if at.relation == Relation::Shared {
            return Ok(());
        }
        let id = match at.id {
            Some(id) => id.to_owned(),
            None => own_id(at, from, &principal(cloud, from).await?),
        };
        let call = "arm:RoleAssignments_Delete";
        cloud
            .clients
            .delete(call, &id, versions::AUTHORIZATION)
            .await
    }
}

/// A role assignment as Azure has it.
#[derive(Clone, Debug, Deserialize)]
struct Live {
    id: String,
    properties: LiveProperties,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LiveProperties {
    role_definition_id: String,
    principal_id: String,
    scope: String,
    description: Option<String>,
    condition: Option<String>,
}

impl Live {
    fn definition(&self) -> String {
        let last = self.properties.role_definition_id.rsplit('/').next();
        last.unwrap_or_default().to_lowercase()
    }
}

/// Stands before the object id of a principal that is not the identity's.
const STRANGER: &str = "principal ";

/// The object id that a spec means: of what Azure made of the identity, `None` where that is not there, or of a principal read before.
async fn meant(cloud: &Azure, spec: &AssignmentSpec) -> Result<Option<String>, CloudError> {
    match spec.principal.strip_prefix(STRANGER) {
        Some(object) => Ok(Some(object.to_owned())),
        None => {
            let principal = cloud.clients.principal(&spec.principal).await?;
            Ok(principal.map(|made| made.object))
        }
    }
}

/// The same, where it must be there.
async fn principal(cloud: &Azure, spec: &AssignmentSpec) -> Result<String, CloudError> {
    meant(cloud, spec).await?.ok_or_else(|| {
        let words = format!(
            "there is no {} {}",
            places::noun(&spec.principal),
            spec.principal
        );
        CloudError::local(Class::Missing, PUT, words)
    })
}

/// The name of an assignment: the same for the same three, in any run.
fn name(spec: &AssignmentSpec, principal: &str) -> Uuid {
    let text = format!(
        "{}|{}|{}",
        spec.scope.to_lowercase(),
        principal.to_lowercase(),
        spec.definition
    );
    Uuid::new_v5(&NAMESPACE, text.as_bytes())
}

fn collection(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments")
}

fn own_id(at: &Target<'_>, spec: &AssignmentSpec, principal: &str) -> String {
    match at.id {
        Some(id) => id.to_owned(),
        None => format!("{}/{}", collection(&spec.scope), name(spec, principal)),
    }
}

/// What of a scope people read: `acmebackups/backups`, `acme-kv`.
fn short(scope: &str) -> String {
    let parts: Vec<&str> = scope.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [
            ..,
            account,
            "blobServices",
            "default",
            "containers",
            container,
        ] => {
            format!("{account}/{container}")
        }
        [.., last] => (*last).to_owned(),
        [] => scope.to_owned(),
    }
}

/// The roles of a principal at a scope, above it and below it.
async fn assignments(cloud: &Azure, scope: &str, principal: &str) -> Result<Vec<Live>, CloudError> {
    let filter = format!("principalId eq '{principal}'");
    let filter = format!(
        "&$filter={}",
        utf8_percent_encode(&filter, NON_ALPHANUMERIC)
    );
    let call = Call::read(LIST);
    let id = collection(scope);
    cloud
        .clients
        .list(call, &id, versions::AUTHORIZATION, &filter)
        .await
}

/// The one among them that gives this role at this very scope.
fn alike<'a>(all: &'a [Live], spec: &AssignmentSpec, principal: &str) -> Option<&'a Live> {
    all.iter().find(|live| {
        let properties = &live.properties;
        properties.scope.eq_ignore_ascii_case(&spec.scope)
            && properties.principal_id.eq_ignore_ascii_case(principal)
            && live.definition() == spec.definition
    })
}

async fn look(cloud: &Azure, ask: &Ask<'_, AssignmentSpec>) -> Found<AssignmentSpec> {
    let (wanted, owned) = (ask.wanted()?, ask.owned()?);
    // What is ours is looked at where it is.
    let Some(known) = owned.as_ref().or(wanted.as_ref()) else {
        return match ask.id {
            Some(id) => stray(cloud, id).await,
            None => Ok(None),
        };
    };
    let principal = meant(cloud, known).await?;
    let all = match &principal {
        Some(principal) => assignments(cloud, &known.scope, principal).await?,
        None => Vec::new(),
    };
    // The one that the state knows may be for somebody who was there before: then it is read by itself.
    let own = ask
        .id
        .map(|id| all.iter().find(|live| live.id.eq_ignore_ascii_case(id)));
    let live = match (own, ask.id) {
        (Some(Some(live)), _) => Some(live.clone()),
        (Some(None), Some(id)) => {
            let call =
                Call::read("arm:RoleAssignments_GetById").of_fresh(ask.fresh && wanted.is_some());
            cloud.clients.get(call, id, versions::AUTHORIZATION).await?
        }
        _ => None,
    };
    let alike = principal
        .as_ref()
        .and_then(|principal| alike(&all, known, principal));
    let Some(live) = live.or(alike.cloned()) else {
        return Ok(None);
    };
    // A write of ours would take it off, and with it a limit of what the identity may.
    let condition = live.properties.condition.as_deref();
    if let Some(condition) = condition.filter(|text| !text.is_empty() && wanted.is_some()) {
        let words = format!(
            "the role assignment {} has a condition, which wip does not write: take it off, or delete the assignment; it says \
             {condition}",
            live.id
        );
        return Err(CloudError::local(Class::Final, LIST, words));
    }
    Ok(Some(spotted(live, known, principal.as_deref())))
}

/// One of which the id is all that is known.
async fn stray(cloud: &Azure, id: &str) -> Found<AssignmentSpec> {
    let call = Call::read("arm:RoleAssignments_GetById");
    let live: Option<Live> = cloud.clients.get(call, id, versions::AUTHORIZATION).await?;
    Ok(live.map(|live| {
        let known = AssignmentSpec {
            principal: String::new(),
            role: live.definition(),
            definition: live.definition(),
            scope: live.properties.scope.clone(),
        };
        spotted(live, &known, None)
    }))
}

fn spotted(live: Live, known: &AssignmentSpec, principal: Option<&str>) -> Spotted<AssignmentSpec> {
    let definition = live.definition();
    let is_same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let object = &live.properties.principal_id;
    let is_theirs = principal.is_some_and(|principal| is_same(principal, object));
    let is_here = is_same(&live.properties.scope, &known.scope);
    Spotted {
        owner: marks::owner_by_description(live.properties.description.as_deref()),
        spec: AssignmentSpec {
            principal: match is_theirs {
                true => known.principal.clone(),
                false => format!("{STRANGER}{object}"),
            },
            role: match definition == known.definition {
                true => known.role.clone(),
                false => definition.clone(),
            },
            definition,
            scope: match is_here {
                true => known.scope.clone(),
                false => live.properties.scope.clone(),
            },
        },
        id: Some(live.id),
        given: BTreeMap::new(),
        objections: Vec::new(),
        remarks: Vec::new(),
    }
}

async fn put(
    cloud: &Azure,
    at: &Target<'_>,
    id: &str,
    spec: &AssignmentSpec,
    principal: &str,
) -> Result<String, CloudError> {
    write(cloud, id, spec, principal, &marks::description(at.mark)).await
}

/// Writes it; answers its id.
async fn write(
    cloud: &Azure,
    id: &str,
    spec: &AssignmentSpec,
    principal: &str,
    description: &str,
) -> Result<String, CloudError> {
    let subscription = subscription_of(&spec.scope);
    let definition = format!(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}",
        spec.definition
    );
    let body = json!({
        "properties": {
            "roleDefinitionId": definition,
            "principalId": principal,
            // Without it the directory is asked, which may not know the identity yet ("Troubleshoot Azure RBAC").
            "principalType": "ServicePrincipal",
            "description": description,
        },
    });
    let call = Call::write(PUT);
    let answer = cloud
        .clients
        .call(call, Method::PUT, id, versions::AUTHORIZATION, Some(body));
    let live: Live = answer.await?.json()?;
    Ok(live.id)
}
