//! The check of everything together, in the order of the text's parts.

use crate::config::{Config, Words};
use crate::flow::{self, Around, FlowText};
use crate::flow_set::{FlowFile, FlowSet};
use crate::model::{Agent, Entry, Queue, Reason, ServerSettings, User};
use crate::outside::Outside;
use crate::problem::Problem;
use crate::reader::Table;
use crate::report::{Place, Placed, Report, Source};
use crate::tls::{self, Identity};
use crate::tree::{self, Entry as TreeEntry, Value};
use crate::voice::{FlowWords, SpeechSettings};
use crate::{business, http_step, people, recognition, routing, schedule, server, voice};
use core::net::SocketAddr;
use domain::{DispositionCode, DispositionRow, FlowId, Language, QueueId};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Ids that other parts of the text may name. They are looked up before anything is checked, so that the order of the
/// text does not matter.
#[derive(Default)]
pub(crate) struct Known {
    skills: Vec<String>,
    queues: Vec<String>,
    agents: Vec<String>,
    dispositions: Vec<String>,
    flows: Vec<String>,
    schedules: Vec<String>,
    secrets: Vec<String>,
}

fn words(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

impl Known {
    pub(crate) fn skills(&self) -> Vec<&str> {
        words(&self.skills)
    }

    pub(crate) fn queues(&self) -> Vec<&str> {
        words(&self.queues)
    }

    pub(crate) fn agents(&self) -> Vec<&str> {
        words(&self.agents)
    }

    pub(crate) fn dispositions(&self) -> Vec<&str> {
        words(&self.dispositions)
    }

    pub(crate) fn schedules(&self) -> Vec<&str> {
        words(&self.schedules)
    }

    pub(crate) fn secrets(&self) -> Vec<&str> {
        words(&self.secrets)
    }

    pub(crate) fn flows(&self) -> Vec<&str> {
        words(&self.flows)
    }
}

/// A file that was read.
struct Read {
    /// Its place in the report.
    file: usize,
    /// As the configuration names it.
    name: String,
    tree: Vec<TreeEntry>,
}

/// Checks a configuration.
pub(crate) fn check(main: Source, outside: &dyn Outside) -> Result<Config, Vec<Problem>> {
    let report = Report::default();
    let file = report.add_source(main);
    let files = read_all(&report, file, Vec::new(), outside);
    match whole(&report, &files, outside) {
        Some(mut config) if !report.has_errors() => {
            config.warnings = report.problems();
            Ok(config)
        }
        _ => Err(report.problems()),
    }
}

/// Checks what was read.
fn whole(report: &Report, files: &[Read], outside: &dyn Outside) -> Option<Config> {
    let roots = files.iter().map(|read| Table::root(report, read.file, &read.tree)).collect();
    let mut config = Checking { report, outside, roots }.check()?;
    let (main, others) = files.split_first()?;
    let own = Some(flow_file(report, main, true)).filter(|file| !file.flows.is_empty());
    config.flow_files = own.into_iter().chain(others.iter().map(|read| flow_file(report, read, false))).collect();
    Some(config)
}

fn flow_file(report: &Report, read: &Read, is_main: bool) -> FlowFile {
    let path = PathBuf::from(report.name(read.file));
    let own = path.file_name().map(|name| name.to_string_lossy().into_owned());
    FlowFile {
        name: own.filter(|_| is_main).unwrap_or_else(|| read.name.clone()),
        path,
        text: (!is_main).then(|| report.text(read.file).into()),
        flows: flow_ids(read),
    }
}

/// The ids of the flows in a file. Those that are none have been told.
fn flow_ids(read: &Read) -> Vec<FlowId> {
    match read.tree.iter().find(|entry| entry.key == "flow").map(|entry| &entry.item.value) {
        Some(Value::Table(flows)) => flows.iter().filter_map(|flow| flow.key.parse().ok()).collect(),
        _ => Vec::new(),
    }
}

/// Reads flows, those of `drafts` as if the configuration named them, and what is wrong with them. Problems of anything
/// else are passed over, as far as flows can be read all the same.
pub(crate) fn flows(main: Source, drafts: Vec<Source>, outside: &dyn Outside) -> FlowSet {
    let report = Report::default();
    let file = report.add_source(main);
    let read = read_all(&report, file, drafts, outside);
    let files = read.iter().map(|read| report.name(read.file)).collect();
    let config = whole(&report, &read, outside);
    let main = report.name(file);
    let mut problems = report.problems();
    problems.retain(|problem| problem.file != main || problem.path.starts_with("flow"));
    FlowSet::new(config, files, problems)
}

/// The main file, and the files of flows: drafts take the place of those of the same name.
fn read_all(report: &Report, main: usize, drafts: Vec<Source>, outside: &dyn Outside) -> Vec<Read> {
    let tree = tree::parse(report, main);
    let named = Table::root(report, main, &tree).texts("flows");
    let mut files = vec![Read { file: main, name: report.name(main), tree }];
    let mut add = |name: String, source: Source| {
        let file = report.add_source(source);
        files.push(Read { file, name, tree: tree::parse(report, file) });
    };
    let drawn: Vec<String> = drafts.iter().map(|draft| draft.name.clone()).collect();
    for draft in drafts {
        add(draft.name.clone(), draft);
    }
    for path in named.into_iter().filter(|path| !drawn.contains(&outside.resolve(&path.value).display().to_string())) {
        match outside.read(&path.value) {
            Ok(text) => {
                let name = outside.resolve(&path.value).display().to_string();
                add(path.value, Source { name, text });
            }
            Err(why) => report.error("unreadable_file", path.place, "flows", format!("`{}`: {why}", path.value), None),
        }
    }
    files
}

/// The check under way.
pub(crate) struct Checking<'a> {
    pub(crate) report: &'a Report,
    outside: &'a dyn Outside,
    /// The main file first.
    roots: Vec<Table<'a>>,
}

