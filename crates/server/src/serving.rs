//! Which runtime serves: known from the configuration, or, where that leaves it open, once the backend was looked for.

use std::sync::Arc;

use dataplane::runtime::RuntimeKind;
use tokio::sync::watch;

use crate::config::RuntimeChoice;

/// The kind of runtime that serves; clones share it.
#[derive(Debug, Clone)]
pub struct Serving(Arc<watch::Sender<Option<RuntimeKind>>>);

impl Serving {
    /// As `choice` has it; left open by `auto`.
    pub fn of(choice: &RuntimeChoice) -> Self {
        let kind = match choice {
            RuntimeChoice::Docker => Some(RuntimeKind::Docker),
            RuntimeChoice::Process => Some(RuntimeKind::Process),
            RuntimeChoice::None => Some(RuntimeKind::None),
            RuntimeChoice::Auto | RuntimeChoice::AutoWithoutDocker => None,
        };
        Self(Arc::new(watch::Sender::new(kind)))
    }

    /// It is this one.
    pub fn set(&self, kind: RuntimeKind) {
        self.0.send_replace(Some(kind));
    }

    /// Which it is, as soon as that is known.
    pub async fn kind(&self) -> RuntimeKind {
        let mut known = self.0.subscribe();
        let kind = known.wait_for(Option::is_some).await.map(|kind| *kind);
        kind.ok().flatten().expect("the sender is held here, and waited for")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_left_open_is_waited_for() {
        assert_eq!(Serving::of(&RuntimeChoice::None).kind().await, RuntimeKind::None);
        let open = Serving::of(&RuntimeChoice::Auto);
        let (kind, ()) = tokio::join!(open.kind(), async { open.set(RuntimeKind::Process) });
        assert_eq!(kind, RuntimeKind::Process);
    }
}
