//! Bindings: where registered users are reached (RFC 3261 §10.3, with connections as in RFC 5626).

use crate::api::{Destination, Transport};
use crate::message::Uri;
use domain::Instant;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Greatest number of bindings of a user: more than anybody has phones. The oldest gives way, because phones that
/// crash leave theirs behind.
pub(crate) const BINDINGS_MAX: usize = 10;

/// A contact of a registered user.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    /// Its number, in the order of registration.
    pub(crate) id: u64,
    /// The Contact URI.
    pub(crate) contact: Uri,
    /// `q` and the parameters of RFC 5626, to be told back.
    pub(crate) params: Vec<(String, Option<String>)>,
    /// Where requests go: the connection, or the address that it registered from.
    pub(crate) to: Destination,
    /// How it came.
    pub(crate) transport: Transport,
    /// Call-ID of the registration.
    pub(crate) call_id: String,
    /// CSeq number of the registration.
    pub(crate) number: u32,
    /// When it ends.
    pub(crate) expires: Instant,
    /// False when the phone does not answer.
    pub(crate) reachable: bool,
}

impl Binding {
    /// RFC 5626 §4.1: the device, whatever its contact is today.
    fn instance(&self) -> Option<(&str, Option<&str>)> {
        let find = |name: &str| self.params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let instance = find("+sip.instance")?.1.as_deref()?;
        Some((instance, find("reg-id").and_then(|(_, value)| value.as_deref())))
    }

    /// True if `other` is the same contact or the same device.
    fn replaces(&self, other: &Self) -> bool {
        self.contact.equivalent(&other.contact) || (self.instance().is_some() && self.instance() == other.instance())
    }
}

/// All bindings.
#[derive(Default)]
pub(crate) struct Registrar {
    users: BTreeMap<String, Vec<Binding>>,
    owners: HashMap<u64, String>,
    homes: BTreeMap<Destination, BTreeSet<u64>>,
    last: u64,
}

/// What putting a binding has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Put {
    /// The number of the binding.
    pub(crate) id: u64,
    /// True if there was no such contact before.
    pub(crate) is_new: bool,
    /// Bindings that gave way.
    pub(crate) replaced: Vec<u64>,
    /// Where they were.
    pub(crate) left: Vec<Destination>,
}

impl Registrar {
    /// The bindings of a user, the oldest first.
    pub(crate) fn bindings(&self, user: &str) -> &[Binding] {
        self.users.get(user).map_or(&[], Vec::as_slice)
    }

    /// The binding with this number.
    pub(crate) fn binding(&self, id: u64) -> Option<&Binding> {
        self.bindings(self.owners.get(&id)?).iter().find(|binding| binding.id == id)
    }

    /// True if one of the user's bindings can be reached.
    pub(crate) fn is_reachable(&self, user: &str) -> bool {
        self.bindings(user).iter().any(|binding| binding.reachable)
    }

    /// Notes whether a binding can be reached. Gives its user, and how it came, if that has changed
    /// whether he can be.
    pub(crate) fn mark(&mut self, id: u64, reachable: bool) -> Option<(String, Transport)> {
        let user = self.owners.get(&id)?.clone();
        let before = self.is_reachable(&user);
        let binding = self.users.get_mut(&user)?.iter_mut().find(|binding| binding.id == id)?;
        binding.reachable = reachable;
        let transport = binding.transport;
        (self.is_reachable(&user) != before).then_some((user, transport))
    }

    /// True if somebody has registered from there.
    pub(crate) fn is_home(&self, to: Destination) -> bool {
        self.homes.contains_key(&to)
    }

    /// True if this user has registered from there.
    pub(crate) fn is_home_of(&self, user: &str, to: Destination) -> bool {
        self.bindings(user).iter().any(|binding| binding.to == to)
    }

    /// Where this contact of a user is now.
    pub(crate) fn way_to(&self, user: &str, contact: &Uri) -> Option<Destination> {
        self.bindings(user).iter().rev().find(|binding| binding.contact.equivalent(contact)).map(|binding| binding.to)
    }

    /// The binding of a user with this contact.
    pub(crate) fn find(&self, user: &str, contact: &Uri) -> Option<&Binding> {
        self.bindings(user).iter().find(|binding| binding.contact.equivalent(contact))
    }

