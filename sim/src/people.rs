//! Callers, agents' phones and numbers outside: a SIP endpoint each, and a script that follows from the dice.

use crate::dice::Dice;
use crate::plan::{self, BOARD, NUMBERS};
use core::time::Duration;
use domain::{Cause, Instant, LegId};
use sip::Endpoint;
use sip::api::{Command, Credentials, Destination, Effect, OutgoingInvite, Target};
use sip::message::{HeaderName, Method, Request, Response, Uri};

/// How long a registration holds, in seconds.
pub(crate) const REGISTERED_S: u32 = 60;
/// How long a phone rings before it gives up.
const RINGS_MAX: Duration = Duration::from_secs(95);
/// Phones register again for so long.
const SHIFT: Duration = Duration::from_secs(150);

/// What a person does at some moment.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Call this number of the switchboard.
    Call(&'static str),
    /// Let it ring.
    Ring(LegId),
    Answer(LegId),
    Refuse(LegId, Cause),
    HangUp(LegId),
    /// Put the switchboard on hold, or take it back.
    Hold(LegId, bool),
    /// Ask somebody in a second call, as this leg, while the first one is held or not.
    Ask(LegId, LegId, &'static str),
    /// Connect the other sides of two calls: REFER in the first that names the second.
    Connect(LegId, LegId),
    /// Take a call over by another one, as this leg (the first one is the old one).
    TakeOver(LegId, LegId),
    /// Answer a new offer.
    Accept(LegId),
    /// Refuse a new offer.
    Reject(LegId),
    /// Key a digit in the audio.
    Key(char),
    /// Register the phone for so many seconds; 0: unregister.
    Register(u32),
    /// Lose power.
    Vanish,
    /// Come back with no memory of any call.
    Return,
    /// Still away: whoever hears the audio notices.
    Silence,
}

pub(crate) type Deeds = Vec<(Duration, Deed)>;

/// A person with a phone.
pub(crate) struct Person {
    number: usize,
    pub endpoint: Endpoint,
    pub vanished: bool,
    version: u32,
    /// How many calls it made while it had one.
    seconds: u64,
    registration: Option<Registration>,
}

/// The description of a person's audio.
fn sdp(person: usize, version: u32, direction: &str) -> String {
    let ip = plan::address(person).ip();
    format!(
        "v=0\r\no=p{person} 1 {version} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
         m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
    )
}

impl Person {
    pub fn new(number: usize, dice: &mut Dice) -> Self {
        let endpoint = Endpoint::new(plan::phone(number), dice.seed());
        Self {
            number,
            endpoint,
            vanished: false,
            version: 1,
            seconds: 0,
            registration: plan::user(number).map(Registration::new),
        }
    }

    fn sdp(&mut self, direction: &str) -> String {
        self.version += 1;
        sdp(self.number, self.version, direction)
    }

    /// The script of a caller from the first INVITE on.
    pub fn first_deeds(dice: &mut Dice, at: Duration, leg: LegId) -> Deeds {
        let number = match dice.below(100) {
            0..=54 => "8000",
            55..=74 => "8001",
            75..=94 => "8002",
            _ => "9999",
        };
        let mut deeds = vec![(at, Deed::Call(number))];
        if dice.percent(15) {
            deeds.push((at + dice.millis(0, 3_000), Deed::HangUp(leg)));
        }
        deeds
    }

    /// Does something; what the endpoint wants is to be carried out by the world.
    pub fn act(&mut self, now: Instant, deed: Deed, dice: &mut Dice) -> (Vec<Effect>, Deeds) {
        let mut later = Vec::new();
        let command = match deed {
            Deed::Call(number) => self.call(number, dice),
            Deed::Ring(leg) => Command::Ring { leg, sdp: None },
            Deed::Answer(leg) => Command::Answer { leg, sdp: self.sdp("sendrecv") },
            Deed::Refuse(leg, cause) => Command::Reject { leg, cause, retry_after_s: None },
            Deed::HangUp(leg) => Command::HangUp { leg, cause: Cause::Normal },
            Deed::Hold(leg, hold) => {
                let sdp = self.sdp(if hold { "sendonly" } else { "sendrecv" });
                Command::Reinvite { leg, sdp }
            }
            Deed::Ask(first, second, to) => {
                later.extend(ask_story(first, second, dice));
                self.second_call(second, to, Vec::new())
            }
            Deed::Connect(leg, other) => {
                Command::Refer { leg, to: format!("sip:nobody@{BOARD}"), replaces: Some(other) }
            }
            Deed::TakeOver(old, new) => {
                let dialog = self.endpoint.dialog_of(old).map(|dialog| ("Replaces".to_owned(), dialog.to_string()));
                later.push((dice.millis(5_000, 40_000), Deed::HangUp(new)));
                self.second_call(new, "moved", dialog.into_iter().collect())
            }
            Deed::Accept(leg) => Command::AnswerReinvite { leg, sdp: self.sdp("sendrecv") },
            Deed::Reject(leg) => Command::RefuseReinvite { leg },
            Deed::Vanish => {
                self.vanished = true;
                later.push((dice.millis(8_000, 12_000), Deed::Silence));
                later.push((dice.millis(20_000, 50_000), Deed::Return));
                return (Vec::new(), later);
            }
            Deed::Return => {
                self.vanished = false;
                self.endpoint = Endpoint::new(plan::phone(self.number), dice.seed());
                later.push((dice.millis(0, 1_000), Deed::Register(REGISTERED_S)));
                return (Vec::new(), later);
            }
            Deed::Register(expires_s) => return self.register(now, expires_s, dice),
            Deed::Key(_) | Deed::Silence => return (Vec::new(), later),
        };
        let mut effects = Vec::new();
        self.endpoint.command(now, command, &mut effects);
        (effects, later)
    }

    /// Registers and, while the shift lasts, plans to do it again or to leave for a moment.
    fn register(&mut self, now: Instant, expires_s: u32, dice: &mut Dice) -> (Vec<Effect>, Deeds) {
        let Some(registration) = &mut self.registration else { return (Vec::new(), Vec::new()) };
        registration.expires_s = expires_s;
        let mut later = Vec::new();
        if expires_s == 0 {
            later.push((dice.millis(500, 10_000), Deed::Register(REGISTERED_S)));
        } else if now < Instant::ZERO + SHIFT {
            let next = if dice.percent(25) { 0 } else { REGISTERED_S };
            later.push((dice.millis(5_000, 50_000), Deed::Register(next)));
        }
        (registration.send(self.number, None), later)
    }

    /// The answer to a REGISTER came; a challenge is answered.
    pub fn registered(&mut self, response: &Response) -> Vec<Effect> {
        match &mut self.registration {
            Some(registration) if response.code == 401 => registration.send(self.number, Some(response)),
            _ => Vec::new(),
        }
    }

    fn call(&mut self, number: &str, dice: &mut Dice) -> Command {
        let from_user = if dice.percent(15) { String::new() } else { format!("+49301{:04}", self.number) };
        Command::Invite(Box::new(OutgoingInvite {
            leg: caller_leg(self.number),
            to: Target::Uri(format!("sip:{number}@{BOARD}")),
            from_user,
            from_name: "Caller".to_owned(),
            sdp: self.sdp("sendrecv"),
            headers: Vec::new(),
        }))
    }

    /// A call of a registered phone that has one already.
    fn second_call(&mut self, leg: LegId, to: &str, headers: Vec<(String, String)>) -> Command {
        Command::Invite(Box::new(OutgoingInvite {
            leg,
            to: Target::Uri(format!("sip:{to}@{BOARD}")),
            from_user: plan::user(self.number).unwrap_or_default(),
            from_name: "Agent".to_owned(),
            sdp: self.sdp("sendrecv"),
            headers,
        }))
    }

    /// The leg of the next call that the phone makes while it has one.
    fn next_second(&mut self, from: u64) -> LegId {
        self.seconds += 1;
        LegId::new(from + self.number as u64 * 1_000 + self.seconds)
    }

    /// What the person does about something that the phone tells.
    pub fn react(&mut self, effect: &Effect, dice: &mut Dice) -> Deeds {
        match effect {
            Effect::Incoming(invite) => self.when_rung(invite.leg, dice),
            Effect::Acked { leg, .. } => self.when_joined(*leg, dice),
            Effect::Answered { leg, .. } if leg.number() < SECONDS => when_answered(*leg, dice),
            Effect::Reinvited { leg, .. } => {
                let deed = if dice.percent(8) { Deed::Reject(*leg) } else { Deed::Accept(*leg) };
                vec![(dice.millis(0, 60), deed)]
            }
            _ => Vec::new(),
        }
    }

    fn when_rung(&self, leg: LegId, dice: &mut Dice) -> Deeds {
        // A phone does not ring for ever: the INVITE that brought it here may have been the last one of a caller who
        // heard nothing and gave up.
        let mut deeds = vec![(RINGS_MAX, Deed::Refuse(leg, Cause::NoAnswer))];
        if dice.percent(85) {
            deeds.push((dice.millis(0, 300), Deed::Ring(leg)));
        }
        match dice.below(100) {
            0..=64 => deeds.push((dice.millis(200, 5_000), Deed::Answer(leg))),
            65..=73 => deeds.push((dice.millis(100, 2_000), Deed::Refuse(leg, Cause::Declined))),
            74..=80 => deeds.push((Duration::ZERO, Deed::Refuse(leg, Cause::Busy))),
            // About when the offer ends.
            81..=88 => deeds.push((dice.millis(5_900, 10_100), Deed::Answer(leg))),
            89..=93 if self.number != NUMBERS => deeds.push((dice.millis(0, 4_000), Deed::Vanish)),
            _ => {}
        }
        deeds
    }

    fn when_joined(&mut self, leg: LegId, dice: &mut Dice) -> Deeds {
        let mut deeds = Vec::new();
        let always = self.number == NUMBERS;
        if always || dice.percent(60) {
            deeds.push((dice.millis(0, 40_000), Deed::HangUp(leg)));
        }
        deeds.extend(holds(leg, dice, 20));
        if !always && dice.percent(4) {
            deeds.push((dice.millis(0, 15_000), Deed::Vanish));
        }
        if plan::user(self.number).is_some() && dice.percent(50) {
            let at = dice.millis(0, 12_000);
            if dice.percent(15) {
                deeds.push((at, Deed::TakeOver(leg, self.next_second(MOVES))));
            } else {
                if dice.percent(80) {
                    deeds.push((at, Deed::Hold(leg, true)));
                }
                let to = dice.pick(&["a0", "a2", "a3", "a5", "support", "billing", "crew", "8001", "5551", "x"]);
                deeds.push((at + dice.millis(0, 1_500), Deed::Ask(leg, self.next_second(SECONDS), to)));
            }
        }
        deeds
    }
}

/// Legs of calls that agents' phones make have numbers from here on, which no dice of an endpoint gives.
const SECONDS: u64 = 1_000_000;
/// Legs that take the place of others.
const MOVES: u64 = 2_000_000;

/// What of a phone's doing is counted.
pub(crate) fn word_of(effect: &Effect) -> Option<&'static str> {
    match effect {
        Effect::Answered { leg, .. } if leg.number() >= MOVES => Some("call moved to another phone"),
        Effect::Answered { leg, .. } if leg.number() >= SECONDS => Some("second call answered"),
        Effect::ReferStatus { status: 200, .. } => Some("transferred by phone"),
        Effect::ReferStatus { status: 300.., .. } => Some("transfer by phone refused"),
        _ => None,
    }
}

