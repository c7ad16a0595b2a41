//! Methods (RFC 3261 §7.1). They are case-sensitive.

use core::fmt;

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident $text:literal $rsip:ident),* $(,)?) => {
        /// The method of a request.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Method {
            $($(#[$doc])* $name,)*
            /// A method that we do not know, as it was written.
            Other(String),
        }

        impl Method {
            /// The method with this name. Unknown names are kept.
            #[must_use]
            pub fn parse(name: &str) -> Self {
                match name {
                    $($text => Self::$name,)*
                    other => Self::Other(other.to_owned()),
                }
            }

            /// The name on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(name) => name,
                }
            }

            /// The same method as an `rsip` type; `None` for unknown methods, which `rsip` cannot represent.
            #[must_use]
            pub fn to_rsip(&self) -> Option<rsip::Method> {
                match self {
                    $(Self::$name => Some(rsip::Method::$rsip),)*
                    Self::Other(_) => None,
                }
            }
        }

        impl From<rsip::Method> for Method {
            fn from(method: rsip::Method) -> Self {
                match method {
                    $(rsip::Method::$rsip => Self::$name,)*
                }
            }
        }
    };
}

methods! {
    /// RFC 3261 §13.
    Invite "INVITE" Invite,
    /// RFC 3261 §13.
    Ack "ACK" Ack,
    /// RFC 3261 §15.
    Bye "BYE" Bye,
    /// RFC 3261 §9.
    Cancel "CANCEL" Cancel,
    /// RFC 3261 §10.
    Register "REGISTER" Register,
    /// RFC 3261 §11.
    Options "OPTIONS" Options,
    /// RFC 6086.
    Info "INFO" Info,
    /// RFC 3311.
    Update "UPDATE" Update,
    /// RFC 3262.
    Prack "PRACK" PRack,
    /// RFC 3515.
    Refer "REFER" Refer,
    /// RFC 6665.
    Notify "NOTIFY" Notify,
    /// RFC 6665.
    Subscribe "SUBSCRIBE" Subscribe,
    /// RFC 3428.
    Message "MESSAGE" Message,
    /// RFC 3903.
    Publish "PUBLISH" Publish,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
