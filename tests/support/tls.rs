//! Certificates for a daemon under test, and a client that speaks SIP over TLS by hand.

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

/// Writes a new certificate for this machine, with its key.
pub fn renew(dir: &Path) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1", "::1", "localhost"].map(str::to_owned)).unwrap();
    std::fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(dir.join(CERTIFICATE), made.cert.pem()).unwrap();
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
        let local = self.stream.get_ref().0.local_addr().unwrap();
        let number = self.number;
        let text = format!(
            "REGISTER sips:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS {local};rport;branch=z9hG4bK{}{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sips:6001@127.0.0.1>;tag=t\r\nTo: <sips:6001@127.0.0.1>\r\n\
             Call-ID: {local}\r\nCSeq: {number} REGISTER\r\nContact: <sips:6001@{local}>\r\n{proof}\
             Content-Length: 0\r\n\r\n",
            local.port()
        );
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
        self.response().await
    }

    /// The next response; requests (OPTIONS) are passed over.
    async fn response(&mut self) -> Response {
        let mut buffer = [0; 4_096];
        loop {
            while let Some(frame) = self.framer.next_frame() {
                if let Frame::Message(Ok(Message::Response(response))) = frame.unwrap() {
                    return response;
                }
            }
            let length = self.stream.read(&mut buffer).await.unwrap();
            assert!(length > 0, "the connection was closed");
            self.framer.push(&buffer[..length]);
        }
    }
}
