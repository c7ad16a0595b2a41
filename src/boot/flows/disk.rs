//! Files of flows on the disk.

use http_api::FlowError;
use rustix::fs::{Access, access};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

/// What a file holds.
pub(super) async fn read(path: &Path) -> Result<String, FlowError> {
    let unreadable = |error: io::Error| FlowError::ReadOnly(format!("{}: {error}", path.display()));
    tokio::fs::read_to_string(path).await.map_err(unreadable)
}

/// Why a file cannot be written; `None`: it can, as far as rights tell.
pub(super) fn why_not(path: &Path) -> Option<String> {
    // A new file takes the place of the old one: both the file's rights and those of its folder count.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = real.parent().unwrap_or(Path::new("/")).to_owned();
    let refused = |place: PathBuf, wanted| access(&place, wanted).err().map(|error| (place, error));
    let refused = refused(real, Access::WRITE_OK).or_else(|| refused(folder, Access::WRITE_OK | Access::EXEC_OK));
    refused.map(|(place, error)| format!("{} cannot be written: {}", place.display(), io::Error::from(error)))
}

/// Puts a text in place of what a file holds: whole or not at all.
pub(super) async fn replace(path: &Path, text: &str) -> Result<(), FlowError> {
    let failed = |error: io::Error| FlowError::NotWritten(format!("{} could not be written: {error}", path.display()));
    let (path, text) = (path.to_owned(), text.to_owned());
    let written = tokio::task::spawn_blocking(move || write(&path, &text)).await;
    written.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(failed)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: what it leads to is replaced.
    let path = path.canonicalize()?;
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".new");
    let fresh = path.with_file_name(name);
    let done = fill(&fresh, &path, text).and_then(|()| fs::rename(&fresh, &path));
    if done.is_err() {
        // The first error tells what is wrong.
        let _ = fs::remove_file(&fresh);
        return done;
    }
    // The new text is there; that it outlasts a loss of power is all that this adds.
    let _ = path.parent().map(|folder| File::open(folder).and_then(|folder| folder.sync_all()));
    Ok(())
}

/// A file like the old one with another text.
fn fill(fresh: &Path, old: &Path, text: &str) -> io::Result<()> {
    let rights = fs::metadata(old)?;
    let mut out = File::create(fresh)?;
    out.write_all(text.as_bytes())?;
    // Whoever may not give files away owns the new one.
    let _ = chown(fresh, Some(rights.uid()), Some(rights.gid()));
    out.set_permissions(rights.permissions())?;
    out.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[tokio::test]
    async fn a_file_is_replaced_whole_and_keeps_its_rights_and_its_link() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("main.toml"), dir.path().join("link.toml"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        assert_eq!(why_not(&link), None);
        replace(&link, "new").await.unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(read(&link).await.unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left behind");
    }

    #[tokio::test]
    async fn a_file_that_is_gone_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("main.toml");
        let FlowError::ReadOnly(why) = read(&file).await.unwrap_err() else { panic!("read") };
        assert!(why.contains("main.toml: No such file"), "{why}");
        assert!(why_not(&file).unwrap().contains("cannot be written"));
        assert!(matches!(replace(&file, "new").await, Err(FlowError::NotWritten(_))));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
