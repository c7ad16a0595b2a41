//! Agents, users, phones, trunks and their secrets.

use crate::business::{levels, memberships};
use crate::check::Known;
use crate::model::{Agent, AgentPhone, SoftPhone, Trunk, TrunkRank, User};
use crate::network::{Peer, is_sip_uri, network, peer};
use crate::outside::Outside;
use crate::reader::Table;
use crate::report::{Place, Placed};
use crate::tls;
use crate::tree::{Item, Value};
use domain::{AgentId, Channel, Role, TrunkId};
use secrecy::SecretString;
use sip::api::{Destination, TrunkRegistration};

const ROLES: &[(&str, Role)] = &[("agent", Role::Agent), ("supervisor", Role::Supervisor), ("admin", Role::Admin)];

/// A secret: a text, `{ file = "…" }` or `{ env = "…" }`.
pub(crate) fn secret(table: &Table<'_>, key: &'static str, outside: &dyn Outside) -> Option<SecretString> {
    let item = table.item(key)?;
    let place = table.place_of(key);
    let found = match &item.value {
        Value::Text(text) => Ok(text.clone()),
        Value::Table(_) => {
            let from = table.table(key)?;
            let text = pointed_at(&from, outside);
            from.done();
            text.unwrap_or_else(|| Err("a secret is a text, { file = \"…\" } or { env = \"…\" }".to_owned()))
        }
        other => Err(format!("`{key}` must be a text, {{ file = \"…\" }} or {{ env = \"…\" }}, not {}", other.kind())),
    };
    taken(table, key, place, found)
}

/// The secret that a table with `file` or `env` points at.
pub(crate) fn kept_elsewhere(table: &Table<'_>, outside: &dyn Outside) -> Option<SecretString> {
    let needs = || Err("a secret needs either `file` or `env`, which tell where it is".to_owned());
    let found = pointed_at(table, outside).unwrap_or_else(needs);
    let key = if table.peek("env").is_some() { "env" } else { "file" };
    taken(table, key, table.place_of(key), found)
}

/// The text to which `file` or `env` of a table points; `None` if neither is there, or both.
fn pointed_at(from: &Table<'_>, outside: &dyn Outside) -> Option<Result<String, String>> {
    match (from.text("file"), from.text("env")) {
        (Some(file), None) => Some(outside.read(&file.value).map_err(|why| format!("`{}`: {why}", file.value))),
        (None, Some(name)) => {
            let unset = || format!("the environment variable `{}` is not set", name.value);
            Some(outside.variable(&name.value).ok_or_else(unset))
        }
        _ => None,
    }
}

/// A secret that was found, without the end of its line.
fn taken(table: &Table<'_>, key: &'static str, place: Place, found: Result<String, String>) -> Option<SecretString> {
    match found {
        Ok(text) if !text.trim().is_empty() => Some(text.trim_end_matches(['\r', '\n']).to_owned().into()),
        Ok(_) => {
            table.refuse("missing_secret", place, key, format!("`{key}` is empty"));
            None
        }
        Err(why) => {
            table.refuse("missing_secret", place, key, why);
            None
        }
    }
}

/// An agent, and the user that signs in as this agent.
pub(crate) fn agent(table: &Table<'_>, known: &Known, outside: &dyn Outside) -> Option<(Agent, Option<User>)> {
    let id: Option<Placed<AgentId>> = table.need_id("id");
    let name = table.need_text_if_any("name");
    let login = table.need_text_if_any("login");
    let password = secret(table, "password", outside);
    if login.is_some() && !table.has("password") {
        table.miss("password");
    }
    if login.is_none() && table.has("password") {
        table.miss("login");
    }
    let phone = phone(table, id.as_ref().map(|id| id.value), outside);
    let skills = levels(table, known);
    let queues = memberships(table, known);
    let capacity = capacity(table);
    let signed_in = table.flag("signed_in", false);
    table.done();
    let id = id?.value;
    let name = name.map_or_else(|| id.to_string(), |name| name.value);
    if queues.is_empty() && !table.has("queues") {
        let why = format!("agent `{id}` serves no queue and is never offered a contact");
        table.report.warning("agent_without_queue", table.place, &table.path("queues"), why, None);
    }
    let login = login.map(|login| login.value);
    let user = login.clone().zip(password);
    let user =
        user.map(|(login, password)| User { login, name: name.clone(), role: Role::Agent, agent: Some(id), password });
    Some((Agent { id, name, login, phone: phone?, signed_in, skills, queues, capacity }, user))
}

fn phone(table: &Table<'_>, id: Option<AgentId>, outside: &dyn Outside) -> Option<AgentPhone> {
    let phone = table.text("phone");
    let user = table.need_text_if_any("sip_user").map(|user| user.value);
    let password = secret(table, "sip_password", outside);
    match phone {
        Some(text) if text.value != "registered" => {
            if !is_sip_uri(&text.value) {
                let why = format!(
                    "`{}` is neither \"registered\" nor a SIP URI such as sip:a0001@127.0.0.1:6000",
                    text.value
                );
                table.refuse("bad_number", text.place, "phone", why);
                return None;
            }
            Some(AgentPhone::Uri(text.value))
        }
        _ => Some(AgentPhone::Registered { user: user.or_else(|| id.map(|id| id.to_string()))?, password }),
    }
}

