//! The configurations that come with Switchroom, as texts.

use crate::config::{Config, Overrides};
use crate::load::Disk;
use crate::outside::{Outside, PromptSet};
use crate::problem::Problem;
use crate::report::Source;
use std::path::{Path, PathBuf};

/// A commented configuration to begin with; `switchroom init` writes it as `switchroom.toml`.
pub const EXAMPLE: &str = include_str!("../example.toml");
/// The flow of [`EXAMPLE`], to be written as `flows/main.toml` beside it.
pub const EXAMPLE_FLOW: &str = include_str!("../flows/main.toml");
/// The tests of [`EXAMPLE_FLOW`], to be written as `flows/main.test.toml`.
pub const EXAMPLE_FLOW_TESTS: &str = include_str!("../flows/main.test.toml");
/// The files of secrets that [`EXAMPLE`] names, to be written beside it.
pub const EXAMPLE_SECRETS: &[&str] = &["secrets/admin.password", "secrets/li.wei.password", "secrets/6001.sip"];
/// The demo: Halden Energy.
pub const DEMO: &str = include_str!("../demo/demo.toml");
/// The demo's flow.
pub const DEMO_FLOW: &str = include_str!("../demo/flows/demo.toml");

/// The demo with its secrets made by the caller.
struct Demo<'a> {
    secret: &'a dyn Fn(&str) -> Option<String>,
    data_dir: &'a Path,
    prompts_dir: Option<&'a Path>,
}

impl Outside for Demo<'_> {
    fn read(&self, path: &str) -> Result<String, String> {
        match path {
            "flows/demo.toml" => Ok(DEMO_FLOW.to_owned()),
            _ => Err("the demo has no such file".to_owned()),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.secret)(name)
    }

    fn prompts(&self, _dir: &str) -> Result<Option<PromptSet>, String> {
        self.prompts_dir.map_or(Ok(None), |dir| Disk::new("").prompts(&dir.display().to_string()))
    }

    fn resolve(&self, path: &str) -> PathBuf {
        self.data_dir.join(path)
    }
}

/// The demo's configuration, from the texts in this program.
///
/// `secret` gives a password for each name that the text asks for: `DEMO_PASSWORD_<LOGIN>` for those who sign in and
/// `DEMO_SIP_<USER>` for phones, in capitals with `_` for `.` and `-`. Without a folder of prompts, prompts are not
/// checked. Paths are inside `data_dir`; addresses and ports are set by [`Config::with_overrides`].
///
/// # Errors
/// Every problem: a secret that was not given, or a prompt that is not there.
pub fn demo(
    secret: &dyn Fn(&str) -> Option<String>,
    data_dir: &Path,
    prompts_dir: Option<&Path>,
) -> Result<Config, Vec<Problem>> {
    let main = Source { name: "demo.toml".to_owned(), text: DEMO.to_owned() };
    let config = Config::from_source(main, &Demo { secret, data_dir, prompts_dir })?;
    let prompts_dir = prompts_dir.map(Path::to_owned);
    Ok(config.with_overrides(Overrides { data_dir: Some(data_dir.to_owned()), prompts_dir, ..Overrides::default() }))
}
