//! Sentences about calls.
