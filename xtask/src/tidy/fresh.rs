//! Generated files are what their generator says.

/// Lists every generated file that is stale.
pub fn check(breaches: &mut Vec<String>) -> Result<(), String> {
    for (path, content) in crate::generate::files()? {
        let stands = std::fs::read_to_string(path).unwrap_or_default();
        if stands != content {
            breaches.push(format!("{path} is stale: run `cargo xtask generate`"));
        }
    }
    Ok(())
}
