//! Arrows only go down.

/// A layer of `docs/architecture.md`.
pub struct Level {
    /// Its name; empty: it goes on from the one above.
    pub title: &'static str,
    /// Its crates.
    pub crates: &'static [&'static str],
    /// Which of ours each of them may use.
    may_use: &'static [&'static str],
    /// No clocks, no sockets, no locks.
    pub pure: bool,
}

/// The layers, top down. An IO crate sees `domain` and its own partner, never another IO crate.
pub const LEVELS: &[Level] = &[
    Level {
        title: "L4 the daemon (IO)",
        crates: &["switchroom"],
        may_use: &[
            "domain",
            "acd",
            "ivr",
            "call",
            "sip",
            "media",
            "switchboard",
            "config",
            "stats",
            "planning",
            "hours",
            "speech",
            "sip-io",
            "media-io",
            "recorder",
            "cti-bridge",
            "crm",
            "http-api",
            "http-step",
            "poller",
        ],
        pure: false,
    },
    Level { title: "L3 shells (IO)", crates: &["sip-io"], may_use: &["domain", "sip"], pure: false },
    Level { title: "", crates: &["media-io"], may_use: &["domain", "media", "poller"], pure: false },
    Level { title: "", crates: &["recorder", "speech"], may_use: &["domain", "media"], pure: false },
    Level { title: "", crates: &["crm"], may_use: &["domain", "stats"], pure: false },
    Level { title: "", crates: &["cti-bridge", "http-api", "http-step"], may_use: &["domain"], pure: false },
    Level {
        title: "L2 all rules (pure)",
        crates: &["switchboard"],
        may_use: &["domain", "sip", "media", "call", "acd", "ivr", "config", "stats", "hours"],
        pure: true,
    },
    Level { title: "", crates: &["planning"], may_use: &["domain", "acd", "stats"], pure: true },
    Level {
        title: "L1 one subject each (pure)",
        crates: &["sip", "media", "call", "acd", "ivr", "stats", "hours"],
        may_use: &["domain"],
        pure: true,
    },
    Level { title: "", crates: &["config"], may_use: &["domain", "acd", "ivr", "sip", "hours"], pure: true },
    Level { title: "L0 words (pure)", crates: &["domain"], may_use: &[], pure: true },
    Level { title: "L0 what a thread waits for (IO)", crates: &["poller"], may_use: &[], pure: false },
    Level {
        title: "beside (tests and tasks)",
        crates: &["sim"],
        may_use: &["domain", "acd", "switchboard", "sip", "media", "call", "ivr", "config", "stats"],
        pure: false,
    },
    Level {
        title: "",
        crates: &["xtask"],
        may_use: &["domain", "http-api", "cti-bridge", "config", "switchroom"],
        pure: false,
    },
];

/// Lists every arrow that goes up or sideways.
pub fn check(breaches: &mut Vec<String>) -> Result<(), String> {
    let dependencies = crate::generate::dependencies()?;
    for (name, uses) in &dependencies {
        let Some(level) = LEVELS.iter().find(|level| level.crates.contains(&name.as_str())) else {
            breaches.push(format!("crate {name} has no layer: add it to xtask/src/tidy/layers.rs"));
            continue;
        };
        for used in uses.iter().filter(|used| !level.may_use.contains(&used.as_str())) {
            breaches.push(format!("{name}/Cargo.toml: {name} must not depend on {used}"));
        }
    }
    Ok(())
}
