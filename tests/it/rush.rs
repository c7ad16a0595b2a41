//! Two thousand calls and twenty agents who answer, decline, let it ring, leave and cross each other.

use crate::support::{Bench, Plan, phone};
use domain::{Answer, ContactDetail, ContactFilter, Query};
use rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use switchroom::phone::{Order, Phone, Report};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

const CALLS: u64 = 2_000;
const AGENTS: u64 = 20;
/// Time between two callers.
const GAP: Duration = Duration::from_millis(25);
/// Microseconds for which a caller may wait beside an agent who could serve him.
const IDLE_BESIDE_WAITING_US: i64 = 1_000_000;
/// An agent who did not answer is left alone for so long, in microseconds (`cool_downs` below).
const COOL_DOWN_US: i64 = 1_000_000;
/// Ringing ends within so many microseconds after the caller left.
const RINGING_AFTER_LEAVING_US: i64 = 500_000;

type Dice = rand_chacha::ChaCha8Rng;

fn dice(seed: u64, stream: u64) -> Dice {
    let mut dice = Dice::seed_from_u64(seed);
    dice.set_stream(stream);
    dice
}

fn below(dice: &mut Dice, limit: u64) -> u64 {
    dice.next_u64() % limit
}

fn millis(dice: &mut Dice, limit: u64) -> Duration {
    Duration::from_millis(below(dice, limit))
}

/// Who rang where until when, and which caller left when: on the clock of the test.
#[derive(Debug)]
enum Seen {
    RingingOver { from: String, at: Instant },
    CallerLeft { from: String, at: Instant },
}

/// An agent's phone that deals with one call after the other, as the dice say.
async fn agent(mut phone: Phone, mut dice: Dice, seen: mpsc::UnboundedSender<Seen>) {
    while let Some(report) = phone.report().await {
        let Report::Rings { from, .. } = report else { continue };
        let stays = match below(&mut dice, 100) {
            0..70 => Some(millis(&mut dice, 60)),
            // At the very end of the ringing, and a little after it.
            70..78 => Some(Duration::from_millis(950) + millis(&mut dice, 100)),
            78..90 => {
                tokio::time::sleep(millis(&mut dice, 40)).await;
                phone.order(Order::Refuse(domain::Cause::Declined)).await;
                None
            }
            _ => None,
        };
        let answers = async {
            match stays {
                Some(after) => tokio::time::sleep(after).await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            () = answers => false,
            over = phone.wait_for(|report| matches!(report, Report::Over(_))) => over.is_some(),
        };
        if ended {
            let _ = seen.send(Seen::RingingOver { from, at: Instant::now() });
            continue;
        }
        phone.order(Order::Answer).await;
        let talk = Duration::from_millis(150) + millis(&mut dice, 350);
        let over = phone.wait_for(|report| matches!(report, Report::Over(_)));
        if tokio::time::timeout(talk, over).await.is_err() {
            phone.order(Order::HangUp).await;
            phone.wait_for(|report| matches!(report, Report::Over(_))).await;
        }
    }
}

/// A caller who is patient or not, and hangs up or lets the agent do it.
async fn caller(uri: String, from: String, mut dice: Dice, seen: mpsc::UnboundedSender<Seen>) -> bool {
    let mut phone = phone().await;
    phone.order(Order::Call { uri, from: from.clone(), name: String::new() }).await;
    let patience = if below(&mut dice, 4) == 0 { 20 + below(&mut dice, 800) } else { 20_000 + below(&mut dice, 100) };
    let talk = if below(&mut dice, 2) == 0 { below(&mut dice, 300) } else { 30_000 };
    // A line answers at once; an agent is there when the tone of the talk could be heard: the caller cannot know.
    let over = phone.wait_for(|report| matches!(report, Report::Over(_)));
    let stays = Duration::from_millis(patience.min(20_000) + talk.min(1_000));
    if tokio::time::timeout(stays, over).await.is_ok() {
        return true;
    }
    let _ = seen.send(Seen::CallerLeft { from, at: Instant::now() });
    phone.order(Order::HangUp).await;
    phone.wait_for(|report| matches!(report, Report::Over(_))).await.is_some()
}

async fn all_stories(bench: &Bench) -> Vec<ContactDetail> {
    let (mut stories, mut cursor) = (Vec::new(), None);
    loop {
        let query = Query::Contacts { filter: ContactFilter::default(), cursor, limit: 200 };
        let Answer::Contacts(page) = bench.daemon.store.answer(query).await.unwrap() else { panic!("no page") };
        for row in page.items {
            let Answer::Contact(Some(story)) = bench.daemon.store.answer(Query::Contact(row.id)).await.unwrap() else {
                panic!("no story of {}", row.id)
            };
            stories.push(*story);
        }
        cursor = page.next;
        if cursor.is_none() {
            return stories;
        }
    }
}

/// A stretch of time in microseconds of the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
    from: i64,
    to: i64,
}

