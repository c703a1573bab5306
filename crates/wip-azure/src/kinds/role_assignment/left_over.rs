//! Role assignments that bear our mark and that neither the file nor the state means.
//!
//! Azure keeps the assignments of an identity that is gone ("Troubleshoot Azure RBAC"), and an object id tells nobody whose it
//! was. What bears no mark of ours is not looked at: only Microsoft Graph says whose an object id is.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use wip_plan::{Address, Note, Owner, Seen};
use wip_provider::{CloudError, Observed, Question};
use wip_rest::Call;

use super::{AssignmentSpec, Live, collection};
use crate::client::Clients;
use crate::{marks, notes, versions};

/// Looks through the assignments of the subscription, in one listing; `seen` are the answers about what was asked, and the answer has
/// what was found besides.
pub(super) async fn find(
    clients: &Clients,
    question: &Question<'_, AssignmentSpec>,
    seen: &[(Address, Seen)],
) -> Observed {
    let mut found = Observed::default();
    let listed = match listing(clients, &question.place.account).await {
        Ok(listed) => listed,
        Err(error) => {
            found.remarks.push(format!(
                "role assignments that nothing leads to any more were not looked for ({error})"
            ));
            return found;
        }
    };
    let known = known(question, seen);
    let unknown = listed.into_iter().filter_map(|live| {
        let owner = marks::owner_by_description(live.properties.description.as_deref());
        let is_known = known.contains(&live.id.to_lowercase());
        (!is_known && is_ours(&owner, question)).then_some((live, owner))
    });
    // A listing may be behind a delete of a moment ago.
    let reads = unknown.map(|(live, owner)| async {
        let call = Call::read("arm:RoleAssignments_GetById");
        let there: Result<Option<Live>, _> =
            clients.get(call, &live.id, versions::AUTHORIZATION).await;
        matches!(there, Ok(Some(_))).then_some((live, owner))
    });
    for (live, owner) in join_all(reads).await.into_iter().flatten() {
        match question.stray(&owner, &live.id) {
            Some(stray) if question.wide => found.strays.push(stray),
            _ => found.notes.push(note(&live, &owner)),
        }
    }
    found
}

async fn listing(clients: &Clients, subscription: &str) -> Result<Vec<Live>, CloudError> {
    let call = Call::read("arm:RoleAssignments_ListForSubscription");
    let id = collection(&format!("/subscriptions/{subscription}"));
    clients.list(call, &id, versions::AUTHORIZATION, "").await
}

/// Ids, in lower case, of what was asked about: as the state has it, and as it was found.
fn known(question: &Question<'_, AssignmentSpec>, seen: &[(Address, Seen)]) -> BTreeSet<String> {
    let asked = question.asks.iter().filter_map(|ask| ask.id);
    let found = seen.iter().filter_map(|(_, seen)| match seen {
        Seen::Present(live) => live.id.as_deref(),
        Seen::Absent | Seen::Unreadable(_) => None,
    });
    asked.chain(found).map(str::to_lowercase).collect()
}

/// Whether it is of this Space; of another lineage only where all are looked for.
fn is_ours(owner: &Owner, question: &Question<'_, AssignmentSpec>) -> bool {
    match owner {
        Owner::Marked(mark) => {
            mark.space == question.space && (question.wide || mark.lineage == question.lineage)
        }
        Owner::Unmarked | Owner::Unmarkable => false,
    }
}

fn note(live: &Live, owner: &Owner) -> Note {
    let address = match owner {
        Owner::Marked(mark) => mark.address.parse().ok(),
        Owner::Unmarked | Owner::Unmarkable => None,
    };
    Note {
        code: notes::LEFT_OVER.to_owned(),
        address,
        text: format!(
            "a role assignment bears this mark, and neither the file nor the state means it: for the principal {} at {}; \
             az role assignment delete --ids {}",
            live.properties.principal_id, live.properties.scope, live.id
        ),
        of_change: false,
    }
}
