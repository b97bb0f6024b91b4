//! `/_simfra/port-forwards`: the forwards as JSON.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::replication_group::{Member, NodeGroupId};
use serde::Serialize;

use super::{AdminError, JsonBody};
use crate::app::{App, Behind};
use crate::destination::cluster_of;
use crate::forwards::{OpenError, OpenRequest, PortForward, Target};
use crate::store::{ClusterKey, World};

/// The routes of this resource.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/port-forwards", get(list).post(open))
        .route("/port-forwards/targets", get(targets))
        .route("/port-forwards/{id}", get(show).delete(close))
}

/// A forward as the user sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ForwardView {
    id: String,
    local_port: u16,
    target_port: u16,
    target_arn: String,
    /// Where the target answers now; left out while it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_ip: Option<String>,
    local_address: String,
    vpc_network: String,
    service: &'static str,
    resource_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_node_id: Option<String>,
    /// Of a group with cluster mode: where its members are reached, which clients are told of instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members: Vec<MemberView>,
    account_id: String,
    region: String,
    created_at: String,
    status: &'static str,
}

/// A member of a group with cluster mode.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberView {
    cache_cluster_id: String,
    node_group_id: String,
    current_role: &'static str,
    local_port: u16,
    local_address: String,
    /// Where it answers now; left out while it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_ip: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TargetView {
    target_arn: String,
    target_port: u16,
    service: &'static str,
    resource_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_node_id: Option<String>,
    account_id: String,
    region: String,
    engine: &'static str,
    status: &'static str,
}

fn view(app: &App, behind: &Behind, forward: &PortForward) -> ForwardView {
    let world = app.store.read();
    let (destination, node) = (&forward.destination, forward.destination.node(&world));
    let network = cluster_of(&world, destination).and_then(|cluster| behind.network_of(cluster));
    let address = node.as_ref().and_then(|node| behind.observations.address_of(node));
    ForwardView {
        id: forward.id.clone(),
        local_port: forward.local_port,
        target_port: forward.target_port,
        target_arn: forward.target_arn.clone(),
        target_ip: address.map(|(address, _)| address.to_string()),
        local_address: format!("localhost:{}", forward.local_port),
        vpc_network: network.map(|network| network.name).unwrap_or_default(),
        service: "elasticache",
        resource_id: destination.resource_id().to_owned(),
        // Of a group, the primary's.
        cache_node_id: destination.cache_node().or(node.map(|node| node.node)).map(|node| node.to_string()),
        members: members(&world, behind, forward),
        account_id: destination.scope().account.to_string(),
        region: destination.scope().region.to_string(),
        created_at: forward.created_at.to_string(),
        status: "active",
    }
}

fn members(world: &World, behind: &Behind, forward: &PortForward) -> Vec<MemberView> {
    let group = forward.destination.group().and_then(|key| world.replication_group(&key));
    let shards = group.into_iter().flat_map(|group| &group.node_groups);
    let members = shards.flat_map(|shard| shard.members.iter().map(move |member| (shard.id, member)));
    let view = |(shard, member): (NodeGroupId, &Member)| {
        let port = *forward.members.get(&member.cluster)?;
        let key = ClusterKey::new(forward.destination.scope().clone(), member.cluster.clone());
        let cluster = world.cluster(&key)?;
        let node = cluster.nodes.first().map(|node| cluster.node_id(node.id));
        let address = node.and_then(|node| behind.observations.address_of(&node));
        Some(MemberView {
            cache_cluster_id: member.cluster.to_string(),
            node_group_id: shard.to_string(),
            current_role: member.role.as_str(),
            local_port: port,
            local_address: format!("localhost:{port}"),
            target_ip: address.map(|(address, _)| address.to_string()),
        })
    };
    members.filter_map(view).collect()
}

fn target_view(target: &Target) -> TargetView {
    let destination = &target.destination;
    TargetView {
        target_arn: target.arn.to_string(),
        target_port: target.port,
        service: "elasticache",
        resource_id: destination.resource_id().to_owned(),
        cache_node_id: destination.cache_node().map(|node| node.to_string()),
        account_id: destination.scope().account.to_string(),
        region: destination.scope().region.to_string(),
        engine: target.engine.as_str(),
        status: target.status,
    }
}

async fn list(State(app): State<Arc<App>>) -> Result<Response, AdminError> {
    let behind = super::behind(&app)?;
    let rows: Vec<_> = app.store.read().forwards().cloned().collect();
    let views: Vec<_> = rows.iter().map(|forward| view(&app, behind, forward)).collect();
    Ok(Json(views).into_response())
}

async fn targets(State(app): State<Arc<App>>) -> Result<Response, AdminError> {
    let views: Vec<_> = super::behind(&app)?.forwards.targets().iter().map(target_view).collect();
    Ok(Json(views).into_response())
}

async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, AdminError> {
    let row = app.store.read().forward(&id).cloned();
    let row = row.ok_or_else(|| no_forward(&id))?;
    Ok(Json(view(&app, super::behind(&app)?, &row)).into_response())
}

async fn open(
    State(app): State<Arc<App>>,
    JsonBody(request): JsonBody<OpenRequest>,
) -> Result<Response, AdminError> {
    let behind = super::behind(&app)?;
    let row = behind.forwards.open(request, app.clock.now()).await?;
    Ok((StatusCode::CREATED, Json(view(&app, behind, &row))).into_response())
}

async fn close(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, AdminError> {
    let found = super::behind(&app)?.forwards.close(&id).await.map_err(OpenError::from)?;
    if found { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(no_forward(&id)) }
}

fn no_forward(id: &str) -> AdminError {
    AdminError::new(
        StatusCode::NOT_FOUND,
        format!("there is no port forward {id}; GET /_simfra/port-forwards lists them"),
    )
}

impl From<OpenError> for AdminError {
    fn from(error: OpenError) -> Self {
        let status = match &error {
            OpenError::BadArn { .. } | OpenError::WrongPort { .. } => StatusCode::BAD_REQUEST,
            OpenError::NoTarget(_) | OpenError::NoNode { .. } => StatusCode::NOT_FOUND,
            OpenError::NoEngines | OpenError::Listen(_) => StatusCode::CONFLICT,
            OpenError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}
