//! The SDKs' requests on a [`Wire`] instead of the network.
//!
//! Owns the turn between the SDKs' types and plain ones.

use std::sync::Arc;

use aws_sdk_iam::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use wip_provider::Wire;

/// A client whose requests go over `wire`.
pub(super) fn client(wire: Arc<dyn Wire>) -> SharedHttpClient {
    SharedHttpClient::new(OnWire(wire))
}

#[derive(Clone, Debug)]
struct OnWire(Arc<dyn Wire>);

impl HttpClient for OnWire {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for OnWire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let request = plain(request)?;
            let answer = wire.send(request).await;
            let answer = answer.map_err(|error| ConnectorError::io(error.into()))?;
            let answer = answer.map(SdkBody::from);
            HttpResponse::try_from(answer)
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The request with its whole body, which every request of wip has in memory.
fn plain(request: HttpRequest) -> Result<http::Request<Vec<u8>>, ConnectorError> {
    let request = request
        .try_into_http1x()
        .map_err(|error| ConnectorError::user(error.into()))?;
    let (head, body) = request.into_parts();
    let body = body
        .bytes()
        .ok_or_else(|| ConnectorError::user("a body that is not in memory".into()))?
        .to_vec();
    Ok(http::Request::from_parts(head, body))
}
