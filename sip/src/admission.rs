//! Which new calls are let in while more come than can be served (RFC 5390, RFC 6357): those that are refused are refused
//! at once and cheaply, so that the work goes into calls that succeed and not into repetitions.
//!
//! What can be served is not configured but seen: [`Admission::observe`] is told how many messages wait and how many were
//! taken, and reckons how long one that comes now will wait. [`Admission::observe_calls`] is told how long the calls that
//! were let in wait to be served. From half of [`Rules::delay`] or [`Rules::patience`] on a growing share of new calls is
//! refused, and at the whole of it every one. Messages of calls in progress are nobody's choice here: they always get in.

use crate::message::skim::{Refused, Skimmed};
use core::hash::{Hash as _, Hasher as _};
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::HashMap;
use std::hash::DefaultHasher;

/// INVITEs remembered at once, twice: a generation that is full takes the place of the one before it. At three thousand
/// calls a second that is for three seconds at least, in which one who hears nothing repeats himself twice.
const JUDGED_MAX: usize = 8_192;
/// How often the time that a message takes is reckoned anew.
const WINDOW: Duration = Duration::from_millis(100);
/// What a message is taken to cost before any rush was seen.
const FIRST_GUESS: Duration = Duration::from_micros(100);
/// A whole call, in the shares by which calls are let in.
const WHOLE: u64 = 1_000;

/// What is agreed about overload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Messages may wait so long: 50 ms.
    pub delay: Duration,
    /// Calls that were let in may wait so long until they can be answered: 500 ms, after which a caller by UDP would
    /// repeat himself (T1 of RFC 3261 §17.1.1.1) had he not been told that we try.
    pub patience: Duration,
    /// Users of Request-URIs that are always let in, such as `112`.
    pub emergency: Vec<String>,
    /// Seconds after which a refused caller may try again: 5.
    pub retry_after_s: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(50),
            patience: Duration::from_millis(500),
            emergency: Vec::new(),
            retry_after_s: 5,
        }
    }
}

/// Lets calls in, or not.
#[derive(Debug)]
pub struct Admission {
    rules: Rules,
    /// Our tag in the To of refusals: the same for the same request, as one without a memory must have it (RFC 3261
    /// §8.2.7), and known again in the ACK.
    tag: String,
    /// What a message costs while others wait.
    each: Duration,
    /// Messages that wait, with those let in since it was last looked.
    waiting: u64,
    /// How long the call waits that was let in first of those who are not served yet.
    late: Duration,
    seen: Seen,
    busy: Busy,
    /// Shares of calls that were neither let in nor refused yet.
    credit: u64,
    judged: Judged,
}

/// Whether INVITEs were let in lately. What comes again, as it was lost or because the network repeats it, is the same
/// datagram, and the same becomes of it: a call that was let in is not refused for its caller's repetition, and one that was
/// refused does not begin when its caller has given it up.
#[derive(Debug, Default)]
struct Judged {
    young: HashMap<u64, bool>,
    old: HashMap<u64, bool>,
}

impl Judged {
    fn key(datagram: &[u8], from: SocketAddr) -> u64 {
        let mut hasher = DefaultHasher::new();
        (datagram, from).hash(&mut hasher);
        hasher.finish()
    }

    fn of(&self, key: u64) -> Option<bool> {
        self.young.get(&key).or_else(|| self.old.get(&key)).copied()
    }

    fn note(&mut self, key: u64, is_let_in: bool) {
        if self.young.len() >= JUDGED_MAX {
            self.old = core::mem::take(&mut self.young);
        }
        self.young.insert(key, is_let_in);
    }
}

/// What was seen last.
#[derive(Debug, Default)]
struct Seen {
    at: Duration,
    waiting: u64,
    taken: u64,
}

/// Time during which messages waited all along, and the messages that were taken in it.
#[derive(Debug, Default)]
struct Busy {
    time: Duration,
    taken: u64,
}

