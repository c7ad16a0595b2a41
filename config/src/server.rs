//! The bootstrap sections: `[server]`, `[sip]`, `[media]`, `[store]`.

use crate::model::{
    AudioCodec, Connections, Database, HepSettings, MediaSettings, MirrorSettings, ServerSettings, SipSettings,
    SrtpOffers,
};
use crate::outside::Outside;
use crate::people::secret;
use crate::reader::Table;
use crate::report::Placed;
use crate::tree::{Item, Value};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use domain::Language;
use secrecy::ExposeSecret;
use sip::api::{KeepAlive, Policy, Redirects, SessionInterval, Timers};
use sip::door::Rules;

/// Bytes.
const MEGABYTE: usize = 1 << 20;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub(crate) fn server(root: &Table<'_>, outside: &dyn Outside) -> ServerSettings {
    let table = root.table("server");
    let table = table.as_ref();
    let text = |key| table.and_then(|table| table.need_text_if_any(key)).map(|text| text.value);
    let settings = ServerSettings {
        company: text("company").unwrap_or_else(|| "Switchroom".to_owned()),
        http: table.and_then(|table| table.address("http")).unwrap_or(SocketAddr::new(LOOPBACK, 8080)),
        https: table.and_then(|table| table.address("https")),
        connections: table.map_or(HTTP_CONNECTIONS, |table| connections(table, HTTP_CONNECTIONS)),
        data_dir: outside.resolve(text("data_dir").as_deref().unwrap_or("data")),
        prompts_dir: outside.resolve(text("prompts_dir").as_deref().unwrap_or("prompts")),
        default_language: table.and_then(|table| table.id("default_language")).map_or(Language::EN, |l| l.value),
        utc_offset_s: table
            .and_then(|table| table.int("utc_offset_min", -840..=840))
            .and_then(|minutes| i32::try_from(minutes * 60).ok())
            .unwrap_or(0),
    };
    if let Some(table) = table {
        table.done();
    }
    settings
}

pub(crate) fn sip(root: &Table<'_>) -> SipSettings {
    let Some(table) = root.table("sip") else { return sip_defaults() };
    let defaults = sip_defaults();
    let listen = table.address("listen").unwrap_or(defaults.listen);
    let advertised = table.address("advertised");
    let (tls_listen, tls_advertised) = (table.address("tls_listen"), table.address("tls_advertised"));
    let told = table.has("advertised");
    told_if_needed(&table, listen, told, ["listen", "advertised"]);
    if let Some(tls) = tls_listen {
        told_if_needed(&table, tls, told || table.has("tls_advertised"), ["tls_listen", "tls_advertised"]);
    }
    let least = table.int("expires_min_s", 1..=86_400).and_then(|s| u32::try_from(s).ok());
    let most = table.int("expires_max_s", 1..=86_400).and_then(|s| u32::try_from(s).ok());
    let expires_s = (least.unwrap_or(defaults.expires_s.0), most.unwrap_or(defaults.expires_s.1));
    if expires_s.0 > expires_s.1 {
        let why = "`expires_min_s` is more than `expires_max_s`".to_owned();
        table.refuse("out_of_range", table.place_of("expires_min_s"), "expires_min_s", why);
    }
    let settings = SipSettings {
        listen,
        advertised,
        tls_listen,
        tls_advertised,
        realm: table.need_text_if_any("realm").map_or(defaults.realm, |text| text.value),
        domains: table.texts("domains").into_iter().map(|text| text.value).collect(),
        allow_md5: table.flag("allow_md5", true),
        md5_only: table.flag("md5_only", false),
        emergency: table.texts("emergency").into_iter().map(|text| text.value).collect(),
        expires_s,
        dns: dns(&table),
        timers: Timers {
            t1: table.millis("t1_ms", 500, 10..=10_000),
            t2: table.millis("t2_ms", 4_000, 10..=60_000),
            t4: table.millis("t4_ms", 5_000, 10..=60_000),
        },
        policy: policy(&table),
        door: door(&table),
        connections: connections(&table, SIP_CONNECTIONS),
    };
    table.done();
    settings
}

/// Servers of the domain name system.
fn dns(table: &Table<'_>) -> Vec<SocketAddr> {
    let address = |text: &Placed<String>| {
        let address = text.value.parse().ok();
        if address.is_none() {
            let why = format!("`{}` is no address with a port, such as 192.0.2.53:53", text.value);
            table.refuse("bad_address", text.place, "dns", why);
        }
        address
    };
    table.texts("dns").iter().filter_map(address).collect()
}