impl<'a> Checking<'a> {
    fn check(self) -> Option<Config> {
        let root = self.roots.first()?;
        root.texts("flows");
        let known = self.known();
        let server = server::server(root, self.outside);
        let sip = server::sip(root);
        let tls = self.identity(root, &[("server.https", server.https), ("sip.tls_listen", sip.tls_listen)]);
        let media = server::media(root, &sip);
        let mirror = server::mirror(root, self.outside);
        let database = server::store(root, self.outside);
        let routing = routing::routing(root);
        let recognition = recognition::recognition(root, &known.flows());
        let http_step = http_step::http_step(root, self.outside);
        let speech = voice::speech(root);
        let schedules = root.tables("schedule").iter().filter_map(schedule::schedule).collect();
        let skills = root.tables("skill").iter().filter_map(business::skill).collect();
        let (queues, dispositions) = queues(root, &known);
        let mut reasons: Vec<Reason> = root.tables("reason").iter().filter_map(business::reason).collect();
        reasons.extend(business::system_reasons(&reasons));
        let (agents, users) = self.people(root, &known);
        let phones = root.tables("phone").iter().filter_map(|table| people::soft_phone(table, self.outside)).collect();
        let trunks = root.tables("trunk").iter().filter_map(|table| people::trunk(table, self.outside)).collect();
        let entry = |table: &Table<'_>| business::entry(table, &known, server.default_language);
        let entries: Vec<Entry> = root.tables("entry").iter().filter_map(entry).collect();
        let served = agents.iter().flat_map(|agent| agent.queues.iter().map(|part| part.queue)).collect();
        let around = Around { known: &known, queues: &queues, served: &served, places: &http_step.allow_private };
        let texts: Vec<FlowText> = flow::flows(&self.roots, self.report, around);
        self.check_between(&queues, &served, (&entries, recognition.blocked_flow), &texts);
        let languages = self.languages(server.default_language, (&entries, &queues), &texts);
        let flow_words = self.check_words((&server, &speech), texts.iter().zip(languages).collect());
        self.roots.iter().for_each(Table::done);
        let flows = texts.into_iter().filter_map(|text| Some((text.id, text.flow?))).collect();
        let words = Words { reasons, dispositions };
        let (flow_files, warnings) = (Vec::new(), Vec::new());
        Some(Config {
            server,
            tls,
            sip,
            media,
            mirror,
            database,
            routing,
            recognition,
            http_step,
            speech,
            flow_words,
            schedules,
            skills,
            queues,
            agents,
            users,
            phones,
            trunks,
            words,
            entries,
            flows,
            flow_files,
            warnings,
        })
    }

    /// Who we are, which must be known where something listens for TLS.
    fn identity(&self, root: &Table<'_>, listeners: &[(&str, Option<SocketAddr>)]) -> Option<Identity> {
        if let Some((key, _)) = listeners.iter().find(|(_, listen)| listen.is_some())
            && !root.has("tls")
        {
            let why = format!("`{key}` needs a certificate: [tls] with `certificate` and `key`");
            root.refuse("missing_key", root.place, "tls", why);
        }
        tls::identity(root, self.outside)
    }