/// What becomes of a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on its way.
    Admitted,
    /// It is a new call that is refused with this answer.
    Refused(Refused),
    /// It confirms such an answer and is of no use to anybody.
    Dropped,
}

impl Admission {
    /// Lets everybody in at first. `tag` is ours in the To of refusals, and drawn by chance.
    #[must_use]
    pub fn new(rules: Rules, tag: String) -> Self {
        Self {
            rules,
            tag,
            each: FIRST_GUESS,
            waiting: 0,
            late: Duration::ZERO,
            seen: Seen::default(),
            busy: Busy::default(),
            credit: 0,
            judged: Judged::default(),
        }
    }

    /// True while calls may be refused.
    #[must_use]
    pub fn is_shedding(&self) -> bool {
        self.share() < WHOLE
    }

    /// So many messages wait, and so many have been taken since the start. `now` is the time since any fixed moment.
    pub fn observe(&mut self, now: Duration, waiting: u64, taken: u64) {
        // Time in which nothing waited says nothing about how fast messages could be taken.
        if waiting > 0 && self.seen.waiting > 0 {
            self.busy.time += now.saturating_sub(self.seen.at);
            self.busy.taken += taken.saturating_sub(self.seen.taken);
        }
        if self.busy.time >= WINDOW {
            let messages = u32::try_from(self.busy.taken).unwrap_or(u32::MAX).max(1);
            self.each = self.busy.time / messages;
            self.busy = Busy::default();
        }
        self.waiting = waiting;
        self.seen = Seen { at: now, waiting, taken };
    }

    /// Of the calls that were let in and cannot be answered yet, the first has waited so long.
    pub fn observe_calls(&mut self, late: Duration) {
        self.late = late;
    }

    /// The share of new calls that are let in now: all of [`WHOLE`] up to half the delay, none at the whole of it.
    fn share(&self) -> u64 {
        let delay = micros(self.each).saturating_mul(self.waiting);
        left_of(micros(self.rules.delay), delay).min(left_of(micros(self.rules.patience), micros(self.late)))
    }

    /// Looks at a datagram before it is parsed.
    pub fn judge(&mut self, datagram: &[u8], from: SocketAddr) -> Verdict {
        if datagram.starts_with(b"ACK ") && self.is_ours(datagram) {
            return Verdict::Dropped;
        }
        let verdict =
            if datagram.starts_with(b"INVITE ") { self.judge_call(datagram, from) } else { Verdict::Admitted };
        self.waiting += u64::from(verdict == Verdict::Admitted);
        verdict
    }

    fn judge_call(&mut self, datagram: &[u8], from: SocketAddr) -> Verdict {
        let key = Judged::key(datagram, from);
        let before = self.judged.of(key);
        let share = if before == Some(false) { 0 } else { self.share() };
        let verdict = if before == Some(true) || share == WHOLE {
            Verdict::Admitted
        } else {
            self.judge_new(datagram, from, share)
        };
        if before.is_none() {
            self.judged.note(key, verdict == Verdict::Admitted);
        }
        verdict
    }

    fn judge_new(&mut self, datagram: &[u8], from: SocketAddr, share: u64) -> Verdict {
        let Some(invite) = Skimmed::read(datagram) else { return Verdict::Admitted };
        if invite.is_urgent(&self.rules.emergency) || self.takes_turn(share) {
            return Verdict::Admitted;
        }
        // One that cannot even be answered is left to the parser, which says why.
        invite.refused(from, &self.tag, self.rules.retry_after_s).map_or(Verdict::Admitted, Verdict::Refused)
    }

    /// Lets this share of those who ask in, spread evenly.
    fn takes_turn(&mut self, share: u64) -> bool {
        self.credit += share;
        let left = self.credit.checked_sub(WHOLE);
        self.credit = left.unwrap_or(self.credit);
        left.is_some()
    }

    fn is_ours(&self, datagram: &[u8]) -> bool {
        datagram.windows(self.tag.len()).any(|part| part == self.tag.as_bytes())
    }
}

