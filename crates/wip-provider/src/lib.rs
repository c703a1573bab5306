//! What a cloud must offer to the engine: kinds, a driver over them, errors and retry classes.
//!
//! Owns the contract between engine and clouds.
//! Knows no particular cloud.

mod driver;
mod error;
mod kind;
mod retry;

pub use driver::{AnyKind, Cloud, CloudDriver, Driver, Glance, Look, Mismatch, Sights, erase};
pub use error::{Class, CloudError};
pub use kind::{Ask, Kind, Observed, Question, Scope, Spotted, Target, Wanted};
pub use retry::{Patience, retry};
