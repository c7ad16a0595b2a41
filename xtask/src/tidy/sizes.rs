//! Functions of at most 60 lines, files of at most 500 product lines.

use super::rust_files;
use std::path::{Path, PathBuf};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const FUNCTION_LINES_MAX: usize = 60;
const FILE_LINES_MAX: usize = 500;

/// Tests, benches and examples are measured by no rule of size.
pub fn is_test(file: &Path) -> bool {
    let in_folder =
        file.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "benches" | "examples")));
    in_folder || file.file_name().is_some_and(|name| name == "tests.rs")
}

/// The lines of a file before its inline test module.
pub fn product_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut lines = text.lines().peekable();
    std::iter::from_fn(move || {
        let line = lines.next()?;
        let inline_tests =
            line.trim() == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.trim() == "mod tests {");
        (!inline_tests).then_some(line)
    })
    .fuse()
}

/// Lists everything that is too long.
pub fn check(breaches: &mut Vec<String>) -> Result<(), String> {
    let mut files: Vec<PathBuf> = Vec::new();
    rust_files(Path::new("src"), &mut files);
    for level in super::layers::LEVELS {
        for name in level.crates.iter().filter(|name| **name != "switchroom") {
            rust_files(&Path::new(name).join("src"), &mut files);
        }
    }
    for file in files.iter().filter(|file| !is_test(file)) {
        check_file(file, breaches)?;
    }
    check_console(breaches)
}

fn check_file(file: &Path, breaches: &mut Vec<String>) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let lines = product_lines(&text).count();
    if lines > FILE_LINES_MAX {
        breaches.push(format!("{}: {lines} product lines; at most {FILE_LINES_MAX}", file.display()));
    }
    let syntax = syn::parse_file(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut functions = Functions { file, last: lines, breaches };
    functions.visit_file(&syntax);
    Ok(())
}

struct Functions<'a> {
    file: &'a Path,
    last: usize,
    breaches: &'a mut Vec<String>,
}

impl Functions<'_> {
    fn measure(&mut self, name: &syn::Ident, block: &syn::Block) {
        let (from, to) = (block.span().start().line, block.span().end().line);
        let lines = to.saturating_sub(from).saturating_sub(1);
        if lines > FUNCTION_LINES_MAX && from <= self.last {
            let file = self.file.display();
            self.breaches.push(format!("{file}:{from}: `{name}` has {lines} lines; at most {FUNCTION_LINES_MAX}"));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.measure(&function.sig.ident, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.measure(&function.sig.ident, &function.block);
        visit::visit_impl_item_fn(self, function);
    }
}

/// The console's files keep to the same length.
fn check_console(breaches: &mut Vec<String>) -> Result<(), String> {
    let mut open = vec![PathBuf::from("agent-console/src")];
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let generated = path.ends_with("generated");
            if path.is_dir() && !generated {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "ts" || end == "svelte") {
                let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                let lines = text.lines().count();
                if lines > FILE_LINES_MAX {
                    breaches.push(format!("{}: {lines} lines; at most {FILE_LINES_MAX}", path.display()));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_lines_end_where_the_tests_begin() {
        assert_eq!(product_lines("one\n#[cfg(test)]\nmod tests;\ntwo\n").count(), 4);
        assert_eq!(product_lines("one\n#[cfg(test)]\nmod tests {\ntwo\n").count(), 1);
    }

    #[test]
    fn a_function_of_sixty_one_lines_is_told_with_its_place() {
        let text = format!("\nfn long() {{\n{}}}\n", "    call();\n".repeat(61));
        let mut breaches = Vec::new();
        let file = Path::new("long.rs");
        Functions { file, last: 100, breaches: &mut breaches }.visit_file(&syn::parse_file(&text).unwrap());
        assert_eq!(breaches, ["long.rs:2: `long` has 61 lines; at most 60"]);
    }
}
