//! Questions to the domain name system, answered by `hickory-resolver`. What is decided about them is `sip::locate`'s.

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{RData, RecordType};
use sip::locate::{Answer, Naptr, Question, Records, Srv};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// How long one server may take, and how often it is asked again.
const TIMEOUT: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 1;

/// How long it holds that nobody could be asked, or that there is nothing and nobody says for how long.
const UNKNOWN: Duration = Duration::from_secs(5);

/// Who answers questions. Cheap to clone.
#[derive(Clone)]
pub struct Names {
    resolver: Option<TokioResolver>,
    /// Addresses of which family can be reached.
    v4: bool,
}

impl Names {
    /// Asks these servers; if there are none, those of the system. `local` is the address from which calls are sent:
    /// addresses of its family are of use.
    #[must_use]
    pub fn new(servers: &[SocketAddr], local: IpAddr) -> Self {
        let resolver = resolver(servers);
        if let Err(why) = &resolver {
            tracing::warn!(%why, "host names cannot be looked up; `sip.dns` may name servers");
        }
        Self { resolver: resolver.ok(), v4: local.is_ipv4() }
    }

    /// The answer to a question. There always is one.
    pub async fn answer(&self, question: Question) -> Answer {
        let (name, kind) = match &question {
            Question::Naptr(name) => (name, RecordType::NAPTR),
            Question::Srv(name) => (name, RecordType::SRV),
            Question::Addresses(name) if self.v4 => (name, RecordType::A),
            Question::Addresses(name) => (name, RecordType::AAAA),
        };
        let nothing = |ttl| (Records::Nothing, ttl);
        let (records, ttl) = match &self.resolver {
            None => nothing(UNKNOWN),
            // With the dot at its end a name is whole: no domain of ours is tried after it.
            Some(resolver) => match resolver.lookup(format!("{name}."), kind).await {
                Ok(found) => (records(&question, &found), found.valid_until().duration_since(Instant::now())),
                Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
                    nothing(none.negative_ttl.map_or(UNKNOWN, |s| Duration::from_secs(u64::from(s))))
                }
                Err(why) => {
                    tracing::warn!(?question, %why, "the domain name system does not answer");
                    nothing(UNKNOWN)
                }
            },
        };
        Answer { question, records, ttl }
    }
}

fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let mut builder = if servers.is_empty() {
        TokioResolver::builder_tokio()?
    } else {
        let server = |address: &SocketAddr| {
            let mut ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
            ways.iter_mut().for_each(|way| way.port = address.port());
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            server.connections = ways.into();
            server
        };
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.iter().map(server).collect());
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    let options = builder.options_mut();
    (options.timeout, options.attempts) = (TIMEOUT, ATTEMPTS);
    // Answers are kept by whoever asked.
    options.cache_size = 0;
    builder.build()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn records(question: &Question, found: &Lookup) -> Records {
    let data = || found.answers().iter().map(|record| &record.data);
    let naptr = |data: &RData| match data {
        RData::NAPTR(of) => Some(Naptr {
            order: of.order,
            preference: of.preference,
            flags: text(&of.flags),
            services: text(&of.services),
            replacement: of.replacement.to_ascii(),
        }),
        _ => None,
    };
    let srv = |data: &RData| match data {
        RData::SRV(of) => {
            Some(Srv { priority: of.priority, weight: of.weight, port: of.port, target: of.target.to_ascii() })
        }
        _ => None,
    };
    let address = |data: &RData| match data {
        RData::A(ip) => Some(IpAddr::V4(ip.0)),
        RData::AAAA(ip) => Some(IpAddr::V6(ip.0)),
        _ => None,
    };
    match question {
        Question::Naptr(_) => Records::Naptr(data().filter_map(naptr).collect()),
        Question::Srv(_) => Records::Srv(data().filter_map(srv).collect()),
        Question::Addresses(_) => Records::Addresses(data().filter_map(address).collect()),
    }
}
