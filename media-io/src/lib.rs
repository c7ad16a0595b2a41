//! Media workers.