/// The share that is left after so much of what may be waited.
fn left_of(most: u64, waited: u64) -> u64 {
    let half = most / 2;
    most.saturating_sub(waited).min(half).saturating_mul(WHOLE) / half.max(1)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU64, Ordering};

    const STEP: Duration = Duration::from_millis(10);

    fn from() -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], 5062))
    }

    /// A new one each time.
    fn invite(user: &str, more: &str) -> Vec<u8> {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let number = CALLS.fetch_add(1, Ordering::Relaxed);
        format!(
            "INVITE sip:{user}@192.0.2.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{number};rport\r\n\
             f: <sip:a@192.0.2.1>;tag=1\r\nTO: <sip:{user}@192.0.2.20>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n{more}\
             Content-Length: 0\r\n\r\n"
        )
        .into_bytes()
    }

    /// One that can serve `capacity` messages a second, and so many INVITEs a second for some seconds: how many of them
    /// were let in during the last second, and the greatest number that waited then.
    fn played(capacity: u64, offered: u64, seconds: u64) -> (u64, u64) {
        let mut admission = Admission::new(Rules::default(), "tag-ours".to_owned());
        let (mut waiting, mut taken, mut now, mut in_last, mut most) = (0_u64, 0, Duration::ZERO, 0, 0);
        for step in 0..seconds * 100 {
            now += STEP;
            let done = waiting.min(capacity / 100);
            (waiting, taken) = (waiting - done, taken + done);
            for _ in 0..offered / 100 {
                admission.observe(now, waiting, taken);
                if admission.judge(&invite("8000", ""), from()) == Verdict::Admitted {
                    waiting += 1;
                    in_last += u64::from(step >= (seconds - 1) * 100);
                }
            }
            if step >= (seconds - 1) * 100 {
                most = most.max(waiting);
            }
        }
        (in_last, most)
    }

    #[test]
    fn everybody_is_let_in_while_all_can_be_served() {
        assert_eq!(played(1_000, 900, 10).0, 900);
    }

    #[test]
    fn ten_times_the_capacity_leaves_nine_tenths_of_it_and_nobody_waits_long() {
        let (admitted, waiting) = played(1_000, 10_000, 20);
        assert!((900..=1_100).contains(&admitted), "{admitted} of 1000 were let in");
        assert!(waiting <= 150, "{waiting} waited: more than 150 ms");
    }

    fn shedding() -> Admission {
        let mut admission =
            Admission::new(Rules { emergency: vec!["112".to_owned()], ..Rules::default() }, "tag-ours".to_owned());
        let mut now = Duration::ZERO;
        for _ in 0..40 {
            now += STEP;
            admission.observe(now, 10_000, 1);
        }
        assert!(admission.is_shedding());
        admission
    }

    #[test]
    fn emergency_calls_and_those_with_a_resource_priority_are_let_in_and_so_is_what_belongs_to_a_call() {
        let mut admission = shedding();
        assert_eq!(admission.judge(&invite("112", ""), from()), Verdict::Admitted);
        assert_eq!(admission.judge(&invite("8000", "Resource-Priority: esnet.0\r\n"), from()), Verdict::Admitted);
        let inside =
            String::from_utf8(invite("8000", "")).unwrap().replace("TO: <sip:8000@192.0.2.20>", "To: <sip:a@b>;tag=2");
        assert_eq!(admission.judge(inside.as_bytes(), from()), Verdict::Admitted);
        assert_eq!(admission.judge(b"BYE sip:a@b SIP/2.0\r\n\r\n", from()), Verdict::Admitted);
    }

    #[test]
    fn a_refusal_says_when_to_try_again_and_its_ack_is_dropped() {
        let mut admission = shedding();
        let Verdict::Refused(refused) = admission.judge(&invite("8000", ""), from()) else { panic!("it is let in") };
        let text = String::from_utf8(refused.bytes).unwrap();
        assert_eq!(refused.to, from());
        assert!(
            text.starts_with("SIP/2.0 503 Service Unavailable\r\n") && text.contains("Retry-After: 5\r\n"),
            "{text}"
        );
        let answer = crate::message::parse_datagram(text.as_bytes()).unwrap();
        let crate::Message::Response(answer) = answer else { panic!("no response") };
        assert_eq!(answer.headers.to().unwrap().tag(), Some("tag-ours"));
        assert_eq!(answer.headers.via_top().unwrap().rport(), Some(Some(5062)));
        let ack = "ACK sip:8000@192.0.2.20 SIP/2.0\r\nTo: <sip:8000@192.0.2.20>;tag=tag-ours\r\n\r\n";
        assert_eq!(admission.judge(ack.as_bytes(), from()), Verdict::Dropped);
        assert_eq!(admission.judge(ack.replace("tag-ours", "another").as_bytes(), from()), Verdict::Admitted);
    }

    #[test]
    fn calls_that_wait_for_their_answer_hold_up_new_ones_and_no_emergency() {
        let mut admission =
            Admission::new(Rules { emergency: vec!["112".to_owned()], ..Rules::default() }, "tag-ours".to_owned());
        let mut let_in = |late: u64| {
            admission.observe_calls(Duration::from_millis(late));
            assert_eq!(admission.judge(&invite("112", ""), from()), Verdict::Admitted);
            let judged = (0..100).map(|_| admission.judge(&invite("8000", ""), from()));
            let admitted = judged.filter(|verdict| *verdict == Verdict::Admitted).count();
            admission.observe(Duration::ZERO, 0, 0);
            admitted
        };
        assert_eq!([0, 250, 375, 500, 9_000, 0].map(&mut let_in), [100, 100, 50, 0, 0, 100]);
    }

    #[test]
    fn an_invite_that_comes_again_is_judged_as_the_first_time() {
        let mut admission = Admission::new(Rules::default(), "tag-ours".to_owned());
        let (early, late) = (invite("8000", ""), invite("8000", ""));
        assert_eq!(admission.judge(&early, from()), Verdict::Admitted);
        admission.observe_calls(Duration::from_secs(9));
        assert!(matches!(admission.judge(&late, from()), Verdict::Refused(_)));
        assert_eq!(admission.judge(&early, from()), Verdict::Admitted, "its call is in progress");
        admission.observe_calls(Duration::ZERO);
        assert!(matches!(admission.judge(&late, from()), Verdict::Refused(_)), "its caller has been told so");
        assert_eq!(admission.judge(&invite("8000", ""), from()), Verdict::Admitted);
    }

    #[test]
    fn what_was_judged_is_remembered_for_so_many_and_no_more_than_twice_as_many() {
        let mut judged = Judged::default();
        (0..JUDGED_MAX as u64).for_each(|key| judged.note(key, true));
        judged.note(u64::MAX, false);
        assert_eq!((judged.of(0), judged.of(u64::MAX)), (Some(true), Some(false)));
        (0..JUDGED_MAX as u64).for_each(|key| judged.note(1 << 32 | key, true));
        assert_eq!((judged.of(0), judged.of(u64::MAX)), (None, Some(false)));
        assert!(judged.young.len() + judged.old.len() <= 2 * JUDGED_MAX);
    }

    #[test]
    fn when_the_rush_is_over_everybody_is_let_in_again() {
        let mut admission = shedding();
        let mut now = Duration::from_millis(400);
        for step in 0..10_u64 {
            now += STEP;
            admission.observe(now, 0, 1 + step);
            assert!(!admission.is_shedding(), "nobody waits any more");
        }
        assert_eq!(admission.judge(&invite("8000", ""), from()), Verdict::Admitted);
    }

    #[test]
    fn a_burst_after_a_quiet_time_is_no_overload() {
        let mut admission = Admission::new(Rules::default(), "tag-ours".to_owned());
        admission.observe(Duration::from_secs(60), 0, 3);
        admission.observe(Duration::from_secs(120), 40, 4);
        assert!(!admission.is_shedding());
    }
}
