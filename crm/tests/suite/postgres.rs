//! A PostgreSQL of our own.

use crate::place::Place;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A server on a socket in a temporary directory. It ends when this is dropped.
pub struct Cluster {
    dir: tempfile::TempDir,
    bin: PathBuf,
}

impl Cluster {
    /// Makes and starts a server.
    ///
    /// # Panics
    /// PostgreSQL is not installed or does not start.
    pub fn start() -> Self {
        let bin = find_bin().expect(
            "PostgreSQL is not installed: neither /usr/lib/postgresql/*/bin nor PATH has initdb; \
             install it with `apt-get install postgresql`",
        );
        let dir = tempfile::Builder::new().prefix("crm-pg-").tempdir().unwrap();
        let cluster = Self { dir, bin };
        if let Some(user) = unprivileged_user() {
            assert!(Command::new("chown").arg(user).arg(cluster.dir.path()).status().unwrap().success());
        }
        cluster.run("initdb", &["-D", &cluster.path("data"), "-U", "switchroom", "-A", "trust", "-E", "UTF8", "-N"]);
        cluster.resume();
        cluster
    }

    /// Starts the server again after [`Cluster::halt`].
    pub fn resume(&self) {
        let settings = format!("-k {} -c listen_addresses='' -c fsync=off", self.dir.path().display());
        self.run("pg_ctl", &["-D", &self.path("data"), "-l", &self.path("log"), "-o", &settings, "-w", "start"]);
    }

    /// Ends the server as a crash would.
    pub fn halt(&self) {
        self.run("pg_ctl", &["-D", &self.path("data"), "-m", "immediate", "-w", "stop"]);
    }

    /// A new empty database.
    pub async fn place(&self, name: &str) -> Place {
        // PostgreSQL cuts longer names off.
        let name: String = name.chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        let sql = AssertSqlSafe(format!("CREATE DATABASE \"{name}\""));
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        Place::at(self.url(&name))
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://switchroom@localhost/{database}?host={}", self.dir.path().display())
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn run(&self, program: &str, args: &[&str]) {
        let output = self.command(program, args);
        let said = [output.stdout, output.stderr].concat();
        let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        assert!(output.status.success(), "{program} failed: {}\n{log}", String::from_utf8_lossy(&said));
    }

    fn command(&self, program: &str, args: &[&str]) -> Output {
        let program = self.bin.join(program);
        // PostgreSQL refuses to run as root.
        let mut command = match unprivileged_user() {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", group_of(user), "--clear-groups", "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.args(args).current_dir(self.dir.path()).output().unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.command("pg_ctl", &["-D", &self.path("data"), "-m", "immediate", "-w", "stop"]);
    }
}

fn find_bin() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = installed.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

/// Whom to run as, if we are root.
fn unprivileged_user() -> Option<&'static str> {
    let is_root = Path::new("/proc/self").metadata().is_ok_and(|metadata| metadata.uid() == 0);
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let has_postgres = users.lines().any(|line| line.starts_with("postgres:"));
    is_root.then_some(if has_postgres { "postgres" } else { "nobody" })
}

fn group_of(user: &str) -> &'static str {
    if user == "postgres" { "postgres" } else { "nogroup" }
}
