//! Opening hours over changes of the clock: the program runs at another time, by faketime, and callers ring while the clock
//! on the wall jumps.

use crate::crash::{Served, serve_with};
use crate::support::sipp::Caller;
use crate::support::words::{Said, Words, prompts};
use crate::support::{FLOW, Plan, Rest, config_text, until, write_config};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A jump of the clock, or another moment at which hours might change.
struct Moment {
    zone: &'static str,
    /// UTC, a whole second.
    at: &'static str,
    /// Open on every day.
    open: [&'static str; 2],
    /// A day of nobody's work.
    holiday: &'static str,
    /// The way of callers before, and from then on.
    ways: [Way; 2],
    /// The next opening that callers are told while it is closed, local.
    next: &'static str,
}

/// A way through the flow, and what is heard at its end.
type Way = (&'static [&'static str], &'static str);

const OPEN: Way = (&["hours", "open"], "welcome");
const CLOSED: Way = (&["hours", "closed", "right"], "closed");
const HOLIDAY: Way = (&["hours", "holiday"], "goodbye");
/// Between a call's beginning and its first node there are not so many milliseconds.
const ANSWERED_IN_MS: i64 = 1_000;
const NEVER: &str = "2030-01-01";

/// A clock that went by a fixed distance from UTC would be wrong in each but the two that stay open.
const MOMENTS: [Moment; 7] = [
    // 02:00 becomes 03:00.
    Moment {
        zone: "Europe/Berlin",
        at: "2027-03-28 01:00:00",
        open: ["03:00", "12:00"],
        holiday: NEVER,
        ways: [CLOSED, OPEN],
        next: "2027-03-28T03:00",
    },
    Moment {
        zone: "America/New_York",
        at: "2027-03-14 07:00:00",
        open: ["03:00", "12:00"],
        holiday: NEVER,
        ways: [CLOSED, OPEN],
        next: "2027-03-14T03:00",
    },
    // 03:00 becomes 02:00, and comes again an hour later.
    Moment {
        zone: "Europe/Berlin",
        at: "2027-10-31 01:00:00",
        open: ["00:00", "03:00"],
        holiday: NEVER,
        ways: [OPEN, OPEN],
        next: "",
    },
    Moment {
        zone: "Europe/Berlin",
        at: "2027-10-31 02:00:00",
        open: ["00:00", "03:00"],
        holiday: NEVER,
        ways: [OPEN, CLOSED],
        next: "2027-11-01T00:00",
    },
    // 02:00 becomes 01:00.
    Moment {
        zone: "America/New_York",
        at: "2027-11-07 06:00:00",
        open: ["00:00", "02:00"],
        holiday: NEVER,
        ways: [OPEN, OPEN],
        next: "",
    },
    Moment {
        zone: "America/New_York",
        at: "2027-11-07 07:00:00",
        open: ["00:00", "02:00"],
        holiday: NEVER,
        ways: [OPEN, CLOSED],
        next: "2027-11-08T00:00",
    },
    // A holiday of 25 hours.
    Moment {
        zone: "Europe/Berlin",
        at: "2027-10-31 23:00:00",
        open: ["00:00", "24:00"],
        holiday: "2027-10-31",
        ways: [HOLIDAY, OPEN],
        next: "",
    },
];

impl Moment {
    fn flow(&self) -> String {
        format!(
            "[flow.clock]\nstart = \"hours\"\n\
             [flow.clock.node.hours]\ntype = \"hours\"\nschedule = \"clock\"\nvariable = \"next\"\n\
             open = \"open\"\nclosed = \"closed\"\nholiday = \"holiday\"\n\
             [flow.clock.node.open]\ntype = \"hangup\"\nprompts = [\"welcome\"]\n\
             [flow.clock.node.holiday]\ntype = \"hangup\"\nprompts = [\"goodbye\"]\n\
             [flow.clock.node.closed]\ntype = \"branch\"\n\
             cases = [{{ when = \"vars.next == '{}'\", next = \"right\" }}]\nelse = \"wrong\"\n\
             [flow.clock.node.right]\ntype = \"hangup\"\nprompts = [\"closed\"]\n[flow.clock.node.wrong]\ntype = \"hangup\"\n",
            self.next
        )
    }

