//! Flows seen from outside: drawn, and walked through by callers who are typed. The command line and the API share it.

pub(crate) mod graph;
pub(crate) mod steps;
pub(crate) mod texts;
pub(crate) mod trial;
pub(crate) mod walk;
