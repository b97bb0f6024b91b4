//! An engine that leaves its node's port to a proxy, while it runs.

use super::arguments::tls_files;
use super::session::{Session, SessionError};
use crate::runtime::{Behind, Stream};

impl<S: Stream> Session<S> {
    /// Has the engine listen behind its proxy, without TLS, and follow others with TLS where `encrypted` says so. Who is
    /// connected stays. Doing it again changes nothing.
    ///
    /// # Errors
    /// As [`Session::call`]; Redis before 7.0 refuses.
    pub async fn move_behind(&mut self, behind: &Behind, encrypted: bool) -> Result<(), SessionError> {
        let mut told = vec![
            ("port", behind.port.to_string()),
            ("tls-port", "0".to_owned()),
            ("replica-announce-port", behind.node_port.to_string()),
        ];
        told.extend(behind.bind.map(|address| ("bind", address.to_string())));
        // They are read when something of TLS is on, and must be there then.
        told.extend(behind.secrets.iter().flat_map(|folder| tls_files(folder)));
        let follows_with_tls = encrypted && behind.secrets.is_some();
        told.push(("tls-replication", if follows_with_tls { "yes" } else { "no" }.to_owned()));
        let words = told.iter().flat_map(|(name, value)| [*name, value.as_str()]);
        self.call(&["CONFIG", "SET"].into_iter().chain(words).collect::<Vec<_>>()).await.map(drop)
    }
}
