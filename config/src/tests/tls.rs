//! Certificates and what needs them.

use super::*;
use rcgen::{CertifiedKey, KeyPair};
use sip::api::Destination;

const HEAD: &str = "[server]\nhttps = \"127.0.0.1:8443\"\n[sip]\ntls_listen = \"127.0.0.1:5061\"\n\
    [media]\nsrtp = \"tls\"\n[tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n[[trunk]]\nid = \"carrier\"\n\
    peer = \"tls:192.0.2.10:5061\"\ntls_name = \"sip.carrier.example\"\ntls_ca = \"cert.pem\"\nsrtp = true\n";

fn made() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(vec!["cc.example.org".to_owned()]).unwrap()
}

fn checked(certificate: &str, key: &str) -> Result<Config, Vec<Problem>> {
    let mut world = World::default();
    world.files.insert("cert.pem", certificate.to_owned().leak());
    world.files.insert("key.pem", key.to_owned().leak());
    check_in(&world, HEAD)
}

#[test]
fn a_certificate_with_its_key_is_taken_and_only_a_renewed_one_is_a_change() {
    let (first, second) = (made(), made());
    let of = |made: &CertifiedKey<KeyPair>| checked(&made.cert.pem(), &made.signing_key.serialize_pem()).unwrap();
    let config = of(&first);
    assert_eq!(config.identity().unwrap().certified().cert, [first.cert.der().clone()]);
    assert_eq!(config.changes(&of(&first)).live, Vec::<String>::new());
    assert_eq!(config.changes(&of(&second)).live, ["tls"]);
    let trunk = &config.trunks()[0];
    assert_eq!(trunk.peer, Some(Destination::Tls("192.0.2.10:5061".parse().unwrap())));
    assert_eq!(trunk.tls.as_ref().unwrap().roots().unwrap().len(), 1);
    assert!(trunk.srtp && config.media().srtp == SrtpOffers::Tls);
    let told = config.sip("127.0.0.1:5060".parse().unwrap(), Some("127.0.0.1:5061".parse().unwrap())).tls_advertised;
    assert_eq!(told, Some("127.0.0.1:5061".parse().unwrap()));
}

#[test]
fn a_key_of_another_certificate_and_files_that_are_none_are_told_with_their_places() {
    let (one, other) = (made(), made());
    let problems = |certificate: &str, key: &str| {
        let problems = checked(certificate, key).unwrap_err();
        told(&problems.into_iter().filter(|problem| problem.level == Level::Error).collect::<Vec<_>>())
    };
    let (certificate, key) = (one.cert.pem(), one.signing_key.serialize_pem());
    assert_eq!(problems(&certificate, &other.signing_key.serialize_pem()), ["9:7 bad_certificate"]);
    assert_eq!(problems(&certificate, "no key"), ["9:7 bad_certificate"]);
    assert_eq!(problems("no certificate", &key), ["8:15 bad_certificate", "14:10 bad_certificate"]);
}

#[test]
fn listeners_for_tls_need_a_certificate_and_an_address_that_peers_can_reach() {
    assert_eq!(errors("[sip]\ntls_listen = \"127.0.0.1:5061\""), ["1:1 missing_key"]);
    assert_eq!(errors("[server]\nhttps = \"127.0.0.1:8443\""), ["1:1 missing_key"]);
    let any = "[sip]\ntls_listen = \"0.0.0.0:5061\"\n[tls]\ncertificate = \"none.pem\"\nkey = \"none.pem\"";
    assert_eq!(errors(any), ["2:14 missing_key", "4:15 unreadable_file", "5:7 unreadable_file"]);
}
