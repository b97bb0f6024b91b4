//! What nodes tell of each other's places, told again with those on the host.

use std::borrow::Cow;
use std::net::SocketAddrV4;

use super::Topology;
use super::order::Telling;
use super::value::Value;

/// A reply to a command that tells of topology. What is none is told as it is.
pub(super) fn reply(reply: &[u8], telling: Telling, topology: &dyn Topology, to: &mut Vec<u8>) {
    let Some(mut value) = Value::read(reply) else { return to.extend_from_slice(reply) };
    match telling {
        Telling::Slots => value.parts().iter_mut().for_each(|range| slots(range, topology)),
        Telling::Shards => value.parts().iter_mut().for_each(|shard| shards(shard, topology)),
        Telling::Nodes => match &mut value {
            Value::Many(_, lines) => lines.iter_mut().for_each(|line| nodes(line, topology)),
            text => nodes(text, topology),
        },
    }
    value.write(to);
}

/// The errors MOVED and ASK, a line without its end: `-MOVED <slot> <host>:<port>`. None where it is to stay.
pub(super) fn redirect(line: &[u8], topology: &dyn Topology) -> Option<String> {
    let (kind, slot_and_place) = match (line.strip_prefix(b"-MOVED "), line.strip_prefix(b"-ASK ")) {
        (Some(rest), _) => ("MOVED", rest),
        (None, Some(rest)) => ("ASK", rest),
        (None, None) => return None,
    };
    let (slot, place) = std::str::from_utf8(slot_and_place).ok()?.split_once(' ')?;
    let (host, port) = place.rsplit_once(':')?;
    let local = topology.local(host, port.parse().ok()?)?;
    Some(format!("-{kind} {slot} {local}"))
}

/// A range of slots: `first, last, [host, port, id, [name, value, …]], …`.
fn slots(range: &mut Value<'_>, topology: &dyn Topology) {
    for node in range.parts().iter_mut().skip(2) {
        let [host, port, rest @ ..] = node.parts() else { continue };
        let Some(number) = port.as_port() else { continue };
        let mut no_more = [];
        let more = rest.get_mut(1).map_or(&mut no_more[..], Value::parts);
        let hosts = std::iter::once(&*host).chain(more.chunks_exact(2).map(|pair| &pair[1]));
        let local = hosts.filter_map(Value::as_str).find_map(|host| topology.local(host, number));
        let Some(local) = local else { continue };
        (*host, *port) = (Value::text(local.ip().to_string()), Value::number(local.port()));
        more.chunks_exact_mut(2).for_each(|pair| member(pair, local));
    }
}

/// A shard: `slots, […], nodes, [[name, value, …], …]`.
fn shards(shard: &mut Value<'_>, topology: &dyn Topology) {
    for pair in shard.parts().chunks_exact_mut(2).filter(|pair| pair[0].as_str() == Some("nodes")) {
        for node in pair[1].parts() {
            let members = node.parts();
            let is_port = |pair: &&[Value<'_>]| matches!(pair[0].as_str(), Some("port" | "tls-port"));
            let port = members.chunks_exact(2).find(is_port).and_then(|pair| pair[1].as_port());
            let hosts = || {
                members.chunks_exact(2).filter(|pair| is_host(&pair[0])).filter_map(|pair| pair[1].as_str())
            };
            let local = port.and_then(|port| hosts().find_map(|host| topology.local(host, port)));
            if let Some(local) = local {
                members.chunks_exact_mut(2).for_each(|pair| member(pair, local));
            }
        }
    }
}

fn is_host(name: &Value<'_>) -> bool {
    matches!(name.as_str(), Some("ip" | "endpoint" | "hostname"))
}

/// A name with its value: where it is a place, the place on the host.
fn member(pair: &mut [Value<'_>], local: SocketAddrV4) {
    match pair[0].as_str() {
        _ if is_host(&pair[0]) && pair[1].as_str() != Some("") => {
            pair[1] = Value::text(local.ip().to_string())
        }
        Some("port" | "tls-port") => pair[1] = Value::number(local.port()),
        _ => {}
    }
}

/// Lines of CLUSTER NODES.
fn nodes(lines: &mut Value<'_>, topology: &dyn Topology) {
    let Value::Text(_, text) = lines else { return };
    let Ok(told) = std::str::from_utf8(text) else { return };
    let again: String = told.split_inclusive('\n').map(|line| node(line, topology)).collect();
    *text = Cow::Owned(again.into_bytes());
}

/// `<id> <ip:port@bus[,name[,…]]> <flags> …`; a line without a member's place stays.
fn node<'a>(line: &'a str, topology: &dyn Topology) -> Cow<'a, str> {
    let again = || {
        let (id, rest) = line.split_once(' ')?;
        let (place, rest) = rest.split_once(' ')?;
        let (socket, names) =
            place.split_once(',').map_or((place, None), |(socket, names)| (socket, Some(names)));
        let (host, ports) = socket.rsplit_once(':')?;
        let (port, bus) = ports.split_once('@').map_or((ports, None), |(port, bus)| (port, Some(bus)));
        let (name, more) = names.map_or(("", None), |names| {
            names.split_once(',').map_or((names, None), |(name, more)| (name, Some(more)))
        });
        let port = port.parse().ok()?;
        let local = topology.local(host, port).or_else(|| topology.local(name, port))?;
        let mut again = format!("{id} {local}");
        if let Some(bus) = bus {
            again += &format!("@{bus}");
        }
        if names.is_some() {
            again.push(',');
        }
        if !name.is_empty() {
            again += &local.ip().to_string();
        }
        if let Some(more) = more {
            again += &format!(",{more}");
        }
        Some(again + " " + rest)
    };
    again().map_or(Cow::Borrowed(line), Cow::Owned)
}