fn capacity(table: &Table<'_>) -> Vec<(Channel, u8)> {
    let Some(capacity) = table.table("capacity") else { return vec![(Channel::Voice, 1)] };
    let channels: Vec<&str> = Channel::ALL.iter().map(|channel| channel.as_str()).collect();
    let one = |(name, item): (Placed<String>, &Item)| {
        let Ok(channel) = name.value.parse::<Channel>() else {
            let hint = crate::report::hint(&name.value, &channels);
            let why = format!("`{}` is no channel", name.value);
            capacity.report.error("bad_choice", name.place, &capacity.path(&name.value), why, hint);
            return None;
        };
        let most = match item.value {
            Value::Int(most) => u8::try_from(most).ok().filter(|most| *most <= 100),
            _ => None,
        };
        if most.is_none() {
            let why = format!("`{}` must be a whole number from 0 to 100", name.value);
            capacity.refuse("out_of_range", Place { at: item.at, ..name.place }, &name.value, why);
        }
        Some((channel, most?))
    };
    capacity.named().filter_map(one).collect()
}

pub(crate) fn user(table: &Table<'_>, known: &Known, outside: &dyn Outside) -> Option<User> {
    let login = table.need_text("login");
    let name = table.need_text_if_any("name");
    if !table.has("role") {
        table.miss("role");
    }
    let role = table.choice("role", ROLES);
    let password = secret(table, "password", outside);
    if !table.has("password") {
        table.miss("password");
    }
    let agent = table.id::<AgentId>("agent").filter(|agent| {
        table.known("agent", "unknown_agent", "agent", (agent.value.as_str(), agent.place), &known.agents())
    });
    table.done();
    let login = login?.value;
    let name = name.map_or_else(|| login.clone(), |name| name.value);
    Some(User { login, name, role: role?, agent: agent.map(|agent| agent.value), password: password? })
}

pub(crate) fn soft_phone(table: &Table<'_>, outside: &dyn Outside) -> Option<SoftPhone> {
    let user = table.need_text("user");
    let name = table.need_text_if_any("name");
    let password = secret(table, "password", outside);
    if !table.has("password") {
        table.miss("password");
    }
    table.done();
    let user = user?.value;
    let name = name.map_or_else(|| user.clone(), |name| name.value);
    Some(SoftPhone { user, name, password: password? })
}

/// Names of header fields that a trunk lets pass: private ones only, so that none can make or break a dialog.
fn pass_headers(table: &Table<'_>) -> Vec<String> {
    let is_private = |name: &str| {
        name.len() > 2
            && name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"))
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let checked = |text: Placed<String>| {
        let fits = is_private(&text.value);
        if !fits {
            let why = format!("`{}` is no private header field such as X-Order-Id", text.value);
            table.refuse("bad_id", text.place, "pass_headers", why);
        }
        fits.then_some(text.value)
    };
    table.texts("pass_headers").into_iter().filter_map(checked).collect()
}

/// How we register with a trunk that has a peer.
fn registration(table: &Table<'_>, has_peer: bool) -> Option<TrunkRegistration> {
    let aor = table.need_text_if_any("register");
    let expires_s = table.int("register_expires_s", 60..=86_400).and_then(|s| u32::try_from(s).ok());
    let aor = aor?;
    if !aor.value.starts_with("sip:") || !aor.value.contains('@') {
        let why = format!("`{}` is no address of record such as sip:account@carrier.example", aor.value);
        table.refuse("bad_address", aor.place, "register", why);
        return None;
    }
    if !has_peer && !table.has("peer") {
        table.miss("peer");
    }
    Some(TrunkRegistration { aor: aor.value, expires_s: expires_s.unwrap_or(3_600) })
}

/// A trunk's place among those by which numbers are dialled.
fn rank(table: &Table<'_>) -> TrunkRank {
    let small =
        |key, range, default| table.int(key, range).and_then(|number| u16::try_from(number).ok()).unwrap_or(default);
    TrunkRank {
        group: table.need_text_if_any("group").map(|text| text.value),
        priority: small("priority", 0..=65_535, 0),
        weight: small("weight", 1..=65_535, 1),
        max_channels: table.int("max_channels", 1..=100_000).and_then(|number| u32::try_from(number).ok()),
    }
}

pub(crate) fn trunk(table: &Table<'_>, outside: &dyn Outside) -> Option<Trunk> {
    let id: Option<Placed<TrunkId>> = table.need_id("id");
    let source = |text: &Placed<String>| {
        let network = network(&text.value);
        if network.is_none() {
            let why = format!("`{}` is no network such as 10.0.0.0/8", text.value);
            table.refuse("bad_network", text.place, "sources", why);
        }
        network
    };
    let sources = table.texts("sources").iter().filter_map(source).collect();
    let address = table.text("peer").and_then(|text| {
        let address = peer(&text.value);
        if address.is_none() {
            let why = format!(
                "`{}` is no peer such as udp:192.0.2.10:5060, tls:192.0.2.10:5061 or sip.carrier.example",
                text.value
            );
            table.refuse("bad_address", text.place, "peer", why);
        }
        address
    });
    let user = table.need_text_if_any("user").map(|user| user.value);
    let password = secret(table, "password", outside);
    if user.is_some() && !table.has("password") {
        table.miss("password");
    }
    if user.is_none() && !table.has("sources") && !table.has("peer") {
        table.miss("sources");
    }
    let (trusted, pass_headers) = (table.flag("trusted", true), pass_headers(table));
    let registration = registration(table, address.is_some());
    let (peer, host) = match address {
        Some(Peer::At(peer)) => (Some(peer), None),
        Some(Peer::Named(host)) => (None, Some(host)),
        None => (None, None),
    };
    let tls = match peer {
        Some(Destination::Tls(peer)) => Some(tls::trunk(table, peer, outside)?),
        _ => None,
    };
    let srtp = table.flag("srtp", false);
    let rank = rank(table);
    table.done();
    let credentials = user.zip(password);
    Some(Trunk {
        id: id?.value,
        sources,
        peer,
        host,
        credentials,
        trusted,
        pass_headers,
        registration,
        tls,
        srtp,
        rank,
    })
}