    /// Adds a binding; it takes the place of those of the same contact or device. Its number is given here.
    pub(crate) fn put(&mut self, user: &str, mut binding: Binding) -> Put {
        let mut replaced: Vec<u64> =
            self.bindings(user).iter().filter(|old| binding.replaces(old)).map(|old| old.id).collect();
        let is_new = !self.bindings(user).iter().any(|old| binding.replaces(old) && old.to == binding.to);
        let rest = self.bindings(user).len().saturating_sub(replaced.len());
        if rest >= BINDINGS_MAX
            && let Some(oldest) = self.bindings(user).iter().find(|old| !replaced.contains(&old.id))
        {
            replaced.push(oldest.id);
        }
        let left = replaced.iter().filter_map(|id| self.binding(*id)).map(|binding| binding.to).collect();
        for id in &replaced {
            self.remove(*id);
        }
        self.last += 1;
        binding.id = self.last;
        self.owners.insert(binding.id, user.to_owned());
        self.homes.entry(binding.to).or_default().insert(binding.id);
        self.users.entry(user.to_owned()).or_default().push(binding);
        Put { id: self.last, is_new, replaced, left }
    }

    /// The user who has this binding.
    pub(crate) fn owner(&self, id: u64) -> Option<&str> {
        self.owners.get(&id).map(String::as_str)
    }

    /// Removes a binding. Gives its user if that was the last one.
    pub(crate) fn remove(&mut self, id: u64) -> Option<String> {
        let user = self.owners.remove(&id)?;
        let bindings = self.users.get_mut(&user)?;
        let binding = bindings.remove(bindings.iter().position(|binding| binding.id == id)?);
        let is_last = bindings.is_empty();
        if let Some(home) = self.homes.get_mut(&binding.to) {
            home.remove(&id);
            if home.is_empty() {
                self.homes.remove(&binding.to);
            }
        }
        if !is_last {
            return None;
        }
        self.users.remove(&user);
        Some(user)
    }

    /// The bindings of a connection.
    pub(crate) fn at(&self, to: Destination) -> Vec<u64> {
        self.homes.get(&to).map(|ids| ids.iter().copied().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::FlowId;

    fn binding(contact: &str, flow: u64) -> Binding {
        Binding {
            id: 0,
            contact: Uri::parse(contact).unwrap(),
            params: Vec::new(),
            to: Destination::Flow(FlowId(flow)),
            transport: Transport::Ws,
            call_id: "c".to_owned(),
            number: 1,
            expires: Instant::ZERO,
            reachable: true,
        }
    }

    #[test]
    fn a_device_has_one_binding_however_often_its_contact_changes() {
        let mut registrar = Registrar::default();
        let device = |contact: &str, flow| Binding {
            params: vec![("+sip.instance".to_owned(), Some("\"<urn:uuid:1>\"".to_owned()))],
            ..binding(contact, flow)
        };
        let first = registrar.put("anna", device("sip:x1@a.invalid", 1));
        let second = registrar.put("anna", device("sip:x2@b.invalid", 2));
        assert_eq!(second.replaced, [first.id]);
        assert_eq!(registrar.bindings("anna").len(), 1);
        assert!(!registrar.is_home(Destination::Flow(FlowId(1))));
    }

    #[test]
    fn the_eleventh_binding_takes_the_place_of_the_oldest() {
        let mut registrar = Registrar::default();
        for n in 0..11 {
            registrar.put("anna", binding(&format!("sip:x{n}@a.invalid"), n));
        }
        assert_eq!(registrar.bindings("anna").len(), BINDINGS_MAX);
        assert!(!registrar.is_home(Destination::Flow(FlowId(0))));
        assert_eq!(registrar.remove(11), None);
    }

    #[test]
    fn the_last_binding_names_its_user_when_it_goes() {
        let mut registrar = Registrar::default();
        let put = registrar.put("anna", binding("sip:x@a.invalid", 7));
        assert_eq!(registrar.at(Destination::Flow(FlowId(7))), [put.id]);
        assert_eq!(registrar.remove(put.id), Some("anna".to_owned()));
        assert_eq!(registrar.remove(put.id), None);
        assert!(registrar.at(Destination::Flow(FlowId(7))).is_empty());
    }
}
