//! The rules of the house that a machine can check.

mod fresh;
pub mod layers;
mod problems;
mod purity;
mod sizes;

/// Checks all rules and lists every breach.
pub fn run() -> Result<(), String> {
    let mut breaches = Vec::new();
    layers::check(&mut breaches)?;
    purity::check(&mut breaches)?;
    sizes::check(&mut breaches)?;
    problems::check(&mut breaches)?;
    fresh::check(&mut breaches)?;
    if breaches.is_empty() {
        println!("tidy: layers, purity, sizes, problem codes and generated files are in order");
        return Ok(());
    }
    Err(format!("{}\ntidy: {} breaches", breaches.join("\n"), breaches.len()))
}

/// Every file below `folder` that ends in `.rs`.
pub fn rust_files(folder: &std::path::Path, into: &mut Vec<std::path::PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") {
            into.push(path);
        }
    }
}
