//! The certificate authority: made once, kept in one private file, good for Simfra's own names and nothing else.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P256_SHA256, SanType,
    date_time_ymd,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use super::{NodeFiles, pem};

/// Tells the time.
pub type Now = Arc<dyn Fn() -> SystemTime + Send + Sync>;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the authority is good: people install it by hand.
const AUTHORITY_DAYS: u32 = 3650;
/// How long a node's certificate is good. Each start of a node has a new one, so nothing renews it; Apple's clients
/// take none of more than 825 days, whoever signed it.
const NODE_DAYS: u32 = 820;
/// What clocks of clients (virtual machines that slept) may be late.
const SKEW: Duration = DAY;

/// Besides the DNS suffix.
const NAMES: [&str; 2] = ["localhost", "simfra.local"];
/// Addresses that nobody has on the internet.
const NETWORKS: [&str; 6] =
    ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"];

/// Why there is no authority, or no certificate.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Its file cannot be read or written.
    #[error("cannot {verb} the certificate authority's file {path}: {source}")]
    File {
        /// What was tried.
        verb: &'static str,
        /// On which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its file is not what was written.
    #[error(
        "the certificate authority's file {path} is damaged ({reason}); remove it, and a new authority is made, whose \
         certificate clients have to be given anew (`simfra ca`)"
    )]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// The authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    fingerprint: String,
    networks: Vec<IpNet>,
    client: Arc<ClientConfig>,
    now: Now,
}

/// The file: all or nothing of it is there.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The DNS suffix that its certificate holds for.
    suffix: String,
    /// Seconds since 1970.
    not_after: u64,
    /// DER in base64.
    certificate: String,
    /// PKCS #8 in base64.
    key: String,
    /// Whether what it signs is good for who connects too, as nodes do with each other.
    #[serde(default)]
    for_both_ends: bool,
}

impl Authority {
    /// The authority of `folder`, for names below `suffix`. It is made where there is none, or where the one that is
    /// there is for another suffix, too old to sign a node's certificate, or one that signs servers' alone.
    ///
    /// # Errors
    /// See [`AuthorityError`].
    pub fn open(folder: &Path, suffix: &str, now: Now) -> Result<Self, AuthorityError> {
        let path = folder.join("authority.json");
        let failed = |verb| {
            let path = path.clone();
            move |source| AuthorityError::File { verb, path, source }
        };
        if let Some(text) = read(&path).map_err(failed("read"))? {
            let damaged = |reason: String| AuthorityError::Damaged { path: path.clone(), reason };
            let kept: Kept = serde_json::from_slice(&text).map_err(|e| damaged(e.to_string()))?;
            if kept.suffix == suffix && kept.for_both_ends && kept.outlasts(now() + DAY * NODE_DAYS) {
                return Self::of(&kept, now).map_err(|e| damaged(e.to_string()));
            }
            tracing::warn!(
                path = %path.display(), was_for = kept.suffix,
                "a new certificate authority is made; clients have to be given its certificate (`simfra ca`)"
            );
        }
        let kept = Kept::make(suffix, now())?;
        kept.write(&path).map_err(failed("write"))?;
        Self::of(&kept, now)
    }

