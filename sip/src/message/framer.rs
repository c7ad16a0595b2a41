//! Framing of streams by Content-Length (RFC 3261 §18.3), with keep-alive (RFC 5626 §4.4.1).

use super::parse::{Head, MESSAGE_BYTES_MAX, split_head};
use super::{Message, ParseError};

/// A stream cannot be read any further: where the next message begins is unknown. Close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Content-Length is malformed or ambiguous.
    #[error("bad Content-Length")]
    ContentLength,
    /// The message is larger than [`super::MESSAGE_BYTES_MAX`].
    #[error("message too large")]
    TooLarge,
}

/// What a stream holds.
#[allow(clippy::large_enum_variant, reason = "nearly every frame is a message, and none is kept")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A message, or one that is framed but cannot be read.
    Message(Result<Message, ParseError>),
    /// A double CRLF: to be answered by a single one.
    Ping,
}

/// Collects the bytes of one stream and cuts them into messages.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// How far `buffer` was searched in vain for the end of the head.
    searched: usize,
    broken: Option<FrameError>,
}

impl Framer {
    /// An empty framer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes waiting for the rest of their message.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Adds received bytes. Call [`Self::next_frame`] until it gives `None` before adding more: the size limit is
    /// checked there.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message; `None` if more bytes are needed. After an error it gives the same error for ever.
    pub fn next_frame(&mut self) -> Option<Result<Frame, FrameError>> {
        if let Some(error) = self.broken {
            return Some(Err(error));
        }
        if let Some(ping) = self.skip_line_ends() {
            return Some(Ok(ping));
        }
        let framed = self.cut().transpose()?;
        self.broken = framed.as_ref().err().copied();
        Some(framed)
    }

    /// Takes line ends off the front; two of them are a ping.
    fn skip_line_ends(&mut self) -> Option<Frame> {
        if self.buffer.starts_with(b"\r\n\r\n") {
            self.consume(4);
            return Some(Frame::Ping);
        }
        // A lone CRLF may be the first half of a ping: it waits until the next bytes tell.
        if b"\r\n\r\n".starts_with(self.buffer.as_slice()) {
            return None;
        }
        let ends = self.buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.consume(ends);
        None
    }

    fn cut(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(size) = self.frame_size()? else {
            let too_large = self.buffer.len() > MESSAGE_BYTES_MAX;
            return if too_large { Err(FrameError::TooLarge) } else { Ok(None) };
        };
        let Some((head, body)) = self.buffer.get(..size).and_then(split_head) else { return Ok(None) };
        let message = Head::lex(head).into_message(body);
        self.consume(size);
        Ok(Some(Frame::Message(message)))
    }

    /// The size of the first message, once all of it is there.
    fn frame_size(&mut self) -> Result<Option<usize>, FrameError> {
        // The blank line may begin up to three bytes before the place searched last.
        let from = self.searched.saturating_sub(3);
        let unsearched = self.buffer.get(from..).unwrap_or_default();
        let has_blank =
            unsearched.windows(2).any(|pair| pair == b"\n\n") || unsearched.windows(3).any(|three| three == b"\n\r\n");
        if !has_blank {
            self.searched = self.buffer.len();
            return Ok(None);
        }
        let Some((head, body)) = split_head(&self.buffer) else { return Ok(None) };
        // Without Content-Length there is no body: on a stream it must be stated (§18.3).
        let length = Head::lex(head).body_length().map_err(|_| FrameError::ContentLength)?.unwrap_or(0);
        let before_body = self.buffer.len().saturating_sub(body.len());
        let size = before_body.checked_add(length).filter(|size| *size <= MESSAGE_BYTES_MAX);
        let size = size.ok_or(FrameError::TooLarge)?;
        Ok((size <= self.buffer.len()).then_some(size))
    }

    fn consume(&mut self, count: usize) {
        self.buffer.drain(..count.min(self.buffer.len()));
        self.searched = 0;
    }
}
