//! A registry on loopback with one image, which asks for a user and a password.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// `user:secret`, as HTTP has it.
pub(crate) const BASIC: &str = "dXNlcjpzZWNyZXQ=";

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The registry's contents, and how often the tag was looked up.
pub(crate) struct Registry {
    pub(crate) address: SocketAddr,
    content: Arc<Content>,
    task: tokio::task::JoinHandle<()>,
}

struct Content {
    manifest: Vec<u8>,
    config: Vec<u8>,
    layer: Vec<u8>,
    lookups: AtomicUsize,
}

impl Registry {
    /// Serves an image whose entrypoint is the executable.
    pub(crate) async fn of(executable: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let content = Arc::new(Content::of(executable));
        let served = content.clone();
        let serve = async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let content = served.clone();
                connections.spawn(async move { content.serve(stream).await.unwrap_or_default() });
            }
        };
        #[expect(clippy::disallowed_methods, reason = "a test's own task, aborted by its owner")]
        let task = tokio::spawn(serve);
        Self { address, content, task }
    }

    /// How often somebody asked what the tag is.
    pub(crate) fn lookups(&self) -> usize {
        self.content.lookups.load(Ordering::Relaxed)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn digest(bytes: &[u8]) -> String {
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hash}")
}

impl Content {
    fn of(executable: &str) -> Self {
        let mut layer = tar::Builder::new(Vec::new());
        let engine = std::fs::read(executable).unwrap();
        // Not `append_path`, which writes sparse files in a form that Docker does not know.
        let mut header = tar::Header::new_gnu();
        header.set_size(engine.len() as u64);
        header.set_mode(0o755);
        layer.append_data(&mut header, "engine", &engine[..]).unwrap();
        let layer = layer.into_inner().unwrap();
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let config = json!({
            "architecture": architecture,
            "os": "linux",
            "config": { "Entrypoint": ["/engine"] },
            "rootfs": { "type": "layers", "diff_ids": [digest(&layer)] },
        });
        let config = config.to_string().into_bytes();
        let blob = |kind: &str, bytes: &[u8]| {
            let media = format!("application/vnd.oci.image.{kind}");
            json!({ "mediaType": media, "size": bytes.len(), "digest": digest(bytes) })
        };
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": blob("config.v1+json", &config),
            "layers": [blob("layer.v1.tar", &layer)],
        });
        Self { manifest: manifest.to_string().into_bytes(), config, layer, lookups: AtomicUsize::new(0) }
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if stream.read_line(&mut head).await? == 0 {
                    return Ok(());
                }
            }
            let (answer, body) = self.answer(&head);
            stream.write_all(answer.as_bytes()).await?;
            if !head.starts_with("HEAD") {
                stream.write_all(body).await?;
            }
            stream.flush().await?;
        }
    }

    fn answer(&self, head: &str) -> (String, &[u8]) {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let known =
            head.lines().any(|line| line.eq_ignore_ascii_case(&format!("authorization: basic {BASIC}")));
        if !known {
            let ask = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n";
            return (ask.to_owned(), b"");
        }
        if path.ends_with("/manifests/1") {
            self.lookups.fetch_add(1, Ordering::Relaxed);
        }
        let contents = [
            (MANIFEST, &self.manifest),
            ("application/octet-stream", &self.config),
            ("application/octet-stream", &self.layer),
        ];
        let wanted = |bytes: &[u8]| path.ends_with(&digest(bytes));
        let found = match path {
            "/v2/" => return ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n".to_owned(), b"{}"),
            tag if tag.ends_with("/manifests/1") => Some(contents[0]),
            _ => contents.into_iter().find(|(_, bytes)| wanted(bytes)),
        };
        let Some((kind, bytes)) = found else {
            return ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(), b"");
        };
        let length = bytes.len();
        let digest = digest(bytes);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nDocker-Content-Digest: {digest}\r\n\r\n"
        );
        (head, bytes)
    }
}