/// What becomes of a second call.
fn ask_story(first: LegId, second: LegId, dice: &mut Dice) -> Deeds {
    let at = dice.millis(500, 15_000);
    // Whatever else happens, it is over then.
    let mut deeds = vec![(at + dice.millis(0, 25_000), Deed::HangUp(second))];
    match dice.below(10) {
        0..=3 => deeds.push((at, Deed::Connect(first, second))),
        4 | 5 => deeds.push((at, Deed::Connect(second, first))),
        6 => deeds.push((at, Deed::HangUp(first))),
        7 => deeds.push((at, Deed::HangUp(second))),
        _ => {
            deeds.push((at, Deed::Hold(second, true)));
            deeds.push((at + dice.millis(0, 800), Deed::Hold(first, false)));
            deeds.push((at + dice.millis(900, 5_000), Deed::Hold(second, false)));
            deeds.push((at + dice.millis(5_000, 9_000), Deed::Connect(first, second)));
        }
    }
    deeds.push((at + dice.millis(0, 20_000), Deed::Hold(first, false)));
    deeds
}

/// A phone's registration, by hand: the endpoint itself is a server.
struct Registration {
    user: String,
    cseq: u32,
    expires_s: u32,
}

impl Registration {
    fn new(user: String) -> Self {
        Self { user, cseq: 0, expires_s: REGISTERED_S }
    }

