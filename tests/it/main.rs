//! The daemon in this process, with phones on loopback: every way in which a call can go.

#[path = "../support/mod.rs"]
mod support;

mod callbacks;
mod figures;
mod hours;
mod leaving;
mod lossy;
mod names;
mod offers;
mod publish;
mod quality;
mod races;
mod rush;
mod secure;
mod six;
mod steering;
mod talking;
mod three;
mod trace;
mod transfers;
mod voicemail;
mod waiting;
