//! Certificates for a daemon under test, and a client that speaks SIP over TLS by hand.

use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sip::api::Credentials;
use sip::message::{Frame, Framer, HeaderName, Message, Method, Response};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Where the certificate is, in the directory of a configuration.
pub const CERTIFICATE: &str = "cert.pem";

/// A certificate for this machine, with its key.
pub struct Identity {
    key: String,
    certificate: String,
    /// What a handshake shows of it.
    pub shown: CertificateDer<'static>,
}

impl Identity {
    /// A new one.
    pub fn make() -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1", "::1", "localhost"].map(str::to_owned)).unwrap();
        Self { key: made.signing_key.serialize_pem(), certificate: made.cert.pem(), shown: made.cert.der().clone() }
    }

    /// Writes it where the configuration of a directory looks.
    pub fn install(&self, dir: &Path) {
        std::fs::write(dir.join("key.pem"), &self.key).unwrap();
        std::fs::write(dir.join(CERTIFICATE), &self.certificate).unwrap();
    }
}

/// Writes a new certificate for this machine, with its key.
pub fn renew(dir: &Path) {
    Identity::make().install(dir);
}

/// A client that believes these, and keeps no session that it could resume without looking at a certificate.
pub fn believer_of(identities: &[Identity]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    identities.iter().for_each(|identity| roots.add(identity.shown.clone()).unwrap());
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut client = builder.with_root_certificates(roots).with_no_client_auth();
    client.resumption = Resumption::disabled();
    Arc::new(client)
}

/// Which of these a connection was shown.
pub fn which(stream: &TlsStream<TcpStream>, identities: &[Identity]) -> usize {
    let shown = stream.get_ref().1.peer_certificates().expect("a certificate is shown");
    identities.iter().position(|identity| identity.shown == shown[0]).expect("it is one of them")
}

/// A client that believes nothing but the certificate which is there now.
pub fn believer(dir: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(dir.join(CERTIFICATE)).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Connects by TLS.
///
/// # Errors
/// When the server's certificate is another one.
pub async fn connect(to: SocketAddr, client: &Arc<ClientConfig>) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::from(to.ip());
    TlsConnector::from(Arc::clone(client)).connect(name, TcpStream::connect(to).await?).await
}

/// A SIP connection over TLS.
pub struct Line {
    stream: TlsStream<TcpStream>,
    framer: Framer,
    number: u32,
}

impl Line {
    /// Connects.
    ///
    /// # Errors
    /// When the server's certificate is another one.
    pub async fn open(to: SocketAddr, client: &Arc<ClientConfig>) -> io::Result<Self> {
        Ok(Self { stream: connect(to, client).await?, framer: Framer::new(), number: 0 })
    }

    /// Which of these it was shown.
    pub fn which(&self, identities: &[Identity]) -> usize {
        which(&self.stream, identities)
    }

    /// Calls from a number, with sound to and from this port of the machine, and waits for the answer.
    pub async fn call(&mut self, (number, from): (&str, &str), port: u16) -> Response {
        self.number += 1;
        let (local, count) = (self.local(), self.number);
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
        );
        let dialog = format!("From: <sips:{from}@{local}>;tag={count}\r\nCall-ID: {count}-{local}\r\n");
        let via =
            |branch: &str| format!("Via: SIP/2.0/TLS {local};rport;branch=z9hG4bK{}{count}{branch}\r\n", local.port());
        let invite = format!(
            "INVITE sips:{number}@127.0.0.1 SIP/2.0\r\n{}Max-Forwards: 70\r\n{dialog}To: <sips:{number}@127.0.0.1>\r\n\
             CSeq: 1 INVITE\r\nContact: <sips:{from}@{local}>\r\nContent-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{sdp}",
            via("i"),
            sdp.len()
        );
        self.say(&invite).await;
        let answer = loop {
            let response = self.response().await;
            if response.code >= 200 {
                break response;
            }
        };
        if answer.code == 200 {
            let target = answer.headers.contacts().unwrap().remove(0).uri;
            let to = answer.headers.first(&HeaderName::To).unwrap();
            let ack = format!(
                "ACK {target} SIP/2.0\r\n{}Max-Forwards: 70\r\n{dialog}To: {to}\r\nCSeq: 1 ACK\r\n\
                 Content-Length: 0\r\n\r\n",
                via("a")
            );
            self.say(&ack).await;
        }
        answer
    }

    /// Waits until the other side ends the call.
    pub async fn ended(&mut self) {
        loop {
            if let Message::Request(request) = self.next().await {
                self.say(&String::from_utf8(Response::to(&request, 200, "").to_bytes()).unwrap()).await;
                if request.method == Method::Bye {
                    return;
                }
            }
        }
    }

    fn local(&self) -> SocketAddr {
        self.stream.get_ref().0.local_addr().unwrap()
    }

    async fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Registers user 6001, with the challenge on the way. Gives the last answer.
    pub async fn register(&mut self) -> Response {
        let challenged = self.send_register("").await;
        let challenges: Vec<&str> = challenged.headers.all(&HeaderName::WwwAuthenticate).collect();
        let credentials = Credentials {
            user: "6001".to_owned(),
            password: "softphone-secret".to_owned(),
            ha1_md5: String::new(),
            ha1_sha256: String::new(),
        };
        let uri = "sips:127.0.0.1".parse().unwrap();
        let proof = sip::digest::answer(&challenges, &Method::Register, &uri, &credentials, "0a1b").unwrap();
        self.send_register(&format!("Authorization: {proof}\r\n")).await
    }

    async fn send_register(&mut self, proof: &str) -> Response {
        self.number += 1;
        let local = self.local();
        let number = self.number;
        let text = format!(
            "REGISTER sips:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS {local};rport;branch=z9hG4bK{}{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sips:6001@127.0.0.1>;tag=t\r\nTo: <sips:6001@127.0.0.1>\r\n\
             Call-ID: {local}\r\nCSeq: {number} REGISTER\r\nContact: <sips:6001@{local}>\r\n{proof}\
             Content-Length: 0\r\n\r\n",
            local.port()
        );
        self.say(&text).await;
        self.response().await
    }

    /// The next response; requests (OPTIONS) are passed over.
    async fn response(&mut self) -> Response {
        loop {
            if let Message::Response(response) = self.next().await {
                return response;
            }
        }
    }

    async fn next(&mut self) -> Message {
        let mut buffer = [0; 4_096];
        loop {
            while let Some(frame) = self.framer.next_frame() {
                if let Frame::Message(Ok(message)) = frame.unwrap() {
                    return message;
                }
            }
            let length = self.stream.read(&mut buffer).await.unwrap();
            assert!(length > 0, "the connection was closed");
            self.framer.push(&buffer[..length]);
        }
    }
}