    fn send(&mut self, person: usize, challenged_by: Option<&Response>) -> Vec<Effect> {
        let bytes = self.request(person, challenged_by).map(|request| request.to_bytes());
        bytes.map(|bytes| Effect::Send { to: Destination::Udp(BOARD), bytes }).into_iter().collect()
    }

    fn request(&mut self, person: usize, challenged_by: Option<&Response>) -> Option<Request> {
        self.cseq += 1;
        let (user, phone) = (self.user.as_str(), plan::address(person));
        let uri = Uri::parse(&format!("sip:{BOARD}")).ok()?;
        let mut request = Request::new(Method::Register, uri.clone());
        let branch = format!("z9hG4bK-{user}-{}", self.cseq);
        let fields = [
            (HeaderName::Via, format!("SIP/2.0/UDP {phone};rport;branch={branch}")),
            (HeaderName::MaxForwards, "70".to_owned()),
            (HeaderName::From, format!("<sip:{user}@{BOARD}>;tag=r{person}")),
            (HeaderName::To, format!("<sip:{user}@{BOARD}>")),
            (HeaderName::CallId, format!("register-{user}")),
            (HeaderName::CSeq, format!("{} REGISTER", self.cseq)),
            (HeaderName::Contact, format!("<sip:{user}@{phone}>;expires={}", self.expires_s)),
        ];
        for (name, value) in fields {
            request.headers.push(name, value);
        }
        if let Some(response) = challenged_by {
            let challenges: Vec<&str> = response.headers.all(&HeaderName::WwwAuthenticate).collect();
            let credentials = Credentials {
                user: self.user.clone(),
                password: plan::PASSWORD.to_owned(),
                ha1_md5: String::new(),
                ha1_sha256: String::new(),
            };
            let answer = sip::digest::answer(&challenges, &Method::Register, &uri, &credentials, &branch)?;
            request.headers.push(HeaderName::Authorization, answer);
        }
        Some(request)
    }
}

/// The one leg of a caller.
pub(crate) const fn caller_leg(person: usize) -> LegId {
    LegId::new(1_000 + person as u64)
}

fn holds(leg: LegId, dice: &mut Dice, percent: u64) -> Deeds {
    if !dice.percent(percent) {
        return Vec::new();
    }
    let at = dice.millis(100, 15_000);
    vec![(at, Deed::Hold(leg, true)), (at + dice.millis(0, 8_000), Deed::Hold(leg, false))]
}

fn when_answered(leg: LegId, dice: &mut Dice) -> Deeds {
    let mut deeds = vec![(dice.millis(500, 60_000), Deed::HangUp(leg))];
    for _ in 0..dice.below(5) {
        let key = dice.pick(&['1', '1', '2', '2', '3', '9', '0', '#']);
        deeds.push((dice.millis(100, 9_000), Deed::Key(key)));
    }
    deeds.extend(holds(leg, dice, 10));
    if dice.percent(4) {
        deeds.push((dice.millis(0, 30_000), Deed::Vanish));
    }
    deeds
}
