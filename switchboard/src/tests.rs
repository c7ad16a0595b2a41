//! Sentences about the whole switchboard.
