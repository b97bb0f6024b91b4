//! Enumerations of a cluster's network side.

use serde::{Deserialize, Serialize};

macro_rules! listed {
    ($(#[$doc:meta])* $name:ident, $parameter:literal, $($(#[$vdoc:meta])* $variant:ident = $text:literal),+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// The word in requests and answers.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::rejection::Rejection;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::rejection::Rejection::NotListed {
                        parameter: $parameter,
                        value: s.to_owned(),
                        allowed: [$($text),+].join(", "),
                    }),
                }
            }
        }
    };
}
pub(crate) use listed;

/// Whether a cluster's nodes speak TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TransitEncryption {
    /// No.
    #[default]
    #[serde(rename = "off")]
    Off,
    /// TLS and plain text: a step on a replication group's way to TLS or back.
    #[serde(rename = "preferred")]
    Preferred,
    /// TLS alone: the one mode that a cluster outside a replication group has.
    #[serde(rename = "required")]
    Required,
}

/// How data at rest is encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AtRestEncryption {
    /// It is not.
    #[default]
    #[serde(rename = "off")]
    Off,
    /// With a key of ElastiCache's own.
    #[serde(rename = "service")]
    Service,
    /// With the customer's key, as `KmsKeyId` named it.
    #[serde(rename = "key")]
    Key(String),
}

impl AtRestEncryption {
    /// Whether it is encrypted.
    pub const fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// `StorageEncryptionType`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Off => "none",
            Self::Service => "sse-elasticache",
            Self::Key(_) => "sse-kms",
        }
    }

    /// `KmsKeyId`, where it is the customer's.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Off | Self::Service => None,
        }
    }
}

impl TransitEncryption {
    /// `TransitEncryptionMode`; none where there is no encryption.
    pub const fn mode(self) -> Option<&'static str> {
        match self {
            Self::Off => None,
            Self::Preferred => Some("preferred"),
            Self::Required => Some("required"),
        }
    }

    /// Whether clients can have TLS.
    pub const fn is_on(self) -> bool {
        !matches!(self, Self::Off)
    }
}

listed! {
    /// Which IP versions a cluster speaks.
    NetworkType, "NetworkType",
    /// IPv4 alone.
    Ipv4 = "ipv4",
    /// IPv6 alone.
    Ipv6 = "ipv6",
    /// Both.
    DualStack = "dual_stack"
}

listed! {
    /// Which IP version discovery tells clients.
    IpDiscovery, "IpDiscovery",
    /// IPv4.
    Ipv4 = "ipv4",
    /// IPv6.
    Ipv6 = "ipv6"
}

listed! {
    /// Whether a Memcached cluster's nodes share a zone.
    AzMode, "AZMode",
    /// One zone.
    SingleAz = "single-az",
    /// Several.
    CrossAz = "cross-az"
}

listed! {
    /// Whether a notification topic is told.
    TopicStatus, "NotificationTopicStatus",
    /// Told.
    Active = "active",
    /// Not told.
    Inactive = "inactive"
}

listed! {
    /// Where nodes on Outposts go.
    OutpostMode, "OutpostMode",
    /// All on one.
    SingleOutpost = "single-outpost",
    /// Over several.
    CrossOutpost = "cross-outpost"
}
