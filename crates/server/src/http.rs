//! The gateway: every request on the one port, from accepted connection to answer.
//!
//! It decides who may speak (Host, Origin, signature), for whom (account and region) and which service answers; it
//! bounds what a request may cost. It knows no operation and holds no state but its caches.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, Response, request};
use hyper::body::Incoming;
use tokio::net::TcpStream;
use tower::ServiceExt;
use tracing::Instrument;
use wire::sigv4::SignatureError;
use wire::{Code, Fault, codes};

use crate::clock::Clock;
use crate::config::Config;
use crate::ids::{Ids, RequestId};
use crate::supervise::Supervisor;

mod auth;
mod body;
mod connection;
mod context;
mod json;
mod listen;
mod patience;
mod query;
mod respond;
mod route;
mod service;
mod trust;

use auth::Authenticator;
pub use connection::Limits;
pub use context::{Caller, Cx};
pub use json::{JsonApi, JsonService};
pub use listen::{ListenError, bind};
pub use patience::Patience;
pub use query::{QueryApi, QueryService, Wrapping};
use respond::Dialect;
use route::Services;
pub use service::{AwsRequest, AwsResponse, AwsService};
use trust::Trust;

/// The admin API's part of the path.
const ADMIN: &str = "/_simfra";

/// Everything that answering a request takes, shared by all connections.
pub struct Gateway {
    trust: Trust,
    auth: Authenticator,
    services: Services,
    admin: Router,
    clock: Clock,
    ids: Arc<Ids>,
    limits: Limits,
    supervisor: Supervisor,
}

/// What a [`Gateway`] is built from.
pub struct Parts {
    /// The AWS services that there are.
    pub services: Vec<Arc<dyn AwsService>>,
    /// What answers `/_simfra/*`: see [`crate::admin::router`].
    pub admin: Router,
    /// The time that signatures are checked against.
    pub clock: Clock,
    /// Where request ids come from.
    pub ids: Arc<Ids>,
    /// What a connection may cost.
    pub limits: Limits,
    /// The gateway's own group of tasks: drained first.
    pub supervisor: Supervisor,
}

impl Gateway {
    /// A gateway as `config` wants it, that does not listen yet.
    pub fn new(config: &Config, parts: Parts) -> Arc<Self> {
        let Parts { services, admin, clock, ids, limits, supervisor } = parts;
        Arc::new(Self {
            trust: Trust::new(&config.allowed_hosts),
            auth: Authenticator::new(config.auth.clone(), config.default_scope.clone()),
            services: Services::new(services),
            admin,
            clock,
            ids,
            limits,
            supervisor,
        })
    }

    /// Accepts connections on `listeners` until the supervisor stops, and then lets those under way finish.
    pub fn serve(self: &Arc<Self>, listeners: Vec<tokio::net::TcpListener>) {
        let slots = self.limits.slots();
        for listener in listeners {
            connection::accept(self.clone(), listener, slots.clone());
        }
    }

    /// Answers one request of `client`.
    async fn answer(self: Arc<Self>, client: Client, request: Request<Incoming>) -> Response<Body> {
        let id = self.ids.request_id();
        // Neither query nor headers: they may carry credentials.
        let span =
            tracing::info_span!("request", %id, method = %request.method(), path = request.uri().path());
        async move {
            let (parts, body) = request.into_parts();
            let dialect = Dialect::of(&parts);
            let response = match self.admit(client.local, &parts, body).await {
                Ok(body) => self.respond(id, dialect, &client, parts, body).await,
                Err(refusal) => respond::refusal(&refusal, id, dialect),
            };
            tracing::debug!(status = response.status().as_u16(), "answered");
            respond::identified(response, id)
        }
        .instrument(span)
        .await
    }

    /// Lets a request in whose sender may speak at all, and reads its body.
    async fn admit(&self, local: IpAddr, parts: &request::Parts, body: Incoming) -> Result<Bytes, Refusal> {
        self.trust.check(local, parts)?;
        body::read(body, &parts.headers, &self.limits).await
    }

    /// Has the request served to its end: a client that goes away does not leave it half done.
    async fn respond(
        self: Arc<Self>,
        id: RequestId,
        dialect: Dialect,
        client: &Client,
        parts: request::Parts,
        body: Bytes,
    ) -> Response<Body> {
        let gateway = self.clone();
        let stop = || self.supervisor.stopping();
        let patience = Patience::of(&parts.headers, self.limits.hold_time, &client.stream, stop);
        let serve = async move {
            match dialect {
                Dialect::Admin => gateway.administer(parts, body).await,
                Dialect::Xml | Dialect::Ec2 | Dialect::Json => {
                    gateway.call(id, dialect, patience, parts, body).await
                }
            }
        };
        let response = self.supervisor.see_through("request", serve).await;
        response.unwrap_or_else(|| respond::refusal(&internal_failure().into(), id, dialect))
    }

    async fn administer(&self, parts: request::Parts, body: Bytes) -> Response<Body> {
        let request = Request::from_parts(parts, Body::from(body));
        match self.admin.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    async fn call(
        &self,
        id: RequestId,
        dialect: Dialect,
        patience: Option<Patience>,
        parts: request::Parts,
        body: Bytes,
    ) -> Response<Body> {
        match self.call_service(id, patience, parts, body).await {
            Ok(answer) => respond::answer(answer),
            Err(refusal) => respond::refusal(&refusal, id, dialect),
        }
    }

    async fn call_service(
        &self,
        id: RequestId,
        patience: Option<Patience>,
        parts: request::Parts,
        body: Bytes,
    ) -> Result<AwsResponse, Refusal> {
        if !matches!(parts.method, Method::GET | Method::POST) {
            let message = format!("The method {} is not supported; use GET or POST", parts.method);
            return Err(Fault::new(METHOD_NOT_ALLOWED, message).into());
        }
        let now = self.clock.now();
        let authorization = self.auth.read(&parts)?;
        // What was signed is what was sent; what is served is what that inflates to.
        let plain = body::inflate(&body, &parts.headers, self.limits.body_bytes)?;
        let signed_for = authorization.as_ref().map(|signed| signed.credential.scope.service.as_str());
        let service = self.services.find(signed_for, &parts, &plain)?;
        let (scope, caller) = self.auth.check(authorization, &parts, &body, now)?;
        let cx = Cx { scope, caller, now, request_id: id, patience };
        Ok(service.call(cx, AwsRequest { head: parts, body: plain }).await)
    }
}

/// Who sent a request.
#[derive(Debug, Clone)]
struct Client {
    stream: Arc<TcpStream>,
    /// The address that it reached Simfra at.
    local: IpAddr,
}

/// A request that no service gets to see, and what becomes of its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    fault: Fault,
    connection: Afterwards,
}

/// What becomes of a connection after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Afterwards {
    /// It may carry the next request.
    Keep,
    /// It is closed: the rest of the request was not read.
    Close,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { fault, connection: Afterwards::Keep }
    }
}

impl From<SignatureError> for Refusal {
    fn from(error: SignatureError) -> Self {
        Fault::from(error).into()
    }
}

impl Refusal {
    fn closing(fault: Fault) -> Self {
        Self { fault, connection: Afterwards::Close }
    }
}

const METHOD_NOT_ALLOWED: Code = Code::sender("MethodNotAllowed", 405);

/// What a client is told of our own mistakes: nothing but that there was one.
fn internal_failure() -> Fault {
    Fault::new(codes::INTERNAL_FAILURE, "The request processing has failed because of an unknown error.")
}
