//! The only code of this crate that touches files and the environment.

use crate::config::{Config, Overrides};
use crate::flow_set::FlowSet;
use crate::outside::{HEAD, Outside, PromptSet};
use crate::problem::{Level, Problem};
use crate::report::Source;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Texts of files that are not on disk yet, by the path to which the configuration leads.
pub type Drafts = BTreeMap<PathBuf, String>;

/// Variables that are known beside those of the environment, such as secrets that were drawn at the start.
type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The files beside a configuration file, and the environment of this process.
#[derive(Clone)]
pub struct Disk {
    base: PathBuf,
    drafts: Drafts,
    variables: Variables,
}

impl Disk {
    /// Paths are relative to this folder.
    #[must_use]
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into(), drafts: Drafts::new(), variables: Arc::new(|_| None) }
    }
}

impl Outside for Disk {
    fn read(&self, path: &str) -> Result<String, String> {
        let path = self.resolve(path);
        match self.drafts.get(&path) {
            Some(draft) => Ok(draft.clone()),
            None => fs::read_to_string(path).map_err(|error| error.to_string()),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name).or_else(|| env::var(name).ok())
    }

    fn prompts(&self, dir: &str) -> Result<Option<PromptSet>, String> {
        let dir = Path::new(dir);
        let failed = |error: std::io::Error| format!("`{}`: {error}", dir.display());
        let mut files = Vec::new();
        for folder in fs::read_dir(dir).map_err(failed)? {
            let folder = folder.map_err(failed)?.path();
            if folder.is_dir() {
                for file in fs::read_dir(&folder).map_err(failed)? {
                    files.push(file.map_err(failed)?.path());
                }
            }
        }
        let all = PromptSet::of_files(files.iter().map(PathBuf::as_path));
        // One that cannot be read now is told by the media when it starts.
        let heads = files.iter().filter_map(|file| Some((file, head(file).ok()?)));
        Ok(Some(heads.fold(all, |all, (file, head)| all.with_head(file, &head))))
    }

    fn resolve(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }
}

/// The first bytes of a file.
fn head(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    fs::File::open(file)?.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// Where a configuration comes from: what it takes to read it, and to read it anew.
#[derive(Clone)]
pub struct Origin {
    file: PathBuf,
    overrides: Overrides,
    variables: Variables,
}

impl Origin {
    /// A file, and nothing beside it. Paths in it are relative to its folder.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), overrides: Overrides::default(), variables: Arc::new(|_| None) }
    }

    /// With values that are known better than the file has them.
    #[must_use]
    pub fn with_overrides(self, overrides: Overrides) -> Self {
        Self { overrides, ..self }
    }

    /// With variables that come before those of the environment.
    #[must_use]
    pub fn with_variables(self, variables: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { variables: Arc::new(variables), ..self }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    fn disk(&self, drafts: &Drafts) -> Disk {
        let base = self.file.parent().unwrap_or(Path::new("")).to_owned();
        Disk { base, drafts: drafts.clone(), variables: Arc::clone(&self.variables) }
    }

    fn source(&self) -> Result<Source, Vec<Problem>> {
        let name = self.file.display().to_string();
        let text = fs::read_to_string(&self.file).map_err(|error| vec![unreadable(&name, &error)])?;
        Ok(Source { name, text })
    }

    /// Reads and checks the configuration as if `drafts` stood in place of the files of the same path.
    ///
    /// # Errors
    /// Every problem, in order of place; at least one of them is an error.
    pub fn load(&self, drafts: &Drafts) -> Result<Config, Vec<Problem>> {
        let config = Config::from_source(self.source()?, &self.disk(drafts))?;
        Ok(config.with_overrides(self.overrides.clone()))
    }

    /// Reads the flows only, as if `drafts` stood in place of the files of the same path.
    #[must_use]
    pub fn flows(&self, drafts: &Drafts) -> FlowSet {
        match self.source() {
            Ok(main) => crate::check::flows(main, Vec::new(), &self.disk(drafts)),
            Err(problems) => FlowSet { problems, ..FlowSet::default() },
        }
    }
}

/// Reads and checks a configuration file. Paths in it are relative to its folder.
///
/// # Errors
/// Every problem, in order of place; at least one of them is an error.
pub fn load(path: &Path) -> Result<Config, Vec<Problem>> {
    Origin::new(path).load(&Drafts::new())
}

/// Reads the flows of a configuration file, and those of `drafts`, which take the place of files of the same path.
#[must_use]
pub fn load_flows(path: &Path, drafts: &[PathBuf]) -> FlowSet {
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    for path in core::iter::once(path).chain(drafts.iter().map(PathBuf::as_path)) {
        let name = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => sources.push(Source { name, text }),
            Err(error) => problems.push(unreadable(&name, &error)),
        }
    }
    if !problems.is_empty() {
        return FlowSet { problems, ..FlowSet::default() };
    }
    let base = path.parent().unwrap_or(Path::new(""));
    let main = sources.remove(0);
    crate::check::flows(main, sources, &Disk::new(base))
}

fn unreadable(file: &str, error: &std::io::Error) -> Problem {
    let why = format!("the configuration cannot be read: {error}");
    let hint = Some("`switchroom init DIR` writes one to begin with".to_owned());
    let file = file.to_owned();
    Problem { level: Level::Error, code: "unreadable_file", file, line: 1, column: 1, path: String::new(), why, hint }
}
