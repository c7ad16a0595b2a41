//! Who calls, and what is told of him: read from INVITEs that come, written into those that go (RFC 3323, RFC 3325).

use crate::api::{Diversion, IncomingInvite, OutgoingInvite, Peer, Trunk, Verstat};
use crate::message::{HeaderName, Headers, Host, NameAddr, Request, Uri};
use crate::request::Arrival;
use crate::shared::Core;
use domain::{LegId, TrunkId};

/// Header fields that name the caller or whom he called before (RFC 3325 §7, RFC 5806, RFC 7044 §10.1).
const NAMES_THE_CALLER: [HeaderName; 8] = [
    HeaderName::PAssertedIdentity,
    HeaderName::PPreferredIdentity,
    HeaderName::RemotePartyId,
    HeaderName::Diversion,
    HeaderName::HistoryInfo,
    HeaderName::ReferredBy,
    HeaderName::ReplyTo,
    HeaderName::CallInfo,
];

/// Header fields that are the endpoint's own: a call cannot write them.
const MAKES_THE_DIALOG: [HeaderName; 9] = [
    HeaderName::Via,
    HeaderName::From,
    HeaderName::To,
    HeaderName::CallId,
    HeaderName::CSeq,
    HeaderName::Contact,
    HeaderName::Route,
    HeaderName::RecordRoute,
    HeaderName::ContentType,
];

/// What an INVITE says.
pub(crate) fn describe(core: &Core, leg: LegId, arrival: &Arrival, peer: Peer) -> IncomingInvite {
    let request = &arrival.request;
    let headers = &request.headers;
    let trunk = match &peer {
        Peer::Trunk(id) => core.setup.trunks.iter().find(|trunk| trunk.id == *id),
        Peer::User(_) => None,
    };
    let trusted = trunk.is_some_and(|trunk| trunk.trusted);
    let privacy = privacy(headers.all(&HeaderName::Privacy));
    let asserted = headers.name_addrs(&HeaderName::PAssertedIdentity).unwrap_or_default();
    let caller = match asserted.first().filter(|_| trusted && !hides(&privacy)) {
        Some(asserted) => Some(asserted.clone()),
        None => headers.from().ok(),
    };
    let ani = caller.as_ref().map(number_of).unwrap_or_default();
    let caller_name = caller.filter(|_| !ani.is_empty()).map(|caller| caller.display).unwrap_or_default();
    let all = |name| headers.all(&name).map(str::to_owned).collect();
    let verified = asserted.iter().find_map(verstat);
    IncomingInvite {
        leg,
        peer,
        browser: arrival.source.transport.is_browser(),
        dnis: strip_params(&request.uri.user_unescaped()),
        ani,
        caller_name,
        sdp: request.sdp().map(str::to_owned),
        replaces: None,
        diversion: diversion(headers),
        user_to_user: all(HeaderName::UserToUser),
        privacy,
        reasons: all(HeaderName::Reason),
        verstat: verified.or_else(|| headers.from().ok().as_ref().and_then(verstat)).filter(|_| trusted),
        headers: trunk.map(|trunk| passed(trunk, headers)).unwrap_or_default(),
        max_forwards: hops_left(request),
    }
}

/// The words of Privacy in lower case. RFC 3323 §4.2 separates them by semicolons; many write commas.
fn privacy<'a>(values: impl Iterator<Item = &'a str>) -> Vec<String> {
    let words = values.flat_map(|value| value.split([';', ',']));
    words.map(|word| word.trim().to_ascii_lowercase()).filter(|word| !word.is_empty()).collect()
}

/// True if one of these words asks to keep the caller's identity private.
fn hides(privacy: &[String]) -> bool {
    privacy.iter().any(|word| matches!(word.as_str(), "id" | "user" | "header"))
}

fn number_of(caller: &NameAddr) -> String {
    let user = strip_params(&caller.uri.user_unescaped());
    let hidden = caller.uri.host.to_string().eq_ignore_ascii_case("anonymous.invalid");
    if hidden || user.eq_ignore_ascii_case("anonymous") { String::new() } else { user }
}

/// `+4930;phone-context=…`: the number alone.
fn strip_params(user: &str) -> String {
    user.split(';').next().unwrap_or_default().to_owned()
}

fn hops_left(request: &Request) -> u8 {
    let left = request.headers.max_forwards().ok().flatten().unwrap_or(70);
    u8::try_from(left.saturating_sub(1)).unwrap_or(u8::MAX)
}

