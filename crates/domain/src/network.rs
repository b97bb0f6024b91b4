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
    /// TLS alone: the one mode that a cluster outside a replication group has.
    #[serde(rename = "required")]
    Required,
}

impl TransitEncryption {
    /// `TransitEncryptionMode`; none where there is no encryption.
    pub const fn mode(self) -> Option<&'static str> {
        match self {
            Self::Off => None,
            Self::Required => Some("required"),
        }
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
