//! One client's bytes to the engine and back.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional_with_sizes};
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::commands::{Commands, SignIn};

/// Bytes on the way, each direction of each connection.
const BUFFER: usize = 32 << 10;
/// How long a connection is good after its last token (user guide, "Limitations" of IAM authentication).
const GOOD_FOR: Duration = Duration::from_hours(12);

/// Serves until one end is gone, or the client's time is over.
pub(super) async fn serve<C, S>(mut client: C, mut server: S, shared: &Shared, iam: bool) -> io::Result<()>
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    if !iam {
        let passed = copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER).await;
        return passed.map(drop);
    }
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let mut replies = vec![0; BUFFER];
    let answered = async {
        loop {
            let read = from_server.read(&mut replies).await?;
            if read == 0 {
                return to_client.shutdown().await;
            }
            to_client.write_all(&replies[..read]).await?;
            to_client.flush().await?;
        }
    };
    let mut input = vec![0; BUFFER];
    let asked = async {
        let (mut commands, mut out) = (Commands::default(), Vec::with_capacity(BUFFER));
        let mut end = None;
        loop {
            let read = tokio::select! {
                read = from_client.read(&mut input) => read?,
                () = at(end) => return Err(io::ErrorKind::TimedOut.into()),
            };
            if read == 0 {
                to_server.shutdown().await?;
                // What it still has to answer comes.
                return Ok::<(), io::Error>(());
            }
            commands.pass(&input[..read], &mut out, |user, token| {
                let verdict = sign_in(shared, user, token);
                if matches!(verdict, SignIn::As(_)) {
                    end = Some(Instant::now() + GOOD_FOR);
                }
                verdict
            });
            to_server.write_all(&out).await?;
            out.clear();
            out.shrink_to(BUFFER);
        }
    };
    tokio::pin!(asked, answered);
    tokio::select! {
        answered = &mut answered => answered,
        asked = &mut asked => {
            asked?;
            answered.await
        }
    }
}

/// What becomes of a user's token, by the policy as it is now.
fn sign_in(shared: &Shared, user: &str, token: &str) -> SignIn {
    let policy = shared.policy.now();
    let Some(iam) = &policy.iam else { return SignIn::Untouched };
    match iam.users.get(user) {
        None => SignIn::Untouched,
        Some(password) if shared.verify.admits(iam, user, token) => SignIn::As(password.clone()),
        Some(_) => SignIn::Refused,
    }
}

async fn at(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
