//! The writer: messages to bytes. Content-Length is always right, and no text can begin a new line.

use super::text::{is_token, is_token_char};
use super::{HeaderName, Headers, Message, Request, Response};

impl Message {
    /// The bytes on the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }
}

impl Request {
    /// The bytes on the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512_usize.saturating_add(self.body.len()));
        put_token(&mut bytes, self.method.as_str());
        bytes.push(b' ');
        put_uri(&mut bytes, &self.uri.to_string());
        bytes.extend_from_slice(b" SIP/2.0\r\n");
        put_rest(bytes, &self.headers, &self.body)
    }
}

impl Response {
    /// The bytes on the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512_usize.saturating_add(self.body.len()));
        bytes.extend_from_slice(format!("SIP/2.0 {:03} ", self.code).as_bytes());
        put_text(&mut bytes, &self.reason);
        bytes.extend_from_slice(b"\r\n");
        put_rest(bytes, &self.headers, &self.body)
    }
}

fn put_rest(mut bytes: Vec<u8>, headers: &Headers, body: &[u8]) -> Vec<u8> {
    for (name, value) in headers.iter() {
        if *name == HeaderName::ContentLength || !name.as_str().contains(is_token_char) {
            continue;
        }
        put_token(&mut bytes, name.as_str());
        bytes.extend_from_slice(b": ");
        put_text(&mut bytes, value);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"Content-Length: ");
    bytes.extend_from_slice(body.len().to_string().as_bytes());
    bytes.extend_from_slice(b"\r\n\r\n");
    bytes.extend_from_slice(body);
    bytes
}

fn put_token(bytes: &mut Vec<u8>, text: &str) {
    if is_token(text) {
        return bytes.extend_from_slice(text.as_bytes());
    }
    bytes.extend(text.chars().filter(|c| is_token_char(*c)).filter_map(|c| u8::try_from(c).ok()));
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|byte| matches!(byte, b'\r' | b'\n')) {
        return bytes.extend_from_slice(text.as_bytes());
    }
    bytes.extend(text.bytes().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }));
}

fn put_uri(bytes: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return bytes.extend_from_slice(text.as_bytes());
    }
    for byte in text.bytes() {
        if byte <= b' ' || byte == 0x7f {
            bytes.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            bytes.push(byte);
        }
    }
}