/// Peers must be told another address than "any".
fn told_if_needed(table: &Table<'_>, listen: SocketAddr, told: bool, [key, missing]: [&'static str; 2]) {
    if listen.ip().is_unspecified() && !told {
        let why = format!("`{missing}` is needed: {} is no address that a peer can reach", listen.ip());
        table.refuse("missing_key", table.place_of(key), missing, why);
    }
}

fn sip_defaults() -> SipSettings {
    SipSettings {
        listen: SocketAddr::new(LOOPBACK, 5060),
        advertised: None,
        tls_listen: None,
        tls_advertised: None,
        realm: "switchroom".to_owned(),
        domains: Vec::new(),
        allow_md5: true,
        md5_only: false,
        emergency: Vec::new(),
        expires_s: (60, 3_600),
        dns: Vec::new(),
        timers: Timers::default(),
        policy: Policy {
            keep_alive: KeepAlive { trunks: ASKED, phones: ASKED, ..KeepAlive::default() },
            ..Policy::default()
        },
        door: Rules::default(),
        connections: SIP_CONNECTIONS,
    }
}

const SIP_CONNECTIONS: Connections = Connections { max: 10_000, per_address_max: 1_000 };
const HTTP_CONNECTIONS: Connections = Connections { max: 10_000, per_address_max: 2_000 };

/// How many connections there may be.
fn connections(table: &Table<'_>, defaults: Connections) -> Connections {
    let most = |key, default| table.int(key, 1..=1_000_000).and_then(|n| usize::try_from(n).ok()).unwrap_or(default);
    Connections {
        max: most("connections_max", defaults.max),
        per_address_max: most("connections_per_address_max", defaults.per_address_max),
    }
}

/// How much one address may send, and how many wrong passwords. Zero turns a thing off.
fn door(table: &Table<'_>) -> Rules {
    let defaults = Rules::default();
    let count =
        |key, range, default| table.int(key, range).and_then(|number| u32::try_from(number).ok()).unwrap_or(default);
    Rules {
        rate_per_s: count("rate_per_s", 0..=1_000_000, defaults.rate_per_s),
        burst: count("rate_burst", 1..=1_000_000, defaults.burst),
        failures: count("ban_failures", 0..=10_000, defaults.failures),
        ban: table.seconds("ban_s", defaults.ban.as_secs(), 1..=86_400),
        ..defaults
    }
}

/// How often peers are asked whether they are there, where the configuration says nothing.
const ASKED: Option<Duration> = Some(Duration::from_secs(30));

/// Session timers, redirections and keep-alive. Zero turns a thing off.
fn policy(table: &Table<'_>) -> Policy {
    let defaults = sip_defaults().policy;
    let session = SessionInterval {
        interval_s: table.int("session_s", 0..=86_400).map_or(defaults.session.interval_s, |s| s as u32),
        min_s: table.int("session_min_s", 90..=86_400).map_or(defaults.session.min_s, |s| s as u32),
    };
    if session.interval_s != 0 && session.interval_s < session.min_s {
        let why = "`session_s` is less than `session_min_s`; 0 turns session timers off".to_owned();
        table.refuse("out_of_range", table.place_of("session_s"), "session_s", why);
    }
    let most = |key, default| table.int(key, 0..=10).and_then(|n| u8::try_from(n).ok()).unwrap_or(default);
    let redirects = Redirects {
        trunks: most("trunk_redirects", defaults.redirects.trunks),
        phones: most("phone_redirects", defaults.redirects.phones),
    };
    let asked = |key| Some(table.seconds(key, 30, 0..=3_600)).filter(|pause| !pause.is_zero());
    let keep_alive =
        KeepAlive { trunks: asked("trunk_keep_alive_s"), phones: asked("phone_keep_alive_s"), ..KeepAlive::default() };
    Policy { session, redirects, keep_alive }
}

const CODECS: [(&str, AudioCodec); 4] =
    [("pcmu", AudioCodec::Pcmu), ("pcma", AudioCodec::Pcma), ("g722", AudioCodec::G722), ("opus", AudioCodec::Opus)];

/// Codecs, best first; `None`: nothing is said.
fn codecs(table: &Table<'_>) -> Option<Vec<AudioCodec>> {
    let codec = |text: Placed<String>| {
        let known = CODECS.iter().find(|(word, _)| *word == text.value).map(|(_, codec)| *codec);
        if known.is_none() {
            let why = format!("`{}` is no codec; there are pcmu, pcma, g722 and opus", text.value);
            table.refuse("bad_choice", text.place, "codecs", why);
        }
        known
    };
    let codecs: Vec<AudioCodec> = table.texts("codecs").into_iter().filter_map(codec).collect();
    (!codecs.is_empty()).then_some(codecs)
}

