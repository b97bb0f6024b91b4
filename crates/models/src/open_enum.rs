//! Enums that know their model's values and keep every other one: a newer client may send it, and validation, not
//! decoding, decides what to answer.

/// Defines an open enum with the codecs' traits.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $value:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $(
                #[doc = concat!("`", $value, "`.")]
                $variant,
            )+
            /// A value that the model does not list.
            Other(String),
        }

        impl $name {
            /// The values that the model lists, in its order.
            pub const KNOWN: &'static [&'static str] = &[$($value),+];

            /// The value on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)+
                    Self::Other(value) => value,
                }
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                match value.as_str() {
                    $($value => Self::$variant,)+
                    _ => Self::Other(value),
                }
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($value => Self::$variant,)+
                    _ => Self::Other(value.to_owned()),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::wire::Decode for $name {
            fn decode(n: &dyn ::wire::Node) -> Result<Self, ::wire::DecodeError> {
                n.string().map(|value| Self::from(&*value))
            }
        }

        impl ::wire::Encode for $name {
            fn encode(&self, e: &mut dyn ::wire::Encoder) {
                e.string(self.as_str());
            }
        }
    };
}

pub(crate) use open_enum;