    fn people(&self, root: &Table<'_>, known: &Known) -> (Vec<Agent>, Vec<User>) {
        let (mut agents, mut users) = (Vec::new(), Vec::new());
        for (agent, user) in root.tables("agent").iter().filter_map(|table| people::agent(table, known, self.outside)) {
            agents.push(agent);
            users.extend(user);
        }
        users.extend(root.tables("user").iter().filter_map(|table| people::user(table, known, self.outside)));
        (agents, users)
    }

    /// Ids of everything that may be named, with a problem for each that is there twice.
    fn known(&self) -> Known {
        let lists = |lists: &[(&'static str, &str)]| -> Vec<Placed<String>> {
            lists.iter().flat_map(|(list, key)| self.values(list, key)).collect()
        };
        let names = |what: &str, found: Vec<Placed<String>>| self.unique(what, found);
        names("reason", lists(&[("reason", "code")]));
        names("trunk", lists(&[("trunk", "id")]));
        names("sign-in name", lists(&[("agent", "login"), ("user", "login")]));
        let mut sip_users = self.values("phone", "user");
        sip_users.extend(self.sip_users());
        names("SIP user", sip_users);
        names("entry point for", lists(&[("entry", "dnis")]));
        names("entry point", lists(&[("entry", "id")]));
        let flows = self.roots.iter().flat_map(|root| match root.peek("flow") {
            Some(Value::Table(flows)) => flows.iter().map(|flow| placed(root, &flow.key, flow.at)).collect(),
            _ => Vec::new(),
        });
        Known {
            skills: names("skill", lists(&[("skill", "id")])),
            queues: names("queue", lists(&[("queue", "id")])),
            agents: names("agent", lists(&[("agent", "id")])),
            dispositions: names("disposition", lists(&[("disposition", "code")])),
            flows: names("flow", flows.collect()),
            schedules: names("schedule", lists(&[("schedule", "id")])),
            secrets: names("secret", lists(&[("secret", "id")])),
        }
    }

    /// The texts of one key in a list of tables of the main file.
    fn values(&self, list: &str, key: &str) -> Vec<Placed<String>> {
        let Some(root) = self.roots.first() else { return Vec::new() };
        let Some(Value::List(items)) = root.peek(list) else { return Vec::new() };
        let entries = items.iter().filter_map(|item| match &item.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        });
        let value =
            |entries: &Vec<TreeEntry>| match entries.iter().find(|entry| entry.key == key).map(|entry| &entry.item) {
                Some(tree::Item { at, value: Value::Text(text) }) => Some(placed(root, text, *at)),
                _ => None,
            };
        entries.filter_map(value).collect()
    }

    /// SIP users of agents whose phones register.
    fn sip_users(&self) -> Vec<Placed<String>> {
        let Some(root) = self.roots.first() else { return Vec::new() };
        let Some(Value::List(items)) = root.peek("agent") else { return Vec::new() };
        let user = |item: &tree::Item| {
            let Value::Table(entries) = &item.value else { return None };
            let text = |key: &str| match entries.iter().find(|entry| entry.key == key).map(|entry| &entry.item) {
                Some(tree::Item { at, value: Value::Text(text) }) => Some((text.as_str(), *at)),
                _ => None,
            };
            let registers = text("phone").is_none_or(|(phone, _)| phone == "registered");
            let (user, at) = text("sip_user").or_else(|| text("id")).filter(|_| registers)?;
            Some(placed(root, user, at))
        };
        items.iter().filter_map(user).collect()
    }

    fn unique(&self, what: &str, found: Vec<Placed<String>>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in found {
            if names.contains(&name.value) {
                let why = format!("`{}` is taken by another {what}", name.value);
                self.report.error("duplicate_id", name.place, "", why, None);
            } else {
                names.push(name.value);
            }
        }
        names
    }

