//! The daemon in this process, with phones on loopback: every way in which a call can go.

#[path = "../support/mod.rs"]
mod support;

mod callbacks;
mod capacity;
mod comments;
mod figures;
mod hours;
mod http_step;
mod leaving;
mod lossy;
mod masked;
mod names;
mod offers;
mod publish;
mod quality;
mod races;
mod recognition;
mod rush;
mod secure;
mod six;
mod speech;
mod steering;
mod survey;
mod talking;
mod three;
mod trace;
mod transfers;
mod voicemail;
mod waiting;
mod words;