/// `verstat` of a `tel:` URI, or of the number in the user part of a SIP URI. Some append the level of attestation.
fn verstat(identity: &NameAddr) -> Option<Verstat> {
    let user = identity.uri.user_unescaped();
    let of_user = user.split(';').skip(1).find_map(|param| {
        let (name, value) = param.split_once('=')?;
        name.trim().eq_ignore_ascii_case("verstat").then(|| value.trim())
    });
    let value = of_user.or_else(|| identity.uri.params.get("verstat"))?.to_ascii_lowercase();
    [
        ("tn-validation-passed", Verstat::Passed),
        ("tn-validation-failed", Verstat::Failed),
        ("no-tn-validation", Verstat::NotVerified),
    ]
    .into_iter()
    .find(|(text, _)| value.starts_with(text))
    .map(|(_, verstat)| verstat)
}

fn passed(trunk: &Trunk, headers: &Headers) -> Vec<(String, String)> {
    let is_private = |name: &str| name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("X-"));
    let allowed =
        |name: &str| is_private(name) && trunk.pass_headers.iter().any(|known| known.eq_ignore_ascii_case(name));
    let all = headers.iter().map(|(name, value)| (name.as_str(), value));
    all.filter(|(name, _)| allowed(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The first diversion. The topmost Diversion is the newest (RFC 5806 §3), the first History-Info the oldest.
fn diversion(headers: &Headers) -> Option<Diversion> {
    let diversions = headers.list(&HeaderName::Diversion);
    if let Some(first) = diversions.iter().rev().find_map(|value| NameAddr::parse(value)) {
        let reason = first.params.unquoted("reason").unwrap_or_default().to_ascii_lowercase();
        return Some(Diversion { number: number_of(&first), name: first.display, reason });
    }
    let entries = headers.name_addrs(&HeaderName::HistoryInfo).unwrap_or_default();
    entries.iter().zip(entries.iter().skip(1)).find_map(|(from, to)| {
        let reason = history_reason(&from.uri, &to.uri)?;
        Some(Diversion { number: number_of(from), name: from.display.clone(), reason: reason.to_owned() })
    })
}

/// Why a request went from one entry of History-Info to the next: `cause` of the next (RFC 4458 §2.1), or the Reason
/// in the URI of the first (RFC 7044 §10.2).
fn history_reason(from: &Uri, to: &Uri) -> Option<&'static str> {
    let of_reason = || {
        let reason = from.header(HeaderName::Reason.as_str())?;
        let cause = reason.split(';').find_map(|part| part.trim().strip_prefix("cause="))?;
        cause.trim().parse().ok()
    };
    let cause: u16 = to.params.get("cause").and_then(|cause| cause.parse().ok()).or_else(of_reason)?;
    Some(match cause {
        302 => "unconditional",
        408 => "no-answer",
        480 | 487 => "deflection",
        486 => "user-busy",
        503 => "unavailable",
        _ => "unknown",
    })
}

/// From, P-Asserted-Identity: the caller as he is.
fn identity(core: &Core, invite: &OutgoingInvite) -> NameAddr {
    let domain = core.domain();
    let host = Host::parse(&domain).unwrap_or_else(|| core.setup.advertised.ip().into());
    let mut address = NameAddr::new(Uri::sip(&invite.from_user, host, None));
    address.display.clone_from(&invite.from_name);
    address
}

fn is_private(invite: &OutgoingInvite) -> bool {
    let values = invite.headers.iter().filter(|(name, _)| HeaderName::parse(name) == HeaderName::Privacy);
    invite.from_user.is_empty() || hides(&privacy(values.map(|(_, value)| value.as_str())))
}

/// From of an INVITE; RFC 3323 §4.1.1.3 for callers who have no number or hide it.
pub(crate) fn from(core: &Core, invite: &OutgoingInvite) -> NameAddr {
    if !is_private(invite) {
        return identity(core, invite);
    }
    let host = Host::Name("anonymous.invalid".to_owned());
    let mut address = NameAddr::new(Uri::sip("anonymous", host, None));
    address.display = "Anonymous".to_owned();
    address
}

/// Adds P-Asserted-Identity, Privacy and what the call wants in the INVITE, as far as the peer may see it.
pub(crate) fn identify(core: &Core, trunk: Option<TrunkId>, invite: &OutgoingInvite, headers: &mut Headers) {
    let trusted = core.setup.trunks.iter().any(|known| Some(known.id) == trunk && known.trusted);
    let private = is_private(invite);
    let may_name = trusted || !private;
    if may_name && !invite.from_user.is_empty() {
        headers.push(HeaderName::PAssertedIdentity, identity(core, invite).to_string());
    }
    for (name, value) in &invite.headers {
        match HeaderName::parse(name) {
            HeaderName::MaxForwards => headers.set(HeaderName::MaxForwards, value.as_str()),
            name if MAKES_THE_DIALOG.contains(&name) => {}
            name if !may_name && NAMES_THE_CALLER.contains(&name) => {}
            name => headers.push(name, value.as_str()),
        }
    }
    if private && !headers.has(&HeaderName::Privacy) {
        headers.push(HeaderName::Privacy, "id");
    }
}
