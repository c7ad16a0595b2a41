//! Where hosts are found, by zones written down here.

use super::*;

/// Records by question, as a zone has them.
struct Zone(Vec<(Question, Records)>);

fn host(name: &str, port: Option<u16>, transport: Option<Transport>) -> Host {
    Host { name: name.to_owned(), port, transport }
}

fn naptr(order: u16, services: &str, replacement: &str) -> Naptr {
    let (services, replacement) = (services.to_owned(), replacement.to_owned());
    Naptr { order, preference: 1, flags: "S".to_owned(), services, replacement }
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> Srv {
    Srv { priority, weight, port, target: target.to_owned() }
}

fn ip(text: &str) -> Records {
    Records::Addresses(text.split(' ').map(|ip| ip.parse().unwrap()).collect())
}

fn udp(text: &str) -> Destination {
    Destination::Udp(text.parse().unwrap())
}

struct World {
    locator: Locator,
    dice: Dice,
    now: Instant,
    asked: Vec<Question>,
}

impl World {
    fn new() -> Self {
        Self { locator: Locator::default(), dice: Dice::new([7; 32]), now: Instant::from_millis(1), asked: Vec::new() }
    }

    /// Locates with a zone that answers everything.
    fn locate(&mut self, zone: &Zone, host: &Host) -> Vec<Destination> {
        for _ in 0..10 {
            match self.locator.locate(self.now, &mut self.dice, host) {
                Located::Needs(questions) => {
                    assert!(!questions.is_empty(), "somebody waits for nothing");
                    for question in questions {
                        self.asked.push(question.clone());
                        let found = zone.0.iter().find(|(of, _)| *of == question).map(|(_, records)| records.clone());
                        let records = found.unwrap_or(Records::Nothing);
                        self.locator.take(self.now, Answer { question, records, ttl: Duration::from_secs(60) });
                    }
                }
                Located::At(ways, until) => {
                    assert!(until > self.now && until <= self.now + Duration::from_secs(60));
                    return ways.into();
                }
                Located::Nowhere(_) => return Vec::new(),
            }
        }
        panic!("it asks for ever")
    }
}

fn carrier() -> Zone {
    let services = vec![naptr(20, "SIP+D2T", "_sip._tcp.c.example."), naptr(10, "SIP+D2U", "_sip._udp.C.example")];
    let targets = vec![srv(2, 1, 5070, "b.c.example"), srv(1, 1, 5060, "a.c.example")];
    Zone(vec![
        (Question::Naptr("c.example".into()), Records::Naptr(services)),
        (Question::Srv("_sip._udp.c.example".into()), Records::Srv(targets)),
        (Question::Srv("_sip._tcp.c.example".into()), Records::Srv(vec![srv(1, 1, 5080, "a.c.example")])),
        (Question::Addresses("a.c.example".into()), ip("192.0.2.1 2001:db8::1")),
        (Question::Addresses("b.c.example".into()), ip("192.0.2.2")),
        (Question::Addresses("c.example".into()), ip("192.0.2.9")),
    ])
}

#[test]
fn services_then_targets_by_priority_then_addresses() {
    let mut world = World::new();
    let expected = vec![
        udp("192.0.2.1:5060"),
        udp("[2001:db8::1]:5060"),
        udp("192.0.2.2:5070"),
        Destination::Tcp("192.0.2.1:5080".parse().unwrap()),
        Destination::Tcp("[2001:db8::1]:5080".parse().unwrap()),
    ];
    assert_eq!(world.locate(&carrier(), &host("C.Example", None, None)), expected);
    assert_eq!(world.asked.len(), 5, "each record is asked for once: {:?}", world.asked);
}

#[test]
fn a_transport_asks_for_its_targets_and_a_port_for_addresses_only() {
    let mut world = World::new();
    let by_tcp = world.locate(&carrier(), &host("c.example", None, Some(Transport::Tcp)));
    assert!(by_tcp[0] == Destination::Tcp("192.0.2.1:5080".parse().unwrap()));
    assert!(!world.asked.contains(&Question::Naptr("c.example".into())));
    let by_port = world.locate(&carrier(), &host("c.example", Some(5099), None));
    assert_eq!(by_port, [udp("192.0.2.9:5099")]);
    let by_tls = world.locate(&carrier(), &host("c.example", None, Some(Transport::Tls)));
    assert_eq!(by_tls, [Destination::Tls("192.0.2.9:5061".parse().unwrap())]);
}

#[test]
fn without_services_targets_are_looked_for_and_without_them_the_name_itself() {
    let mut zone = carrier();
    zone.0.remove(0);
    let mut world = World::new();
    let found = world.locate(&zone, &host("c.example", None, None));
    assert!(found.len() == 5 && found[0] == udp("192.0.2.1:5060"), "{found:?}");
    zone.0.retain(|(question, _)| matches!(question, Question::Addresses(_)));
    assert_eq!(World::new().locate(&zone, &host("c.example", None, None)), [udp("192.0.2.9:5060")]);
    assert_eq!(World::new().locate(&Zone(vec![]), &host("c.example", None, None)), []);
}

#[test]
fn a_service_that_is_not_there_is_not_looked_for_elsewhere() {
    let zone = Zone(vec![
        (Question::Srv("_sip._udp.c.example".into()), Records::Srv(vec![srv(0, 0, 0, ".")])),
        (Question::Addresses("c.example".into()), ip("192.0.2.9")),
    ]);
    assert_eq!(World::new().locate(&zone, &host("c.example", None, Some(Transport::Udp))), []);
}

#[test]
fn equals_share_by_weight() {
    let targets = vec![srv(1, 30, 5060, "a.c.example"), srv(1, 10, 5060, "b.c.example")];
    let mut zone = carrier();
    zone.0[1].1 = Records::Srv(targets);
    let (mut world, mut first) = (World::new(), 0);
    for _ in 0..4_000 {
        let found = world.locate(&zone, &host("c.example", None, Some(Transport::Udp)));
        first += u32::from(found[0] == udp("192.0.2.1:5060"));
    }
    assert!((2_850..3_150).contains(&first), "{first} of 4000, for a share of three in four");
}

#[test]
fn answers_hold_as_long_as_they_say_and_what_is_not_there_is_not_asked_for_again_at_once() {
    let mut world = World::new();
    let nobody = host("nobody.example", Some(5060), None);
    assert_eq!(world.locate(&Zone(vec![]), &nobody), []);
    world.now = world.now + Duration::from_secs(59);
    assert_eq!(world.locate(&carrier(), &nobody), []);
    assert_eq!(world.asked.len(), 1);
    world.now = world.now + Duration::from_secs(2);
    world.locate(&carrier(), &nobody);
    assert_eq!(world.asked.len(), 2, "the answer has run out");
}

#[test]
fn a_record_that_is_asked_for_is_not_asked_for_twice() {
    let mut world = World::new();
    let c = host("c.example", None, None);
    let first = world.locator.locate(world.now, &mut world.dice, &c);
    assert_eq!(first, Located::Needs(vec![Question::Naptr("c.example".into())]));
    assert_eq!(world.locator.locate(world.now, &mut world.dice, &c), Located::Needs(vec![]));
}
