//! What ends a run before or while it does its work.

use wip_provider::{CloudError, Mismatch};
use wip_state::StateError;

/// What ends a run; failures of single steps are no such errors.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The credentials are not those that the file names.
    #[error("the credentials do not fit the Space file")]
    Mismatch(#[source] Box<Mismatch>),
    /// A cloud could not say what must be known before anything can be planned.
    #[error("the facts could not be read")]
    Facts(#[source] Box<CloudError>),
    /// Nothing that is compiled in can reach this cloud.
    #[error("this wip was built without support for `{0}`")]
    NoDriver(String),
    /// The journal or the state could not be written.
    #[error("the state could not be kept")]
    State(#[from] StateError),
}
