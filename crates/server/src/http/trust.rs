//! Which senders may speak at all: no web page drives Simfra, whatever name it reaches it by.
//!
//! A browser tells in `Origin` and `Sec-Fetch-Site` on whose behalf it asks; a page that had its own name resolve to
//! this machine (DNS rebinding) is recognised by its name in `Host`. Tools send neither header and a loopback name.

use std::collections::HashSet;
use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, request};
use wire::{Fault, codes};

use super::Refusal;
use crate::config::HostName;

/// The rules, with the names that requests may carry.
#[derive(Debug)]
pub(super) struct Trust {
    hosts: HashSet<HostName>,
}

/// The API's name inside a VPC.
const API_NAME: &str = "simfra.local";

impl Trust {
    /// Loopback names and the API's own, and `further` ones.
    pub(super) fn new(further: &[HostName]) -> Self {
        Self { hosts: further.iter().cloned().collect() }
    }

    /// Refuses a request that a foreign web page may have caused. `local` is the address it arrived at.
    pub(super) fn check(&self, local: IpAddr, head: &request::Parts) -> Result<(), Refusal> {
        let authority = self.host(local, head).ok_or_else(|| {
            denied(
                "The request's Host is not allowed: use localhost, or add the name to SIMFRA_ALLOWED_HOSTS",
            )
        })?;
        if head.headers.get_all(ORIGIN).iter().any(|origin| !is_same_origin(origin, &authority)) {
            return Err(denied("Requests of web pages of another origin are not allowed"));
        }
        if head.headers.get_all("sec-fetch-site").iter().any(|site| site != "same-origin" && site != "none") {
            return Err(denied("Requests of web pages of another site are not allowed"));
        }
        Ok(())
    }

    /// The one authority that the request names, if it is an allowed one.
    fn host(&self, local: IpAddr, head: &request::Parts) -> Option<Authority> {
        let named = sole(&head.headers, &HOST)?;
        let authority: Authority = named.to_str().ok()?.parse().ok()?;
        let of_uri = head.uri.authority();
        let agree = of_uri.is_none_or(|of_uri| of_uri == &authority);
        let plain = !authority.as_str().contains('@');
        (agree && plain && self.allows(local, authority.host())).then_some(authority)
    }

    fn allows(&self, local: IpAddr, host: &str) -> bool {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            // The address that the client connected to is no name that could have been made to lead here.
            let literal = address.is_loopback() || address == local.to_canonical();
            return literal || bare.parse().is_ok_and(|name| self.hosts.contains(&name));
        }
        let Ok(name) = bare.parse::<HostName>() else { return false };
        let text = name.as_str();
        // RFC 6761: whatever ends in `localhost` is this machine.
        text == "localhost" || text.ends_with(".localhost") || text == API_NAME || self.hosts.contains(&name)
    }
}

/// The header's value, if it is there exactly once.
fn sole<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

fn is_same_origin(origin: &HeaderValue, authority: &Authority) -> bool {
    // Simfra itself speaks plain HTTP alone; https is for a proxy that ends TLS before it.
    let bare =
        origin.to_str().ok().and_then(|o| o.strip_prefix("http://").or_else(|| o.strip_prefix("https://")));
    bare.is_some_and(|bare| bare.eq_ignore_ascii_case(authority.as_str()))
}

fn denied(message: &'static str) -> Refusal {
    Refusal::closing(Fault::new(codes::ACCESS_DENIED, message))
}

#[cfg(test)]
mod tests;