/// What the contact history tells of the floor.
#[derive(Default)]
struct Floor {
    /// Offered or served, by agent, with the cool-down after an offer without an answer.
    occupied: BTreeMap<String, Vec<Stretch>>,
    /// The same without cool-downs.
    held: BTreeMap<String, Vec<Stretch>>,
    /// In line and offered to nobody.
    waiting: Vec<Stretch>,
    /// Offers that were not answered, by result.
    results: BTreeMap<String, u32>,
    ringing_after_leaving_us: i64,
}

impl Floor {
    fn read(stories: &[ContactDetail]) -> Self {
        let mut floor = Self::default();
        for story in stories {
            floor.take_in(story);
        }
        for stretches in floor.occupied.values_mut().chain(floor.held.values_mut()) {
            stretches.sort_unstable();
        }
        floor
    }

    fn take_in(&mut self, story: &ContactDetail) {
        let (mut offers, mut bridged) = (BTreeMap::new(), None);
        let (mut in_line, mut left) = (None, None);
        for event in &story.events {
            let at = event.at.as_micros();
            let fields: serde_json::Value = serde_json::from_str(&event.fields_json).unwrap();
            let word = |key: &str| fields[key].as_str().unwrap_or_default().to_owned();
            match event.kind.as_str() {
                "queued" => in_line = Some(at),
                "offered" => {
                    self.waiting.extend(in_line.take().map(|from| Stretch { from, to: at }));
                    offers.insert(word("offer"), at);
                }
                "offer_ended" => {
                    let from = offers.remove(&word("offer")).expect("an offer that ends was made");
                    if word("result") == "answered" {
                        assert!(bridged.is_none(), "{} is bridged twice", story.row.id);
                        bridged = Some((word("agent"), from));
                        continue;
                    }
                    let cools = match word("result").as_str() {
                        "no_answer" | "unreachable" => COOL_DOWN_US,
                        _ => 0,
                    };
                    *self.results.entry(word("result")).or_default() += 1;
                    self.hold(&word("agent"), Stretch { from, to: at }, cools);
                    in_line = left.is_none().then_some(at);
                    let late = left.map_or(0, |left| at - left);
                    self.ringing_after_leaving_us = self.ringing_after_leaving_us.max(late);
                }
                "customer_left" => {
                    left = Some(at);
                    self.waiting.extend(in_line.take().map(|from| Stretch { from, to: at }));
                }
                "interaction_ended" => {
                    let (agent, from) = bridged.take().expect("an interaction that ends began");
                    assert_eq!(agent, word("agent"));
                    self.hold(&agent, Stretch { from, to: at }, 0);
                }
                _ => {}
            }
        }
        assert!(offers.is_empty() && bridged.is_none(), "{} is not closed: {:?}", story.row.id, story.events);
    }

    fn hold(&mut self, agent: &str, stretch: Stretch, cools: i64) {
        self.held.entry(agent.to_owned()).or_default().push(stretch);
        let longer = Stretch { to: stretch.to + cools, ..stretch };
        self.occupied.entry(agent.to_owned()).or_default().push(longer);
    }

    /// What this agent did around a stretch.
    fn around(&self, agent: &str, within: Stretch) -> Vec<Stretch> {
        let near = |busy: &&Stretch| busy.to + 2_000_000 > within.from && busy.from < within.to + 2_000_000;
        self.held.get(agent).into_iter().flatten().filter(near).copied().collect()
    }

