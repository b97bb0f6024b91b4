//! Patience: how long a request may be held until what it asks about has settled.
//!
//! AWS's SDKs mark the calls of their waiters and sleep many seconds after an answer that does not satisfy them; an
//! answer that comes a moment later, and does, saves its caller that sleep.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::USER_AGENT;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Of one request: it ends at its time, when the client goes away, and when Simfra stops.
#[derive(Debug, Clone)]
pub struct Patience {
    limit: Duration,
    client: Arc<TcpStream>,
    stop: CancellationToken,
}

impl Patience {
    /// The patience of the request with `headers`; none where nobody waits.
    pub(super) fn of(
        headers: &HeaderMap,
        limit: Duration,
        client: &Arc<TcpStream>,
        stop: impl FnOnce() -> CancellationToken,
    ) -> Option<Self> {
        let waits = headers.get_all(USER_AGENT).iter().any(|agent| is_waiter(agent.as_bytes()));
        waits.then(|| Self { limit, client: Arc::clone(client), stop: stop() })
    }

    /// Waits for `condition`, as long as the patience lasts. Whoever calls it looks at what is there afterwards.
    pub async fn wait(&self, condition: impl Future<Output = ()>) {
        tokio::select! {
            () = condition => {}
            () = tokio::time::sleep(self.limit) => {}
            () = self.client_leaves() => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// A client that only ended its own side cannot be told from one that went away; it has its answer at once.
    async fn client_leaves(&self) {
        if matches!(self.client.peek(&mut [0]).await, Ok(1..)) {
            // It has sent its next request already.
            std::future::pending::<()>().await;
        }
    }
}

/// Whether `B`, the SDKs' letter for a waiter, is among the features of a User-Agent: `… m/Z,E,b,B,g …`.
fn is_waiter(agent: &[u8]) -> bool {
    let mut metrics = agent.split(|byte| *byte == b' ').filter_map(|word| word.strip_prefix(b"m/"));
    metrics.any(|features| features.split(|byte| *byte == b',').any(|feature| feature == b"B"))
}

#[cfg(test)]
mod tests {
    use super::is_waiter;

    #[test]
    fn a_waiter_is_known_by_its_letter() {
        let boto =
            |features: &str| format!("Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux m/{features} cfg/a");
        assert!(is_waiter(boto("Z,E,b,B,g,N").as_bytes()));
        assert!(is_waiter(boto("B").as_bytes()));
        assert!(is_waiter(b"aws-cli/1.46.3 m/N,D,g,b,B"));
        for none in [boto("Z,E,b,g,N"), boto("AB,Bb"), boto("")] {
            assert!(!is_waiter(none.as_bytes()), "{none}");
        }
        assert!(!is_waiter(b"custom/B md/B"));
    }
}