    fn write(&self, dir: &Path) -> PathBuf {
        let schedule = format!(
            "[[entry]]\nid = \"clock\"\ndnis = \"8020\"\nflow = \"clock\"\nlanguage = \"en\"\n\
             [[schedule]]\nid = \"clock\"\nzone = \"{}\"\n\
             open = [{{ days = \"mon-sun\", from = \"{}\", to = \"{}\" }}]\nclosed = [\"{}\"]\n",
            self.zone, self.open[0], self.open[1], self.holiday
        );
        let file = write_config(dir, &format!("{}\n{schedule}", config_text(&Plan::default(), &[])));
        std::fs::write(dir.join("flow.toml"), format!("{FLOW}{}", self.flow())).unwrap();
        file
    }

    /// The program, which believes that it is so long before the moment.
    fn serve(&self, config: &Path, lead_s: u32) -> Served {
        // What waits by the steady clock waits by the machine's.
        let mut program = Command::new(env!("CARGO_BIN_EXE_switchroom"));
        program
            .env("LD_PRELOAD", library())
            .env("FAKETIME", date(&format!("{} UTC -{lead_s} seconds", self.at), "+@%F %T"))
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("TZ", "UTC");
        serve_with(program, config)
    }
}

/// What makes a program believe in another time. (The command `faketime` would stand between us and the program.)
fn library() -> PathBuf {
    let found =
        std::fs::read_dir("/usr/lib").unwrap().flatten().map(|dir| dir.path().join("faketime/libfaketime.so.1"));
    found.into_iter().find(|path| path.exists()).expect("libfaketime is needed: apt-get install faketime")
}

/// What `date` prints of a moment, UTC.
fn date(of: &str, form: &str) -> String {
    let output = Command::new("date").args(["-u", "-d", of, form]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A call by SIPp.
struct Called {
    /// When it came, in milliseconds.
    at: i64,
    /// Its way through the flow; none: a busy machine did not let it in, which says nothing of the hours.
    path: Vec<String>,
    /// What the caller heard.
    said: Vec<Said>,
    row: Value,
}

async fn call(served: &Served, api: &Rest, words: &Words) -> Called {
    let before = newest(api).await["id"].clone();
    let mut caller = Caller::dial(served.sip, "8020", "+493010000001").await;
    let is_through = caller.ended().await;
    let row = until("the call's row", async || {
        Some(newest(api).await).filter(|row| row["id"] != before && !row["closed_at"].is_null())
    })
    .await;
    let path: Vec<String> =
        row["path"].as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect();
    assert!(is_through || path.is_empty(), "the call did not go as SIPp has it: {row}");
    let said = words.heard_by(&caller.ear, |_| true).await;
    Called { at: row["started_at"].as_i64().unwrap(), path, said, row }
}

/// The newest call; null: there is none.
async fn newest(api: &Rest) -> Value {
    api.get("/contacts").await["items"][0].clone()
}

/// Callers ring from before the moment until after it; how many did before.
async fn callers(moment: &Moment, lead_s: u32, words: &Words) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let served = moment.serve(&moment.write(dir.path()), lead_s);
    let api = Rest::sign_in(&served.http, "admin", "admin-secret").await;
    let change: i64 = date(&format!("{} UTC", moment.at), "+%s").parse::<i64>().unwrap() * 1_000;
    let (mut before, mut turned_away) = (0, 0);
    loop {
        let Called { at, path, said, row } = call(&served, &api, words).await;
        // One that a busy machine did not let in says nothing of the hours.
        if row["outcome"] == "rejected" {
            turned_away += 1;
            assert!(turned_away < 3, "{row}");
            continue;
        }
        // One that came right before may be asked for the hours right after.
        if (change - ANSWERED_IN_MS..change).contains(&at) {
            continue;
        }
        let past = at >= change;
        let (way, word) = moment.ways[usize::from(past)];
        let what = format!("{} {}, {} ms from it: {row}", moment.zone, moment.at, at - change);
        assert_eq!(path, way, "{what}");
        assert_eq!(prompts(&said), [word], "{what}");
        if past {
            return before;
        }
        before += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_hear_the_hours_of_the_clock_on_the_wall_over_both_changes_in_two_zones() {
    let words = Words::of("en");
    for moment in &MOMENTS {
        // A machine that needs longer than that to start begins earlier.
        let mut before = 0;
        for lead_s in [6, 15, 55] {
            before = callers(moment, lead_s, &words).await;
            if before > 0 {
                break;
            }
        }
        assert!(before > 0, "{} {}: nobody called before", moment.zone, moment.at);
    }
}
