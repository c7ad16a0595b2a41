//! Where a configuration comes from, and texts that are not on disk yet.

use crate::*;
use std::path::Path;

const FLOW: &str = "[flow.f]\nstart = \"bye\"\n[flow.f.node.bye]\ntype = \"transfer\"\nnumber = \"8000\"\n";

fn written(dir: &Path) -> Origin {
    let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    let own = FLOW.replace("flow.f", "flow.own");
    let entries = "[[entry]]\ndnis = \"8\"\nflow = \"f\"\n[[entry]]\ndnis = \"9\"\nflow = \"own\"\n";
    let user = "[[user]]\nlogin = \"x\"\nname = \"X\"\nrole = \"admin\"\npassword = { env = \"DRAWN_AT_START\" }\n";
    write("c.toml", &format!("flows = [\"sub/f.toml\"]\n{entries}{user}{own}"));
    std::fs::create_dir_all(dir.join("sub")).unwrap();
    std::fs::create_dir_all(dir.join("prompts")).unwrap();
    write("sub/f.toml", FLOW);
    let variables = |name: &str| (name == "DRAWN_AT_START").then(|| "a secret".to_owned());
    Origin::new(dir.join("c.toml")).with_variables(variables)
}

#[test]
fn files_of_flows_are_listed_with_what_they_hold_but_for_the_configuration_itself() {
    let dir = tempfile::tempdir().unwrap();
    let config = written(dir.path()).load(&Drafts::new()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let [own, file] = config.flow_files() else { panic!("{:?}", config.flow_files()) };
    assert_eq!((own.name.as_str(), own.text.as_deref(), own.flows[0].as_str()), ("c.toml", None, "own"));
    assert_eq!((file.name.as_str(), file.text.as_deref(), file.flows[0].as_str()), ("sub/f.toml", Some(FLOW), "f"));
    assert_eq!(file.path, dir.path().join("sub/f.toml"));
}

#[test]
fn a_draft_is_checked_in_place_of_its_file_which_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let origin = written(dir.path());
    let draft = |text: &str| Drafts::from([(dir.path().join("sub/f.toml"), text.to_owned())]);
    let faulty = draft(&FLOW.replace("start = \"bye\"", "start = \"by\""));
    let problems = origin.load(&faulty).unwrap_err();
    let (code, file) = (problems[0].code, &problems[0].file);
    assert_eq!((code, file), ("unknown_node", &dir.path().join("sub/f.toml").display().to_string()));
    assert_eq!(origin.flows(&faulty).problems.len(), problems.len());
    let other = draft(&FLOW.replace("8000", "8001"));
    let (with, without) = (origin.load(&other).unwrap(), origin.load(&Drafts::new()).unwrap());
    assert_eq!(without.changes(&with).live, ["flow f"]);
    assert_eq!(origin.flows(&other).flow_files, with.flow_files());
    let empty = origin.flows(&draft(""));
    assert_eq!(empty.flow_files[1].flows, [], "a file without flows is a file of flows all the same");
}

#[test]
fn a_configuration_is_read_with_what_is_known_better() {
    let dir = tempfile::tempdir().unwrap();
    let ports = Overrides { rtp_ports: Some((0, 0)), ..Overrides::default() };
    let config = written(dir.path()).with_overrides(ports).load(&Drafts::new()).unwrap();
    assert_eq!(config.media().rtp_ports, (0, 0));
    assert!(Origin::new(dir.path().join("c.toml")).load(&Drafts::new()).unwrap_err()[0].code == "missing_secret");
}
