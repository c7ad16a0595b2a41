//! Names of header fields (RFC 3261 §7.3.1, §7.3.3).

use core::fmt;

macro_rules! names {
    ($($name:ident $text:literal $($compact:literal)?),* $(,)?) => {
        /// The name of a header field. Case does not matter; compact forms are expanded.
        #[derive(Clone, Debug)]
        pub enum HeaderName {
            $(#[doc = $text] $name,)*
            /// Another name, as written.
            Other(String),
        }

        impl HeaderName {
            /// The name written in any case or in its compact form.
            #[must_use]
            pub fn parse(text: &str) -> Self {
                // As nearly everybody writes them.
                match text {
                    $($text => return Self::$name,)*
                    _ => {}
                }
                $(if text.eq_ignore_ascii_case($text) $(|| text.eq_ignore_ascii_case($compact))? {
                    return Self::$name;
                })*
                Self::Other(text.to_owned())
            }

            /// The full name as it is written on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(text) => text,
                }
            }
        }
    };
}

names! {
    Via "Via" "v",
    From "From" "f",
    To "To" "t",
    CallId "Call-ID" "i",
    CSeq "CSeq",
    Contact "Contact" "m",
    MaxForwards "Max-Forwards",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    Route "Route",
    RecordRoute "Record-Route",
    Allow "Allow",
    Supported "Supported" "k",
    UserAgent "User-Agent",
    Server "Server",
    Expires "Expires",
    Accept "Accept",
    Require "Require",
    ProxyRequire "Proxy-Require",
    Unsupported "Unsupported",
    Authorization "Authorization",
    ProxyAuthorization "Proxy-Authorization",
    WwwAuthenticate "WWW-Authenticate",
    ProxyAuthenticate "Proxy-Authenticate",
    AuthenticationInfo "Authentication-Info",
    SessionExpires "Session-Expires" "x",
    MinSe "Min-SE",
    MinExpires "Min-Expires",
    RetryAfter "Retry-After",
    Reason "Reason",
    Warning "Warning",
    Date "Date",
    Timestamp "Timestamp",
    Subject "Subject" "s",
    Event "Event" "o",
    AllowEvents "Allow-Events" "u",
    SubscriptionState "Subscription-State",
    ReferTo "Refer-To" "r",
    ReferredBy "Referred-By" "b",
    ReferSub "Refer-Sub",
    Replaces "Replaces",
    RSeq "RSeq",
    RAck "RAck",
    Path "Path",
    ServiceRoute "Service-Route",
    PAssertedIdentity "P-Asserted-Identity",
    PPreferredIdentity "P-Preferred-Identity",
    RemotePartyId "Remote-Party-ID",
    Privacy "Privacy",
    Diversion "Diversion",
    UserToUser "User-to-User",
    HistoryInfo "History-Info",
    Identity "Identity" "y",
    AlertInfo "Alert-Info",
    CallInfo "Call-Info",
    ContentDisposition "Content-Disposition",
    ContentEncoding "Content-Encoding" "e",
    ContentLanguage "Content-Language",
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    MimeVersion "MIME-Version",
    Organization "Organization",
    Priority "Priority",
    InReplyTo "In-Reply-To",
    ReplyTo "Reply-To",
    ErrorInfo "Error-Info",
    AcceptContact "Accept-Contact" "a",
    RejectContact "Reject-Contact" "j",
    RequestDisposition "Request-Disposition" "d",
    IdentityInfo "Identity-Info" "n",
}

impl PartialEq for HeaderName {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(_), _) | (_, Self::Other(_)) => self.as_str().eq_ignore_ascii_case(other.as_str()),
            _ => core::mem::discriminant(self) == core::mem::discriminant(other),
        }
    }
}

impl Eq for HeaderName {}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
