//! The sandbox as the wire of wip: no socket, so that time can be virtual.
//!
//! Owns what becomes of an answer that does not come, and what a seeded bug makes of a request.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::sync::Notify;
use wip_provider::{Wire, WireError};
use wip_sandbox::{Reply, Request, Sandbox};

use crate::bug::Bug;

/// A sandbox behind a command line.
#[derive(Clone)]
pub(crate) struct Loopback {
    pub(crate) sandbox: Arc<Sandbox>,
    /// A connection that closes before the call had an effect was never there.
    pub(crate) refuses: bool,
    /// Told when a call hangs.
    pub(crate) hangs: Arc<Notify>,
    /// What is wrong with wip.
    pub(crate) bug: Option<Bug>,
    /// Where requests are kept, if anybody wants to read them.
    pub(crate) heard: Option<Heard>,
}

/// The requests of a run, in their order, as they were on the wire.
pub(crate) type Heard = Arc<Mutex<Vec<Request>>>;

impl std::fmt::Debug for Loopback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Loopback")
    }
}

impl Wire for Loopback {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'static, Result<http::Response<Vec<u8>>, WireError>> {
        let wire = self.clone();
        async move {
            let mut request = Request::from(request);
            if let Some(bug) = wire.bug {
                bug.spoil(&mut request);
            }
            if let Some(heard) = &wire.heard {
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.push(request.clone());
            }
            match wire.sandbox.handle(&request) {
                Reply::Answer(answer) => {
                    if !answer.takes.is_zero() {
                        tokio::time::sleep(answer.takes).await;
                    }
                    answer.into_http().map_err(|_| WireError::Reset)
                }
                Reply::Closed if wire.refuses => Err(WireError::Refused),
                Reply::Truncated(_) | Reply::Closed => Err(WireError::Reset),
                Reply::Hangs | Reply::Held(..) => {
                    wire.hangs.notify_one();
                    std::future::pending().await
                }
            }
        }
        .boxed()
    }
}
