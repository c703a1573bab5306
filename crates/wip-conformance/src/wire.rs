//! A sandbox as a wire: no socket, so that time can be virtual.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _};
use wip_provider::{Wire, WireError};
use wip_sandbox::{Reply, Sandbox};

/// A sandbox as a wire; an answer takes as long as the sandbox says, and whoever else is under way comes in between.
pub struct InMemory(pub Arc<Sandbox>);

impl std::fmt::Debug for InMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InMemory")
    }
}

impl Wire for InMemory {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'static, Result<http::Response<Vec<u8>>, WireError>> {
        let sandbox = Arc::clone(&self.0);
        async move {
            tokio::task::yield_now().await;
            match sandbox.handle(&request.into()) {
                Reply::Answer(answer) => {
                    tokio::time::sleep(answer.takes).await;
                    answer.into_http().map_err(|_| WireError::Reset)
                }
                Reply::Truncated(_) | Reply::Closed => Err(WireError::Reset),
                Reply::Hangs | Reply::Held(..) => std::future::pending().await,
            }
        }
        .boxed()
    }
}
