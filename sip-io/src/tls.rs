//! TLS: who we are, and whom we believe. Certificates are the daemon's business; here they are used.

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

/// How TLS connections are secured.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// For those that we accept. It asks for the certificate at each handshake, so that a renewed one needs no restart.
    pub server: Option<Arc<ServerConfig>>,
    /// For those that we open to addresses of which nothing else is known: the peer's certificate must name its
    /// address. `None`: none is opened there.
    pub client: Option<Arc<ClientConfig>>,
    /// For those that we open to these addresses, with the name that the peer's certificate must have.
    pub peers: BTreeMap<SocketAddr, (ServerName<'static>, Arc<ClientConfig>)>,
}

/// Why a TLS connection did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoTls {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("TLS is not set up")]
    NotSetUp,
}

impl Tls {
    /// The handshake of a connection that a peer has opened.
    pub(crate) async fn accept(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, NoTls> {
        let server = self.server.clone().ok_or(NoTls::NotSetUp)?;
        Ok(TlsAcceptor::from(server).accept(stream).await?.into())
    }

    /// The handshake of a connection that we have opened.
    pub(crate) async fn connect(&self, remote: SocketAddr, stream: TcpStream) -> Result<TlsStream<TcpStream>, NoTls> {
        let (name, client) = match self.peers.get(&remote) {
            Some((name, client)) => (name.clone(), Arc::clone(client)),
            None => (ServerName::from(remote.ip()), self.client.clone().ok_or(NoTls::NotSetUp)?),
        };
        Ok(TlsConnector::from(client).connect(name, stream).await?.into())
    }
}
