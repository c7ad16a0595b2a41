//! Certificates: read with the configuration, and checked against their keys before anything uses them.

use crate::outside::Outside;
use crate::reader::Table;
use crate::report::Placed;
use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Who we are towards those who connect by TLS (SIP, HTTPS, WSS).
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificates as PEM, our own first.
    certificate: String,
    key: SecretString,
    checked: Arc<CertifiedKey>,
}

impl Identity {
    /// The certificates with their key, which fits.
    #[must_use]
    pub fn certified(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.checked)
    }

    /// The same exactly when certificates and key are the same.
    pub(crate) fn mark(&self) -> String {
        format!("{} {}", self.certificate, self.key.expose_secret())
    }
}

/// How a trunk must prove who it is when we connect to it by TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkTls {
    /// The name (or address) that its certificate must have.
    pub name: ServerName<'static>,
    /// Whom we believe, as PEM; `None`: the public certification authorities.
    ca: Option<String>,
}

impl TrunkTls {
    /// Whom we believe; `None`: the public certification authorities.
    #[must_use]
    pub fn roots(&self) -> Option<RootCertStore> {
        self.ca.as_deref().and_then(believed)
    }
}

/// `[tls]`: certificate and key.
pub(crate) fn identity(root: &Table<'_>, outside: &dyn Outside) -> Option<Identity> {
    let table = root.table("tls")?;
    let (certificate, key) = (file(&table, "certificate", outside, true), file(&table, "key", outside, true));
    table.done();
    let (certificate, key) = (certificate?, key?);
    match certified(&certificate.value, &key.value) {
        Ok(checked) => {
            let (certificate, key) = (certificate.value, SecretString::from(key.value));
            Some(Identity { certificate, key, checked: Arc::new(checked) })
        }
        Err((of, why)) => {
            let place = if of == "key" { key.place } else { certificate.place };
            table.refuse("bad_certificate", place, of, why);
            None
        }
    }
}

/// `tls_name` and `tls_ca` of a trunk whose peer, at this address, is reached by TLS.
pub(crate) fn trunk(table: &Table<'_>, peer: core::net::SocketAddr, outside: &dyn Outside) -> Option<TrunkTls> {
    let name = match table.text("tls_name") {
        None => ServerName::from(peer.ip()),
        Some(text) => ServerName::try_from(text.value.clone()).ok().or_else(|| {
            let why = format!("`{}` is no name that a certificate can have", text.value);
            table.refuse("bad_id", text.place, "tls_name", why);
            None
        })?,
    };
    Some(TrunkTls { name, ca: ca(table, "tls_ca", outside) })
}

/// The certificates of those whom we believe, as PEM, of the file that a key names.
pub(crate) fn ca(table: &Table<'_>, key: &'static str, outside: &dyn Outside) -> Option<String> {
    let pem = file(table, key, outside, false)?;
    if let Err(why) = roots(&pem.value) {
        table.refuse("bad_certificate", pem.place, key, why);
    }
    Some(pem.value)
}

/// Those whom a PEM names, which was read before.
pub(crate) fn believed(pem: &str) -> Option<RootCertStore> {
    roots(pem).ok()
}

/// The text of the file that a key names, at the place of the key.
fn file(table: &Table<'_>, key: &'static str, outside: &dyn Outside, needed: bool) -> Option<Placed<String>> {
    let path = if needed { table.need_text(key)? } else { table.need_text_if_any(key)? };
    match outside.read(&path.value) {
        Ok(text) => Some(Placed { value: text, place: path.place }),
        Err(why) => {
            table.refuse("unreadable_file", path.place, key, format!("`{}`: {why}", path.value));
            None
        }
    }
}

/// The certificates with their key, or which of the two is wrong, and why.
fn certified(certificate: &str, key: &str) -> Result<CertifiedKey, (&'static str, String)> {
    let chain = certificates(certificate).map_err(|why| ("certificate", why))?;
    let key =
        PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|why| ("key", format!("no key can be read: {why}")))?;
    CertifiedKey::from_der(chain, key, &default_provider()).map_err(|why| match why {
        rustls::Error::InconsistentKeys(_) => ("key", "the key does not belong to the certificate".to_owned()),
        other => ("certificate", format!("certificate and key cannot be used: {other}")),
    })
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err("there is no certificate in it (PEM is needed)".to_owned()),
        Ok(chain) => Ok(chain),
        Err(why) => Err(format!("the certificates cannot be read: {why}")),
    }
}

fn roots(pem: &str) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem)? {
        store.add(certificate).map_err(|why| format!("a certificate cannot be used: {why}"))?;
    }
    Ok(store)
}
