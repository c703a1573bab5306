//! The wire: HTTP requests to clouds as plain values, so that something else than the network can
//! answer them.
//!
//! Owns the contract alone. Without a wire, each cloud's own client goes to the network itself.

use std::fmt;

use futures_util::future::BoxFuture;

/// Something that answers HTTP requests in the place of the network.
///
/// The answer is whole: a body that ends too early is [`WireError::Reset`]. A future that never
/// ends is a server that never answers.
pub trait Wire: fmt::Debug + Send + Sync {
    /// Answers one request, whose URI has scheme and host.
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'static, Result<http::Response<Vec<u8>>, WireError>>;
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Nobody listens: the request has surely had no effect.
    #[error("connection refused")]
    Refused,
    /// The connection broke: the request may or may not have had its effect.
    #[error("connection reset by peer")]
    Reset,
}
