//! Rebuilds the crate when a migration file is added: `sqlx::migrate!` itself only sees changed ones.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
