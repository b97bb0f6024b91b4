//! `/_simfra/dns` and `/_simfra/networks`: where names are answered, and which ranges stand behind the VPCs'.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::ids::AccountId;
use domain::node::VpcKey;
use domain::vpc::Vpc;
use serde::Serialize;

use super::AdminError;
use crate::app::App;

/// The routes of this resource.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/dns/{account}", get(dns)).route("/networks", get(networks))
}

#[derive(Debug, Serialize)]
struct DnsView {
    port: u16,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NetworkView {
    vpc_id: String,
    account_id: String,
    region: String,
    name: String,
    /// What the API reports.
    cidr: String,
    /// What stands behind it: the same offsets, another range where the VPC's own is taken on this host.
    pool: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolver: Option<String>,
}

/// One port serves every account.
async fn dns(State(app): State<Arc<App>>, Path(account): Path<String>) -> Result<Response, AdminError> {
    let bad = |e: domain::ids::BadId| AdminError::new(StatusCode::BAD_REQUEST, e.to_string());
    let _: AccountId = account.parse().map_err(bad)?;
    Ok(Json(DnsView { port: super::behind(&app)?.names.port() }).into_response())
}

async fn networks(State(app): State<Arc<App>>) -> Result<Response, AdminError> {
    let networks = super::behind(&app)?.names.networks();
    let world = app.store.read();
    let cidr = |vpc: &VpcKey| {
        let there = world.vpc(&vpc.scope, &vpc.vpc);
        there.map_or_else(Vpc::default_cidr, |vpc| vpc.cidr).to_string()
    };
    let views: Vec<_> = networks
        .into_iter()
        .map(|(vpc, network)| NetworkView {
            cidr: cidr(&vpc),
            vpc_id: vpc.vpc.to_string(),
            account_id: vpc.scope.account.to_string(),
            region: vpc.scope.region.to_string(),
            name: network.name,
            pool: network.pool.to_string(),
            resolver: network.resolver.map(|address| address.to_string()),
        })
        .collect();
    Ok(Json(views).into_response())
}
