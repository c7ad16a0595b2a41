//! 3xx answers to an outgoing INVITE (RFC 3261 §8.1.3.4): followed one after the other, as far as the policy allows.

use super::{Attempt, Way};
use crate::api::{Destination, Redirects, Target};
use crate::dialog::{Hop, resolve};
use crate::endpoint::Endpoint;
use crate::message::{NameAddr, Response, Uri};
use crate::transaction::TxId;
use std::collections::VecDeque;

/// Where an attempt may still be sent.
#[derive(Clone, Debug)]
pub(super) struct Redirect {
    left: u8,
    tried: Vec<Uri>,
    waiting: VecDeque<Uri>,
}

impl Redirect {
    /// Of an attempt that begins at this URI.
    pub(super) fn of(policy: Redirects, target: &Target, uri: &Uri) -> Self {
        let left = match target {
            Target::Trunk(..) => policy.trunks,
            Target::Registered(_) | Target::Uri(_) => policy.phones,
        };
        Self { left, tried: vec![uri.clone()], waiting: VecDeque::new() }
    }

    /// Takes the contacts of a 3xx up, the one that is wanted most first, before those of an earlier one.
    fn take_up(&mut self, response: &Response) {
        if !matches!(response.code, 300..=302) {
            return;
        }
        let mut contacts = response.headers.contacts().unwrap_or_default();
        contacts.sort_by_key(|contact| core::cmp::Reverse(thousandths(contact)));
        for contact in contacts.into_iter().rev() {
            self.waiting.push_front(plain(contact.uri));
        }
    }

    /// The next URI that was not tried.
    fn next(&mut self) -> Option<Uri> {
        if self.left == 0 {
            return None;
        }
        let uri = loop {
            let uri = self.waiting.pop_front()?;
            if !self.tried.iter().any(|tried| tried.equivalent(&uri)) {
                break uri;
            }
        };
        self.tried.push(uri.clone());
        Some(uri)
    }
}

/// `q` in thousandths; one that is missing or cannot be read counts as 1 (§20.10).
fn thousandths(contact: &NameAddr) -> u32 {
    let Some((whole, part)) = contact.params.get("q").map(|q| q.split_once('.').unwrap_or((q, ""))) else {
        return 1_000;
    };
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u32>()) {
        ("0" | "", Ok(part)) => part,
        _ => 1_000,
    }
}

/// Without what only the redirecting server wants in the message (§19.1.5): no header field gets in that way.
fn plain(mut uri: Uri) -> Uri {
    uri.headers.clear();
    uri.params.remove("method");
    uri
}

impl Endpoint {
    /// After a refusal, or none at all: sends the INVITE to the next URI that a redirection has told. False if there
    /// is none.
    pub(super) fn redirect(&mut self, tx: TxId, attempt: &Attempt, response: Option<&Response>) -> bool {
        let mut redirect = attempt.redirect.clone();
        match response {
            // §21.6: nobody else will say anything else.
            Some(response) if response.code >= 600 => return false,
            Some(response) => redirect.take_up(response),
            None => {}
        }
        while let Some(uri) = redirect.next() {
            let Some(way) = self.way_to(uri) else { continue };
            let mut next = attempt.again();
            // The credentials are for the trunk alone.
            let same = attempt.dialog.destination(&self.core) == way.to;
            next.trunk = attempt.trunk.filter(|_| same);
            next.dialog.target = way.uri;
            next.dialog.contact = self.core.contact(way.to, &next.dialog.target.scheme);
            next.dialog.hop = way.hop;
            next.browser = way.browser;
            next.tries = 0;
            next.redirect = Redirect { left: redirect.left.saturating_sub(1), ..redirect.clone() };
            if self.replace(tx, next) {
                return true;
            }
        }
        false
    }

    /// How a URI of somebody else is reached: a registered user of ours by the binding, others by their address.
    fn way_to(&mut self, uri: Uri) -> Option<Way> {
        let setup = &self.core.setup;
        let ours =
            uri.addr().is_some_and(|address| [Some(setup.advertised), setup.tls_advertised].contains(&Some(address)))
                || setup.domains.iter().any(|domain| domain.eq_ignore_ascii_case(&uri.host.to_string()));
        if ours {
            return self.ways(&Target::Registered(uri.user_unescaped())).ok()?.into_iter().next();
        }
        let known = uri
            .transport()
            .is_none_or(|name| ["udp", "tcp", "tls"].iter().any(|known| name.eq_ignore_ascii_case(known)));
        let address = uri.addr().filter(|address| !address.ip().is_unspecified())?;
        if !uri.is_sip() || !known {
            return None;
        }
        let to = resolve(&uri, Destination::Udp(address));
        Some(Way {
            uri,
            to,
            hop: Hop::Routed(to),
            browser: false,
            trunk: None,
            others: VecDeque::new(),
            spares: VecDeque::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_is_read_in_thousandths_and_counts_as_1_where_it_cannot_be() {
        let q = |q: &str| thousandths(&NameAddr::parse(&format!("<sip:a@b>;q={q}")).unwrap());
        assert_eq!((q("0.5"), q("0.05"), q("0"), q("1.0"), q("0.123"), q(".7")), (500, 50, 0, 1_000, 123, 700));
        assert_eq!((q("high"), thousandths(&NameAddr::parse("<sip:a@b>").unwrap())), (1_000, 1_000));
    }
}
