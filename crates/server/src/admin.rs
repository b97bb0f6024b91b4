//! The admin API, `/_simfra/*`: JSON in whatever Content-Type, JSON out, errors as `{"error": …}`.
//!
//! Owns what all its routes share; the routes themselves come from what they administer.

mod ca;
mod forwards;
mod names;
mod reset;

use std::sync::Arc;

use axum::extract::{FromRequest, OriginalUri, Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::app::{App, Behind};
use crate::config::Secret;

/// Where health is told: the one route that asks for no token.
const HEALTH: &str = "/_simfra/health";

/// The admin API: health, and `routes`, whose paths are below `/_simfra`. With a `token`, all but health asks for it.
pub fn router(health: Health, token: Option<Secret>, routes: Router) -> Router {
    let below = Router::new()
        .route("/health", get(tell_health).with_state(health))
        .merge(routes)
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method);
    let all = Router::new().nest("/_simfra", below).fallback(unknown_path);
    match token {
        Some(token) => all.layer(middleware::from_fn_with_state(Arc::new(token), ask_for_token)),
        None => all,
    }
}

/// The routes of what `app` has.
pub fn routes(app: Arc<App>) -> Router {
    Router::new()
        .merge(ca::routes())
        .merge(forwards::routes())
        .merge(names::routes())
        .merge(reset::routes())
        .with_state(app)
}

/// What stands behind the API, once Simfra has started.
fn behind(app: &App) -> Result<&Behind, AdminError> {
    let starting = || {
        AdminError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Simfra is starting; GET /_simfra/health tells when it serves",
        )
    };
    app.behind().ok_or_else(starting)
}

/// An error answer: at least status 400, and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminError {
    /// The HTTP status.
    pub status: StatusCode,
    /// What is wrong, and what to do.
    pub message: String,
}

impl AdminError {
    /// An error of `status` that says `message`.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

impl IntoResponse for AdminError {
    fn into_response(self) -> Response {
        (self.status, Json(serde_json::json!({ "error": self.message }))).into_response()
    }
}

/// A request's body as JSON, whatever its Content-Type says: curl says that it is a form.
#[derive(Debug, Clone, Copy)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = AdminError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AdminError> {
        let unreadable = |error: String| {
            AdminError::new(
                StatusCode::BAD_REQUEST,
                format!("the body is not the JSON that is expected: {error}"),
            )
        };
        let bytes =
            Bytes::from_request(request, state).await.map_err(|error| unreadable(error.body_text()))?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| unreadable(error.to_string()))
    }
}

/// What `GET /_simfra/health` tells, and the means to change it.
#[derive(Debug, Clone)]
pub struct Health(watch::Sender<Option<Healthy>>);

/// A Simfra that serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Healthy {
    /// How many AWS services there are.
    pub services: usize,
    /// Whether engines run in Docker.
    pub docker_enabled: bool,
    /// Whether everything survives a restart.
    pub persistence_enabled: bool,
    /// The account of requests that name none.
    pub default_account_id: String,
    /// The region of requests that name none.
    pub default_region: String,
    /// `docker`, `process` or `none`.
    pub runtime: &'static str,
}

impl Health {
    /// Of a Simfra that is starting.
    pub fn bootstrapping() -> Self {
        Self(watch::Sender::new(None))
    }

    /// From now on it serves.
    pub fn serve(&self, healthy: Healthy) {
        self.0.send_replace(Some(healthy));
    }
}

async fn tell_health(State(health): State<Health>) -> Response {
    #[derive(Serialize)]
    struct Body {
        status: &'static str,
        #[serde(flatten)]
        healthy: Option<Healthy>,
    }
    let healthy = health.0.borrow().clone();
    match healthy {
        Some(_) => Json(Body { status: "healthy", healthy }).into_response(),
        None => {
            (StatusCode::SERVICE_UNAVAILABLE, Json(Body { status: "bootstrapping", healthy })).into_response()
        }
    }
}

async fn unknown_path(OriginalUri(uri): OriginalUri) -> AdminError {
    AdminError::new(StatusCode::NOT_FOUND, format!("there is nothing at {}", uri.path()))
}

async fn wrong_method(OriginalUri(uri): OriginalUri, method: Method) -> Response {
    let message = format!("{} does not take {method}", uri.path());
    AdminError::new(StatusCode::METHOD_NOT_ALLOWED, message).into_response()
}

async fn ask_for_token(State(token): State<Arc<Secret>>, request: Request, next: Next) -> Response {
    let offered = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes).and_then(bearer);
    if request.uri().path() == HEALTH || offered.is_some_and(|offered| token.matches(offered)) {
        return next.run(request).await;
    }
    let message = "the admin API needs SIMFRA_ADMIN_TOKEN's value: Authorization: Bearer <token>";
    let mut response = AdminError::new(StatusCode::UNAUTHORIZED, message).into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// The token in `Bearer <token>`; the scheme's case does not matter (RFC 9110, 11.1).
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token.trim_ascii())
}
