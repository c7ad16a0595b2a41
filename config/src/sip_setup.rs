//! What the SIP endpoint is built from.

use crate::config::Config;
use crate::model::{AgentPhone, Trunk};
use core::net::SocketAddr;
use secrecy::{ExposeSecret, SecretString};
use sip::api::{Credentials, Destination, Setup};
use sip::digest::{Algorithm, ha1};
use sip::door::Rules;

/// Value of the Server and User-Agent header fields.
const AGENT_NAME: &str = concat!("switchroom/", env!("CARGO_PKG_VERSION"));

impl Config {
    /// What the SIP endpoint is built from. `bound` is the address that the daemon listens on, which peers are told
    /// unless the configuration says another; `tls` is that for TLS.
    #[must_use]
    pub fn sip(&self, bound: SocketAddr, tls: Option<SocketAddr>) -> Setup {
        let settings = self.sip_settings();
        let agents = self.agents().iter().filter_map(|agent| match &agent.phone {
            AgentPhone::Registered { user, password: Some(password) } => Some((user, password)),
            AgentPhone::Registered { .. } | AgentPhone::Uri(_) => None,
        });
        let phones = self.phones().iter().map(|phone| (&phone.user, &phone.password));
        let users = agents.chain(phones).map(|(user, password)| self.credentials(user, password, false)).collect();
        Setup {
            advertised: settings.advertised.unwrap_or(bound),
            tls_advertised: tls.map(|tls| self.tls_advertised(tls)),
            domains: settings.domains.clone(),
            realm: settings.realm.clone(),
            allow_md5: settings.allow_md5,
            md5_only: settings.md5_only,
            trunks: self.trunks().iter().map(|trunk| self.trunk(trunk)).collect(),
            users,
            timers: settings.timers,
            expires_s: settings.expires_s,
            agent_name: AGENT_NAME.to_owned(),
            policy: settings.policy,
        }
    }

    /// Who may come in: the limits of `[sip]`, from which trunks are free.
    #[must_use]
    pub fn door(&self) -> Rules {
        let sources = self.trunks().iter().flat_map(|trunk| trunk.sources.iter().copied());
        let peers = self.trunks().iter().filter_map(|trunk| match trunk.peer {
            Some(Destination::Udp(peer) | Destination::Tcp(peer) | Destination::Tls(peer)) => Some(peer.ip()),
            Some(Destination::Flow(_)) | None => None,
        });
        let peers = peers.map(|peer| (peer, if peer.is_ipv4() { 32 } else { 128 }));
        Rules { exempt: sources.chain(peers).collect(), ..self.sip_settings().door.clone() }
    }

    /// What peers are told of TLS.
    fn tls_advertised(&self, bound: SocketAddr) -> SocketAddr {
        let settings = self.sip_settings();
        let of_advertised = settings.advertised.map(|advertised| SocketAddr::new(advertised.ip(), bound.port()));
        settings.tls_advertised.or(of_advertised).unwrap_or(bound)
    }

    fn trunk(&self, trunk: &Trunk) -> sip::api::Trunk {
        let credentials = trunk.credentials.as_ref().map(|(user, password)| self.credentials(user, password, true));
        let (sources, peer) = (trunk.sources.clone(), trunk.peer);
        sip::api::Trunk {
            sources,
            peer,
            host: trunk.host.clone(),
            credentials,
            trusted: trunk.trusted,
            pass_headers: trunk.pass_headers.clone(),
            registration: trunk.registration.clone(),
            group: trunk.rank.group.clone(),
            priority: trunk.rank.priority,
            weight: trunk.rank.weight,
            max_channels: trunk.rank.max_channels,
            ..sip::api::Trunk::new(trunk.id)
        }
    }

    /// A password is kept only where challenges of other realms must be answered with it.
    fn credentials(&self, user: &str, password: &SecretString, keep: bool) -> Credentials {
        let (realm, secret) = (self.sip_settings().realm.as_str(), password.expose_secret());
        Credentials {
            user: user.to_owned(),
            password: if keep { secret.to_owned() } else { String::new() },
            ha1_md5: ha1(user, realm, secret, Algorithm::Md5),
            ha1_sha256: ha1(user, realm, secret, Algorithm::Sha256),
        }
    }
}
