//! `/_simfra/reset` and `/_simfra/accounts/{id}/reset`: everything gone, or one account's.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use domain::ids::AccountId;

use super::AdminError;
use crate::app::App;
use crate::reset::{self, ResetError, Whose};

/// The routes of this resource.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/reset", post(all)).route("/accounts/{id}/reset", post(account))
}

async fn all(State(app): State<Arc<App>>) -> Result<StatusCode, AdminError> {
    run(&app, Whose::All).await
}

/// An account that nobody used has nothing to lose.
async fn account(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<StatusCode, AdminError> {
    let bad = |e: domain::ids::BadId| AdminError::new(StatusCode::BAD_REQUEST, e.to_string());
    let account: AccountId = id.parse().map_err(bad)?;
    run(&app, Whose::Account(account)).await
}

async fn run(app: &App, whose: Whose) -> Result<StatusCode, AdminError> {
    reset::reset(&app.store, super::behind(app)?, whose).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<ResetError> for AdminError {
    fn from(error: ResetError) -> Self {
        let status = match &error {
            ResetError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
            ResetError::Late { .. } | ResetError::Runtime(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.to_string())
    }
}
