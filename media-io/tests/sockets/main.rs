//! The media workers with real sockets. Telephones and browsers on the loopback say and hear numbered tones.

mod bench;
mod browser;
mod codecs;
mod conference;
mod ear;
mod loud;
mod page;
mod phone;
mod plain;
mod voice;