    fn of(kept: &Kept, now: Now) -> Result<Self, AuthorityError> {
        let key = STANDARD.decode(&kept.key).map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
        let key = KeyPair::from_pkcs8_der_and_sign_algo(
            &PrivatePkcs8KeyDer::from(key.as_slice()),
            &PKCS_ECDSA_P256_SHA256,
        )?;
        let certificate =
            STANDARD.decode(&kept.certificate).map_err(|_| rcgen::Error::CouldNotParseCertificate)?;
        let certificate = CertificateDer::from(certificate);
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone())?;
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            issuer: Issuer::new(parameters(&kept.suffix, &key), key),
            fingerprint: hex(&Sha256::digest(&certificate)[..8]),
            certificate,
            networks: networks(),
            client: Arc::new(client),
            now,
        })
    }

    /// Its certificate as PEM, for clients to trust.
    pub fn certificate_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.certificate)
    }

    /// The first half of the certificate's SHA-256, in hexadecimal.
    pub(super) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What trusts this authority alone.
    pub(super) fn client(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.client)
    }

    /// A new key and its certificate. An address outside the authority's networks is left out: with it, clients would
    /// refuse the whole certificate.
    pub(super) fn issue(
        &self,
        names: &[String],
        reached_at: impl Iterator<Item = IpAddr>,
    ) -> Result<NodeFiles, AuthorityError> {
        let now = (self.now)();
        let key = KeyPair::generate()?;
        let mut certificate = CertificateParams::default();
        set_validity(&mut certificate, now - SKEW, now + DAY * NODE_DAYS - SKEW);
        certificate.distinguished_name = name("cache node");
        certificate.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        certificate.extended_key_usages = both_ends();
        certificate.use_authority_key_identifier_extension = true;
        for name in names.iter().map(String::as_str).chain(["localhost"]) {
            certificate.subject_alt_names.push(SanType::DnsName(name.to_lowercase().try_into()?));
        }
        let mut addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        for address in reached_at {
            if !addresses.contains(&address) && self.networks.iter().any(|network| network.contains(&address))
            {
                addresses.push(address);
            }
        }
        certificate.subject_alt_names.extend(addresses.into_iter().map(SanType::IpAddress));
        let signed = certificate.signed_by(&key, &self.issuer)?;
        Ok(NodeFiles {
            certificate: pem::encode("CERTIFICATE", signed.der()),
            key: pem::encode("PRIVATE KEY", key.serialized_der()),
            authority: self.certificate_pem(),
        })
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl Kept {
    fn make(suffix: &str, now: SystemTime) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let end = now + DAY * AUTHORITY_DAYS;
        let mut certificate = parameters(suffix, &key);
        set_validity(&mut certificate, now - SKEW, end);
        let certificate = certificate.self_signed(&key)?;
        Ok(Self {
            suffix: suffix.to_owned(),
            not_after: seconds(end),
            certificate: STANDARD.encode(certificate.der()),
            key: STANDARD.encode(key.serialized_der()),
            for_both_ends: true,
        })
    }

    fn outlasts(&self, time: SystemTime) -> bool {
        self.not_after > seconds(time)
    }

    /// Puts the file in place whole, for its owner alone.
    fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let half = path.with_extension("half");
        // What a crash left may have been made by another hand: it is not written into.
        match fs::remove_file(&half) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        fs::rename(&half, path)
    }
}

/// A node is the server of its clients, and a client of the other nodes of its cluster.
fn both_ends() -> Vec<ExtendedKeyUsagePurpose> {
    vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]
}

/// What the authority says of itself, its times apart. Its name is made from its key, so that two authorities in one
/// trust store are never taken for each other.
fn parameters(suffix: &str, key: &KeyPair) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = name(&format!("CA {}", hex(&Sha256::digest(key.public_key_raw())[..4])));
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.extended_key_usages = both_ends();
    let names = [suffix].into_iter().chain(NAMES).map(|name| GeneralSubtree::DnsName(name.to_owned()));
    let networks = networks().into_iter().map(|network| {
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(network.addr(), network.prefix_len()))
    });
    parameters.name_constraints = Some(NameConstraints {
        permitted_subtrees: names.chain(networks).collect(),
        excluded_subtrees: Vec::new(),
    });
    parameters
}

fn networks() -> Vec<IpNet> {
    NETWORKS.iter().map(|network| network.parse().expect("a network")).collect()
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Simfra");
    name.push(DnType::CommonName, format!("Simfra {common}"));
    name
}

/// Absent is none.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// X.509 has no fractions of a second.
fn set_validity(of: &mut CertificateParams, from: SystemTime, to: SystemTime) {
    let epoch = date_time_ymd(1970, 1, 1);
    of.not_before = epoch + Duration::from_secs(seconds(from));
    of.not_after = epoch + Duration::from_secs(seconds(to));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
