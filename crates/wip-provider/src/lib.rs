//! What a cloud must offer to the engine: kinds, a driver over them, errors and retry classes.
//!
//! Owns the contract between engine and clouds.
//! Knows no particular cloud.

mod ask;
mod driver;
mod erased;
mod error;
mod kind;
mod limits;
mod mismatch;
mod retry;
mod rights;
mod wire;

pub use ask::{Ask, Found, Spotted};
pub use driver::{Cloud, CloudDriver, Driver, Glance, Look, Sights, Trial};
pub use erased::{AnyKind, erase};
pub use error::{Class, CloudError};
pub use kind::{Created, Kind, Observed, Question, Scope, Target, Wanted};
pub use limits::{BadLimit, Bound, Direction, Lane, Limiter, Limits, Slot};
pub use mismatch::{Login, Mismatch};
pub use retry::{Patience, retry};
pub use rights::{AccountRights, Policy, RoleDefinition, RoleRights, TenantRights};
pub use wire::{Wire, WireError};
