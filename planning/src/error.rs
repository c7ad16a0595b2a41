//! Why a plan cannot be made.

/// What is wrong with a question to the planner.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A figure outside of what the formulas are good for.
    #[error("{what} must be {range}")]
    OutOfRange {
        /// The figure.
        what: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// A goal that is not written as `figure=number`.
    #[error(
        "{0:?} is no goal: write sl.VARIANT.SECONDS=share (offered, answered, no_early, positive), or one of asa_s, \
         mean_wait_s, p_wait, p_abandon, p_block, mean_queue, occupancy, `=`, and the most that it may be"
    )]
    GoalSyntax(String),
    /// A figure that the model does not have.
    #[error("{0} is no figure of this model")]
    NoSuchFigure(String),
    /// A goal that no number of agents reaches.
    #[error("not even {agents} agents reach {goal}")]
    OutOfReach {
        /// The goal.
        goal: String,
        /// The most that were tried.
        agents: u32,
    },
}
