//! What Docker offers, looked at without making anything: for `simfra doctor`.

use std::path::Path;

use bollard::Docker;
use ipnet::Ipv4Net;

use super::daemon::{failed, status};
use super::helper_image::HelperImage;
use super::network::taken;
use super::ranges::overlap;
use super::{EngineImages, negotiate};
use crate::runtime::RuntimeError;

/// A daemon that answers.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Its version.
    pub version: String,
    /// The API's version.
    pub api: String,
    /// What it runs on, in its own words.
    pub system: String,
    /// Whether the host should reach containers by their addresses.
    pub way: WayIn,
    /// The engines' images, and whether they are there.
    pub images: Vec<(String, bool)>,
    /// What overlaps the range, networks of Simfra's own apart.
    pub overlaps: Vec<String>,
}

/// How the host gets to containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// By their addresses.
    Direct,
    /// Through a relay in each VPC.
    Relay,
}

/// Looks at the daemon that `DOCKER_HOST` names, or the local one.
///
/// # Errors
/// When it does not answer, or not what it is asked for.
pub async fn survey(images: &EngineImages, range: Ipv4Net) -> Result<Survey, RuntimeError> {
    let docker = negotiate(Docker::connect_with_defaults()).await?;
    let version = docker.version().await.map_err(failed("ask", "Docker's version"))?;
    let about = docker.info().await.map_err(failed("ask", "Docker about itself"))?;
    let system = about.operating_system.unwrap_or_default();
    let rootless =
        about.security_options.unwrap_or_default().iter().any(|option| option.contains("rootless"));
    let routed = cfg!(target_os = "linux") && !rootless && !system.contains("Docker Desktop");
    let mut there = Vec::new();
    for image in [&images.redis, &images.valkey, &images.memcached] {
        match docker.inspect_image(image).await {
            Ok(_) => there.push((image.clone(), true)),
            Err(error) if status(&error) == Some(404) => there.push((image.clone(), false)),
            Err(error) => return Err(failed("inspect image", image)(error)),
        }
    }
    Ok(Survey {
        version: version.version.unwrap_or_default(),
        api: docker.client_version().to_string(),
        system,
        way: if routed { WayIn::Direct } else { WayIn::Relay },
        images: there,
        overlaps: overlaps(&docker, range).await?,
    })
}

/// Whether containers could run `executable`.
///
/// # Errors
/// Why not.
pub fn runs_in_containers(executable: &Path) -> Result<(), RuntimeError> {
    HelperImage::new(executable.to_owned()).map(drop)
}

async fn overlaps(docker: &Docker, range: Ipv4Net) -> Result<Vec<String>, RuntimeError> {
    let networks = docker
        .list_networks(None::<bollard::query_parameters::ListNetworksOptions>)
        .await
        .map_err(failed("list", "networks"))?;
    let (own, foreign): (Vec<_>, Vec<_>) = networks
        .into_iter()
        .partition(|network| network.name.as_deref().is_some_and(|name| name.starts_with("simfra-vpc-")));
    // Docker names a bridge's interface after the network's id.
    let own: Vec<String> = own
        .iter()
        .filter_map(|network| network.id.as_deref()?.get(..12))
        .map(|id| format!("br-{id}"))
        .collect();
    let taken = taken(&foreign).into_iter().filter(|taken| overlap(&taken.range, &range));
    let foreign = taken.filter(|taken| !own.iter().any(|interface| taken.by.ends_with(interface.as_str())));
    Ok(foreign.map(|taken| format!("{} ({})", taken.by, taken.range)).collect())
}
