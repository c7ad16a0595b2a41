//! Composes.
