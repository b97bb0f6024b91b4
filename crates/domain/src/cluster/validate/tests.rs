//! Each refusal, with AWS's code and wording; one test a rule or a family of rules, named in
//! `data/refusals_open.tsv`.

use super::*;
use crate::addresses::Addresses;
use crate::cluster::tests::{Around, available, creating, guide, now, world};
use crate::cluster::{
    ClusterSpec, CreateCacheCluster, Ground, LogDeliveryConfigurationRequest, ModifyCacheCluster,
    ScaleConfig, Secret,
};
use crate::engine::Engine;
use crate::quota::Quotas;
use crate::rejection::RejectionKind::{self, *};
use crate::rejection::Unbuilt;
use crate::tag::RequestedTag;

mod any;
mod create;
mod modify;
mod network;
mod others;

/// The guide's request on Memcached.
fn memcached() -> CreateCacheCluster {
    CreateCacheCluster { engine: Some("memcached".into()), ..guide() }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn secret(text: &str) -> Option<Secret> {
    Some(Secret(text.to_owned()))
}

#[track_caller]
fn accepted(request: CreateCacheCluster) -> ClusterSpec {
    create(&request, &world().surroundings()).expect("a request that AWS accepts").1
}

#[track_caller]
fn refused_in(world: &Around, request: &CreateCacheCluster, kind: RejectionKind, message: &str) {
    let refusal = create(request, &world.surroundings()).expect_err("a request that AWS refuses");
    assert_eq!((refusal.kind(), refusal.to_string().as_str()), (kind, message));
}

#[track_caller]
fn refused(request: CreateCacheCluster, kind: RejectionKind, message: &str) {
    refused_in(&world(), &request, kind, message);
}

/// Simfra's own refusal of what AWS serves.
#[track_caller]
fn not_yet(request: CreateCacheCluster, what: Unbuilt) {
    refused(request, NotYet, &format!("Simfra does not serve {what} yet."));
}
