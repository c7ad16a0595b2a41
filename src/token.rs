//! Secrets that the daemon makes.

/// A fresh secret of 256 bits.
///
/// # Panics
/// When the system gives no random numbers: nothing secret can be made then, and nothing safe be done.
#[must_use]
pub fn fresh() -> String {
    http_api::new_token().unwrap_or_else(|error| panic!("the system gives no random numbers: {error}"))
}
