//! Docker as the tasks see it: through its command line.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::command::{output, output_within, run, succeeds};
use crate::environment::{self, DockerWish};

/// How long a pull may take before the image is built instead.
const PULL_LIMIT: Duration = Duration::from_secs(180);

/// Why an image was not pulled.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pull {
    /// It is here now.
    Done,
    /// The registry answers and has no such image.
    NoSuchImage,
    /// The registry cannot be reached or refuses to serve: asking again for another image is waste.
    NoRegistry,
}

/// Whether Docker is to be used: its daemon answers and `SIMFRA_DOCKER` does not forbid it.
///
/// # Errors
/// `SIMFRA_DOCKER=true` and no daemon answers.
pub(crate) fn is_used() -> Result<bool> {
    let wish = environment::docker_wish()?;
    if wish == DockerWish::Never {
        return Ok(false);
    }
    let answer = output(&mut docker(&["version", "--format", "{{.Server.Version}}"]));
    match (answer, wish) {
        (Ok(_), _) => Ok(true),
        (Err(cause), DockerWish::Require) => bail!("SIMFRA_DOCKER=true, but Docker does not answer: {cause}"),
        (Err(_), _) => Ok(false),
    }
}

/// A `docker` command line.
pub(crate) fn docker(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments);
    command
}

/// Whether an image of this name is here.
pub(crate) fn has_image(reference: &str) -> bool {
    succeeds(&mut docker(&["image", "inspect", "--format", "{{.Id}}", reference]))
}

/// The image that carries a label, if there is one.
///
/// # Errors
/// Docker does not answer.
pub(crate) fn image_with_label(label: &str) -> Result<Option<String>> {
    let ids =
        output(&mut docker(&["images", "--quiet", "--no-trunc", "--filter", &format!("label={label}")]))?;
    Ok(ids.lines().next().map(str::to_owned))
}

/// Gives an image another name.
///
/// # Errors
/// There is no such image.
pub(crate) fn tag(image: &str, reference: &str) -> Result<()> {
    run(&mut docker(&["tag", image, reference]))
}

/// Tries to pull an image.
pub(crate) fn pull(reference: &str) -> Pull {
    match output_within(&mut docker(&["pull", "--quiet", reference]), PULL_LIMIT) {
        Ok(_) => Pull::Done,
        Err(cause) => why_not(&cause.to_string()),
    }
}

/// What a failed pull's message says of the registry.
fn why_not(message: &str) -> Pull {
    // A registry's own words for a missing tag and a missing (or private) repository.
    let absent = ["manifest unknown", "manifest for", "pull access denied"];
    if absent.iter().any(|words| message.contains(words)) { Pull::NoSuchImage } else { Pull::NoRegistry }
}

#[cfg(test)]
mod tests {
    use super::{Pull, why_not};

    #[test]
    fn a_missing_tag_is_told_from_a_missing_registry() {
        let missing = "Error response from daemon: manifest for redis:99 not found: manifest unknown";
        assert_eq!(why_not(missing), Pull::NoSuchImage);
        assert_eq!(why_not("dial tcp: lookup registry.test: no such host"), Pull::NoRegistry);
        assert_eq!(why_not("toomanyrequests: You have reached your pull rate limit"), Pull::NoRegistry);
    }
}
