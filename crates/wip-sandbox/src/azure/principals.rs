//! Service principals: who bears a client id, and where its federated credentials are.
//!
//! Not here: what makes them (`arm/identities.rs`, `graph`), and what they may do (`access.rs`).

use serde::{Deserialize, Serialize};

use crate::db::Db;

/// Somebody who can get a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Principal {
    pub(crate) tenant: String,
    pub(crate) object_id: String,
    pub(crate) client_id: String,
    /// The prefix of the keys of its federated credentials.
    pub(crate) credentials: String,
}

fn key(tenant: &str, object: &str) -> String {
    format!("azure/principal/{tenant}/{object}").to_lowercase()
}

fn client_key(tenant: &str, client: &str) -> String {
    format!("azure/client/{tenant}/{client}").to_lowercase()
}

/// Adds a principal.
pub(crate) fn add(db: &mut Db, principal: &Principal) {
    db.put(&key(&principal.tenant, &principal.object_id), principal);
    db.put(
        &client_key(&principal.tenant, &principal.client_id),
        principal,
    );
}

/// Takes a principal away.
pub(crate) fn remove(db: &mut Db, tenant: &str, object: &str, client: &str) {
    db.remove(&key(tenant, object));
    db.remove(&client_key(tenant, client));
}

/// The principal of an object id.
pub(crate) fn find(db: &Db, tenant: &str, object: &str) -> Option<Principal> {
    db.get(&key(tenant, object))
}

/// The principal of a client id.
pub(crate) fn of_client(db: &Db, tenant: &str, client: &str) -> Option<Principal> {
    db.get(&client_key(tenant, client))
}
