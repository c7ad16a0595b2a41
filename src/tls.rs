//! Certificates in use: ours, which a reload renews while connections last, and those that we believe.

use config::Config;
use rustls::crypto::ring::default_provider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use sip::api::Destination;
use std::sync::{Arc, PoisonError, RwLock};

/// TLS 1.2 for desk phones, 1.3 for the rest.
const VERSIONS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// Our certificate. Each handshake takes what is here at its time; connections that are open keep theirs.
#[derive(Debug)]
pub struct Renewable(RwLock<Arc<CertifiedKey>>);

impl Renewable {
    /// The certificate of a configuration that has one.
    #[must_use]
    pub fn of(config: &Config) -> Option<Arc<Self>> {
        config.identity().map(|identity| Arc::new(Self(RwLock::new(identity.certified()))))
    }

    /// Takes over the certificate of another configuration, if it has one.
    pub fn renew(&self, config: &Config) {
        if let Some(identity) = config.identity() {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = identity.certified();
        }
    }
}

impl ResolvesServerCert for Renewable {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// For connections that we accept, with the protocols that may be agreed on inside (RFC 7301); none: nobody asks.
///
/// # Panics
/// Never: the provider knows the versions.
#[must_use]
pub fn accepting(ours: &Arc<Renewable>, protocols: &[&[u8]]) -> Arc<ServerConfig> {
    let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(ours) as _;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(VERSIONS)
        .expect("ring has suites for both versions");
    let mut server = builder.with_no_client_auth().with_cert_resolver(resolver);
    server.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Arc::new(server)
}

fn opening(roots: RootCertStore) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(VERSIONS)
        .expect("ring has suites for both versions");
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

/// For connections to systems that flows ask: the public authorities are believed, and these.
#[must_use]
pub fn asking(ours: Option<RootCertStore>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.roots.extend(ours.into_iter().flat_map(|ours| ours.roots));
    opening(roots)
}

/// How the SIP transports secure connections.
#[must_use]
pub fn sip(config: &Config, ours: Option<&Arc<Renewable>>) -> sip_io::Tls {
    let public = asking(None);
    let peer = |trunk: &config::Trunk| {
        let (Some(Destination::Tls(address)), Some(tls)) = (trunk.peer, &trunk.tls) else { return None };
        let client = tls.roots().map_or_else(|| Arc::clone(&public), opening);
        Some((address, (tls.name.clone(), client)))
    };
    let peers = config.trunks().iter().filter_map(peer).collect();
    sip_io::Tls { server: ours.map(|ours| accepting(ours, &[])), client: Some(public), peers }
}