    /// What only shows when everything is read.
    fn check_between(
        &self,
        queues: &[Queue],
        served: &BTreeSet<QueueId>,
        (entries, refused): (&[Entry], Option<FlowId>),
        flows: &[FlowText],
    ) {
        let Some(root) = self.roots.first() else { return };
        for queue in queues.iter().filter(|queue| !served.contains(&queue.setup.id)) {
            let id = queue.setup.id;
            let place = self.values("queue", "id").into_iter().find(|name| name.value == id.as_str());
            let why = format!("no agent serves queue `{id}`: its contacts wait for ever");
            self.report.warning(
                "queue_without_agents",
                place.map_or(root.place, |name| name.place),
                "queue",
                why,
                None,
            );
        }
        // Flows of a survey and of a secure entry.
        let surveys: BTreeSet<FlowId> =
            queues.iter().flat_map(|queue| [queue.survey, queue.secure_entry]).flatten().collect();
        self.check_secure_entries(queues, flows);
        let starts = |flow: &FlowText| {
            refused == Some(flow.id)
                || entries.iter().any(|entry| flow.callers.contains(&entry.flow))
                || !flow.callers.is_disjoint(&surveys)
        };
        for flow in flows.iter().filter(|flow| !starts(flow)) {
            let why = format!("no entry point, survey or secure entry starts flow `{}`", flow.id);
            self.report.warning("unused_flow", flow.place, &flow.path, why, None);
        }
        if root.peek("entry").is_none() {
            let why = "there is no entry point: every call is refused".to_owned();
            self.report.warning("no_entry", root.place, "entry", why, None);
        }
    }

    /// The languages in which each flow may speak.
    fn languages(
        &self,
        default: Language,
        (entries, queues): (&[Entry], &[Queue]),
        flows: &[FlowText],
    ) -> Vec<BTreeSet<Language>> {
        // A survey goes on in whatever language the caller has come to.
        let of_entries = entries.iter().map(|entry| entry.language);
        let any: BTreeSet<Language> =
            of_entries.chain(flows.iter().flat_map(|flow| flow.languages.iter().copied())).collect();
        let of_flow = |flow: &FlowText| {
            let lent = queues.iter().flat_map(|queue| [queue.survey, queue.secure_entry]).flatten();
            let surveys = lent.into_iter().any(|survey| flow.callers.contains(&survey));
            let started = entries.iter().filter(|entry| flow.callers.contains(&entry.flow));
            let started = started.map(|entry| entry.language).chain(any.iter().copied().filter(|_| surveys));
            let mut languages: BTreeSet<Language> = flow.languages.iter().copied().chain(started).collect();
            if languages.is_empty() {
                languages.insert(default);
            }
            languages
        };
        flows.iter().map(of_flow).collect()
    }

    /// What each flow says, and whether that can be heard in its languages.
    fn check_words(
        &self,
        (server, speech): (&ServerSettings, &SpeechSettings),
        flows: Vec<(&FlowText, BTreeSet<Language>)>,
    ) -> Vec<FlowWords> {
        self.check_prompts(server, &flows);
        for (flow, languages) in &flows {
            flow::check_texts(self.report, &flow.texts, languages, speech.enabled);
        }
        flows.into_iter().map(|(flow, languages)| flow.words(languages)).collect()
    }

    fn check_prompts(&self, server: &ServerSettings, flows: &[(&FlowText, BTreeSet<Language>)]) {
        let Some(root) = self.roots.first() else { return };
        match self.outside.prompts(&server.prompts_dir.display().to_string()) {
            Ok(Some(there)) => {
                for (flow, languages) in flows {
                    flow::check_prompts(self.report, &flow.uses, languages, &there);
                }
            }
            Ok(None) => {}
            Err(why) => {
                let table = root.table("server");
                let place = table.map_or(root.place, |table| table.place_of("prompts_dir"));
                self.report.error("unreadable_file", place, "server.prompts_dir", why, None);
            }
        }
    }
}

fn placed(root: &Table<'_>, name: &str, at: usize) -> Placed<String> {
    Placed { value: name.to_owned(), place: Place { at, ..root.place } }
}

/// The queues, and the dispositions that their agents may choose.
fn queues(root: &Table<'_>, known: &Known) -> (Vec<Queue>, Vec<DispositionRow>) {
    let mut queues: Vec<Queue> =
        root.tables("queue").iter().filter_map(|table| business::queue(table, known)).collect();
    let dispositions: Vec<DispositionRow> =
        root.tables("disposition").iter().filter_map(|table| business::disposition(table, known)).collect();
    for queue in &mut queues {
        queue.dispositions = offered(&dispositions, queue.setup.id);
    }
    (queues, dispositions)
}

/// The dispositions that a queue's agents may choose.
fn offered(dispositions: &[DispositionRow], queue: QueueId) -> Vec<DispositionCode> {
    let of_queue = dispositions.iter().filter(|row| row.queues.is_empty() || row.queues.contains(&queue));
    of_queue.map(|row| row.code).collect()
}
