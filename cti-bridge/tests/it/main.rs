//! The bridge over real WebSockets, with a scripted store and a scripted control loop at the other ends of its channels.

mod documents;
mod rig;
mod sequence;
mod signing_in;
mod wishes;
