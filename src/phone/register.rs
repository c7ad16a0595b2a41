//! REGISTER with digest, by hand: the endpoint itself is a server.

use sip::api::Credentials;
use sip::digest;
use sip::message::{HeaderName, Method, Request, Response, Uri};
use std::net::SocketAddr;

/// One registration under way.
pub(super) struct Registration {
    server: SocketAddr,
    local: SocketAddr,
    credentials: Credentials,
    cseq: u32,
}

impl Registration {
    pub fn new(server: SocketAddr, local: SocketAddr, user: String, password: String) -> Self {
        let credentials = Credentials { user, password, ha1_md5: String::new(), ha1_sha256: String::new() };
        Self { server, local, credentials, cseq: 0 }
    }

    pub fn server(&self) -> SocketAddr {
        self.server
    }

    /// How many requests were made.
    pub fn tries(&self) -> u32 {
        self.cseq
    }

    /// The next REGISTER, with the answer to the challenges of the response before.
    pub fn request(&mut self, challenged_by: Option<&Response>) -> Option<Vec<u8>> {
        self.cseq += 1;
        let user = &self.credentials.user;
        let uri = Uri::parse(&format!("sip:{}", self.server)).ok()?;
        let mut request = Request::new(Method::Register, uri.clone());
        let branch = format!("z9hG4bK-reg-{user}-{}-{}", self.local.port(), self.cseq);
        let fields = [
            (HeaderName::Via, format!("SIP/2.0/UDP {};rport;branch={branch}", self.local)),
            (HeaderName::MaxForwards, "70".to_owned()),
            (HeaderName::From, format!("<sip:{user}@{}>;tag=reg{}", self.server, self.local.port())),
            (HeaderName::To, format!("<sip:{user}@{}>", self.server)),
            (HeaderName::CallId, format!("reg-{user}-{}", self.local.port())),
            (HeaderName::CSeq, format!("{} REGISTER", self.cseq)),
            (HeaderName::Contact, format!("<sip:{user}@{}>;expires=300", self.local)),
        ];
        for (name, value) in fields {
            request.headers.push(name, value);
        }
        if let Some(response) = challenged_by {
            let challenges: Vec<&str> = response.headers.all(&HeaderName::WwwAuthenticate).collect();
            let answer = digest::answer(&challenges, &Method::Register, &uri, &self.credentials, &branch)?;
            request.headers.push(HeaderName::Authorization, answer);
        }
        Some(request.to_bytes())
    }
}
