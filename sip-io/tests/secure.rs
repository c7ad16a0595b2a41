//! TLS over real sockets on 127.0.0.1, with rustls on the other side.

use rcgen::{CertifiedKey, KeyPair};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use sip::api::{Destination, Fact, Source, Transport};
use sip_io::{Counters, Limits, Settings, Tls, Transports, bind};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::{TlsAcceptor, TlsConnector};

const OPTIONS: &str = "OPTIONS sip:pbx SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK1\r\n\
    From: <sip:a@pbx>;tag=1\r\nTo: <sip:pbx>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

/// Somebody with a certificate of this name.
struct Party(CertifiedKey<KeyPair>);

impl Party {
    fn new(name: &str) -> Self {
        Self(rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap())
    }

    fn server(&self) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::try_from(self.0.signing_key.serialize_der()).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        Arc::new(builder.with_single_cert(vec![self.0.cert.der().clone()], key).unwrap())
    }

    /// A client that believes this party alone.
    fn believer(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.cert.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
    }
}

struct Under {
    transports: Transports,
    inbox: mpsc::Receiver<Fact>,
    counters: Arc<Counters>,
    tls: SocketAddr,
}

fn started(tls: Tls, limits: Limits, address: &str) -> Under {
    let listen: SocketAddr = address.parse().unwrap();
    let bound = bind(listen).unwrap().with_tls(listen).unwrap();
    let local = bound.tls.as_ref().unwrap().1;
    let (sender, inbox) = mpsc::channel(8);
    let counters = Arc::new(Counters::default());
    let (transports, _datagrams) =
        Transports::start(bound, Settings { tls, limits, ..Settings::default() }, sender, Arc::clone(&counters));
    Under { transports, inbox, counters, tls: local }
}

impl Under {
    async fn source(&mut self) -> Source {
        match self.inbox.recv().await.unwrap() {
            Fact::Received { source, message } => {
                assert!(message.is_ok());
                source
            }
            other => panic!("{other:?}"),
        }
    }
}

fn name(text: &str) -> ServerName<'static> {
    ServerName::try_from(text.to_owned()).unwrap()
}

#[tokio::test]
async fn a_phone_is_heard_over_tls_and_answered_by_its_connection_also_over_ipv6() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let us = Party::new("pbx.example");
        let mut under = started(Tls { server: Some(us.server()), ..Tls::default() }, Limits::default(), address);
        let stream = TcpStream::connect(under.tls).await.unwrap();
        let remote = stream.local_addr().unwrap();
        let mut phone = TlsConnector::from(us.believer()).connect(name("pbx.example"), stream).await.unwrap();
        phone.write_all(OPTIONS.as_bytes()).await.unwrap();
        phone.flush().await.unwrap();
        let source = under.source().await;
        assert_eq!((source.transport, source.local, source.remote), (Transport::Tls, under.tls, remote));
        under.transports.send(Destination::Flow(source.flow.unwrap()), b"hello".to_vec());
        under.transports.close(source.flow.unwrap());
        let mut all = String::new();
        phone.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "hello", "and the end is told (close_notify)");
    }
}

#[tokio::test]
async fn who_speaks_no_tls_or_is_slow_to_shake_hands_is_not_let_in() {
    let us = Party::new("pbx.example");
    let limits = Limits { handshake: Duration::from_millis(50), ..Limits::default() };
    let under = started(Tls { server: Some(us.server()), ..Tls::default() }, limits, "127.0.0.1:0");
    let mut plain = TcpStream::connect(under.tls).await.unwrap();
    plain.write_all(OPTIONS.as_bytes()).await.unwrap();
    _ = plain.read_to_end(&mut Vec::new()).await;
    let mut silent = TcpStream::connect(under.tls).await.unwrap();
    assert_eq!(silent.read(&mut [0; 9]).await.unwrap(), 0);
    for counter in [&under.counters.handshakes_failed, &under.counters.timed_out] {
        // Counted a moment after the socket is closed.
        while counter.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(under.counters.received.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_trunk_is_connected_once_if_its_certificate_has_the_name_that_it_must_have() {
    let carrier = Party::new("sip.carrier.example");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let peers = |named: &str| BTreeMap::from([(address, (name(named), carrier.believer()))]);

    let mut under =
        started(Tls { peers: peers("sip.carrier.example"), ..Tls::default() }, Limits::default(), "127.0.0.1:0");
    under.transports.send(Destination::Tls(address), b"one".to_vec());
    under.transports.send(Destination::Tls(address), b"two".to_vec());
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = TlsAcceptor::from(carrier.server()).accept(stream).await.unwrap();
    let mut six = [0; 6];
    stream.read_exact(&mut six).await.unwrap();
    assert_eq!(&six, b"onetwo");
    stream.write_all(OPTIONS.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let source = under.source().await;
    assert_eq!((source.transport, source.remote), (Transport::Tls, address));

    let mut under =
        started(Tls { peers: peers("another.example"), ..Tls::default() }, Limits::default(), "127.0.0.1:0");
    under.transports.send(Destination::Tls(address), b"secret".to_vec());
    let (stream, _) = listener.accept().await.unwrap();
    assert!(TlsAcceptor::from(carrier.server()).accept(stream).await.is_err());
    match under.inbox.recv().await.unwrap() {
        Fact::SendFailed(to) => assert_eq!(to, Destination::Tls(address)),
        other => panic!("{other:?}"),
    }
    assert_eq!(under.counters.handshakes_failed.load(Ordering::Relaxed), 1);
}
