//! `/_simfra/ca`: the certificate that clients of caches with encryption in transit are to trust.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;

/// The routes of this resource.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/ca", get(certificate))
}

/// PEM: `curl -o ca.pem` makes the file that every client takes.
async fn certificate(State(app): State<Arc<App>>) -> Response {
    ([(CONTENT_TYPE, "application/x-pem-file")], app.certificates.authority_pem()).into_response()
}