    /// The longest time for which this agent was free within a stretch.
    fn free_within(&self, agent: &str, within: Stretch) -> i64 {
        let (mut free_from, mut longest) = (within.from, 0);
        for busy in self.occupied.get(agent).into_iter().flatten().filter(|busy| busy.to > within.from) {
            longest = longest.max(busy.from.min(within.to) - free_from);
            free_from = free_from.max(busy.to);
            if busy.from > within.to {
                break;
            }
        }
        longest.max(within.to - free_from)
    }
}

fn check(floor: &Floor) {
    for (agent, held) in &floor.held {
        for pair in held.windows(2) {
            assert!(pair[0].to <= pair[1].from, "{agent} has two contacts at once: {pair:?}");
        }
    }
    for waiting in floor.waiting.iter().filter(|waiting| waiting.to - waiting.from > IDLE_BESIDE_WAITING_US) {
        for agent in floor.held.keys() {
            let free = floor.free_within(agent, *waiting);
            let days = floor.around(agent, *waiting);
            assert!(
                free <= IDLE_BESIDE_WAITING_US,
                "{agent} was free for {free} us beside a caller {waiting:?}: {days:?}"
            );
        }
    }
    let late = floor.ringing_after_leaving_us;
    assert!(late <= RINGING_AFTER_LEAVING_US, "an agent rang {late} us after the caller left");
}

/// The longest time from a caller's hanging up to the end of the ringing, as the phones saw it.
fn slowest_end(mut seen: mpsc::UnboundedReceiver<Seen>) -> Duration {
    let (mut left, mut over) = (BTreeMap::new(), BTreeMap::<String, Instant>::new());
    while let Ok(seen) = seen.try_recv() {
        match seen {
            Seen::CallerLeft { from, at } => drop(left.insert(from, at)),
            Seen::RingingOver { from, at } => drop(over.insert(from, at)),
        }
    }
    let lag = |(from, at): (&String, &Instant)| over.get(from).map(|over| over.saturating_duration_since(*at));
    left.iter().filter_map(lag).max().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_calls_and_twenty_agents_keep_every_promise() {
    const SEED: u64 = 20_261_122;
    let ids: Vec<String> = (0..AGENTS).map(|number| format!("agent-{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let plan = Plan { wrap_up_s: 0, record: false, offer_timeout_s: 1, tireless: true, ..Plan::default() };
    let (bench, phones) = Bench::with_phones(&plan, &ids).await;
    let (seen_tx, seen) = mpsc::unbounded_channel();
    let agents: Vec<JoinHandle<()>> = (0..)
        .zip(phones)
        .map(|(stream, phone)| tokio::spawn(agent(phone, dice(SEED, stream), seen_tx.clone())))
        .collect();
    let mut callers = Vec::new();
    let mut pace = tokio::time::interval(GAP);
    for number in 0..CALLS {
        pace.tick().await;
        let from = format!("+4930{:07}", 5_550_000 + number);
        let dice = dice(SEED, 1_000 + number);
        callers.push(tokio::spawn(caller(bench.number("8001"), from, dice, seen_tx.clone())));
    }
    for caller in callers {
        assert!(caller.await.unwrap(), "every call ends for its caller");
    }
    bench.quiet().await;
    let quiet = Instant::now();
    for id in &ids {
        bench.agent(id, |state| state == domain::AgentState::Ready).await;
    }
    println!("all_ready_after_quiet_ms {}", quiet.elapsed().as_millis());
    let stories = crate::support::until("all contacts are closed", async || {
        let stories = all_stories(&bench).await;
        stories.iter().all(|story| story.row.closed.is_some()).then_some(stories)
    })
    .await;
    let answered = stories.iter().filter(|story| story.row.outcome.as_deref() == Some("answered")).count();
    assert!(answered as u64 > CALLS / 2, "only {answered} of {} answered", stories.len());
    let floor = Floor::read(&stories);
    println!("contacts {} answered {answered}, other offers {:?}", stories.len(), floor.results);
    check(&floor);
    println!("ringing_after_leaving_max_ms {} (by the engine's clock)", floor.ringing_after_leaving_us / 1_000);
    for agent in agents {
        agent.abort();
    }
    println!("ringing_after_leaving_max_ms {} (at the phones)", slowest_end(seen).as_millis());
    bench.stop().await;
}
