//! The sandbox behind the clients without a socket, so that time can be virtual.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::time::Instant;
use wip_provider::{Wire, WireError};
use wip_sandbox::{Logged, Reply, Sandbox};

/// A sandbox as a [`Wire`].
pub(super) struct InMemory {
    sandbox: Arc<Sandbox>,
    /// How long each answer takes; then the log goes into `calls`.
    latency: Option<Duration>,
    calls: Arc<Mutex<Vec<Timed>>>,
}

/// A call that was answered.
#[derive(Clone, Debug)]
pub(super) struct Timed {
    pub(super) call: Logged,
    pub(super) from: Instant,
    pub(super) to: Instant,
}

impl InMemory {
    /// One that answers at once.
    pub(super) fn new(sandbox: Arc<Sandbox>) -> Self {
        Self {
            sandbox,
            latency: None,
            calls: Arc::default(),
        }
    }

    /// One whose answers take that long.
    pub(super) fn slow(sandbox: Arc<Sandbox>, latency: Duration) -> Self {
        Self {
            latency: Some(latency),
            ..Self::new(sandbox)
        }
    }

    /// The calls since this was asked last, in the order of their answers.
    pub(super) fn take(&self) -> Vec<Timed> {
        std::mem::take(&mut self.calls.lock().expect("one thread"))
    }
}

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
        let (sandbox, calls, latency) = (
            Arc::clone(&self.sandbox),
            Arc::clone(&self.calls),
            self.latency,
        );
        async move {
            let from = Instant::now();
            let reply = sandbox.handle(&request.into());
            if let Some(latency) = latency {
                let logged = sandbox.log().pop();
                sandbox.clear_log();
                tokio::time::sleep(latency).await;
                let to = Instant::now();
                let call = logged.map(|call| Timed { call, from, to });
                calls.lock().expect("one thread").extend(call);
            }
            match reply {
                Reply::Answer(answer) => Ok(answer.into_http().expect("an answer")),
                Reply::Truncated(_) | Reply::Closed => Err(WireError::Reset),
                Reply::Hangs | Reply::Held(..) => std::future::pending().await,
            }
        }
        .boxed()
    }
}