pub(crate) fn media(root: &Table<'_>, sip: &SipSettings) -> MediaSettings {
    let mut settings = MediaSettings {
        address: sip.advertised.unwrap_or(sip.listen).ip(),
        rtp_ports: (40_000, 40_999),
        browser_address: None,
        browser_port: 0,
        workers: 0,
        silence: Duration::from_secs(30),
        keep_free: 200 * MEGABYTE as u64,
        codecs: vec![AudioCodec::Pcmu, AudioCodec::Pcma],
        port_rest: Duration::from_secs(30),
        srtp: SrtpOffers::Off,
    };
    let Some(table) = root.table("media") else { return settings };
    if let Some(address) = table.parsed::<IpAddr>("address", "bad_address") {
        settings.address = address.value;
        if address.value.is_unspecified() {
            let why = format!("{} is no address that a peer can send to", address.value);
            table.refuse("bad_address", address.place, "address", why);
        }
    }
    settings.browser_address = table.parsed::<IpAddr>("browser_address", "bad_address").map(|address| address.value);
    settings.rtp_ports = ports(&table).unwrap_or(settings.rtp_ports);
    let small = |key, most| table.int(key, 0..=most).and_then(|number| u16::try_from(number).ok()).unwrap_or(0);
    settings.browser_port = small("browser_port", 65_535);
    settings.workers = small("workers", 256);
    settings.silence = table.seconds("silence_s", 30, 1..=3_600);
    let keep_free = table.int("keep_free_mb", 0..=1_000_000).and_then(|megabytes| u64::try_from(megabytes).ok());
    settings.keep_free = keep_free.map_or(settings.keep_free, |megabytes| megabytes * MEGABYTE as u64);
    settings.codecs = codecs(&table).unwrap_or(settings.codecs);
    settings.port_rest = table.seconds("port_rest_s", 30, 0..=600);
    settings.srtp = table.choice("srtp", &[("off", SrtpOffers::Off), ("tls", SrtpOffers::Tls)]).unwrap_or_default();
    table.done();
    settings
}

fn ports(table: &Table<'_>) -> Option<(u16, u16)> {
    let item = table.item("rtp_ports")?;
    let place = table.place_of("rtp_ports");
    let port = |item: &Item| match item.value {
        Value::Int(port) => u16::try_from(port).ok().filter(|port| *port >= 1_024),
        _ => None,
    };
    let ports = match &item.value {
        Value::List(items) => match &items[..] {
            [first, last] => port(first).zip(port(last)),
            _ => None,
        },
        _ => None,
    };
    match ports {
        // Each leg takes a pair: RTP on the even port, RTCP on the odd one after it.
        Some((first, last)) if last > first => Some((first, last)),
        _ => {
            let why = "`rtp_ports` must be [first, last], two ports from 1024 to 65535, the first one smaller";
            table.refuse("out_of_range", place, "rtp_ports", why.to_owned());
            None
        }
    }
}

/// What of the wire is kept in memory, and where it is mirrored to.
pub(crate) fn mirror(root: &Table<'_>, outside: &dyn Outside) -> MirrorSettings {
    let mut settings = MirrorSettings { trace_bytes: 4 * MEGABYTE, trace_messages: 200, hep: None };
    if let Some(table) = root.table("trace") {
        let number = |key, range| table.int(key, range).and_then(|n| usize::try_from(n).ok());
        settings.trace_bytes = number("memory_mb", 0..=4_096).map_or(settings.trace_bytes, |n| n * MEGABYTE);
        settings.trace_messages = number("messages_per_call", 1..=10_000).unwrap_or(settings.trace_messages);
        table.done();
    }
    if let Some(table) = root.table("hep") {
        if !table.has("server") {
            table.miss("server");
        }
        let number = |key| table.int(key, 0..=i64::from(u32::MAX)).and_then(|n| u32::try_from(n).ok());
        let (capture_id, password) = (number("capture_id").unwrap_or(2_001), secret(&table, "password", outside));
        settings.hep = table.address("server").map(|server| HepSettings { server, capture_id, password });
        table.done();
    }
    settings
}

/// The database; `None`: a file in the data directory.
pub(crate) fn store(root: &Table<'_>, outside: &dyn Outside) -> Option<Database> {
    let table = root.table("store")?;
    let place = table.place_of("database");
    let url = secret(&table, "database", outside);
    table.done();
    let url: Placed<_> = Placed { value: url?, place };
    let text = url.value.expose_secret();
    match text.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => Some(Database::Sqlite(outside.resolve(path))),
        Some(("postgres" | "postgresql", _)) => Some(Database::Postgres(url.value)),
        _ => {
            let why = "`database` must begin with `sqlite:` and a path, or with `postgres://`".to_owned();
            table.refuse("bad_choice", url.place, "database", why);
            None
        }
    }
}
