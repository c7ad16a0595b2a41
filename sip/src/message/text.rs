//! Scanning of header text: tokens, quoted strings, lists, parameters (RFC 3261 §25.1).

use core::fmt;

/// True for the characters of a `token`.
pub(crate) fn is_token_char(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '!' | '%' | '*' | '_' | '+' | '`' | '\'' | '~')
}

/// True if `text` is a `token`.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| is_token_char(char::from(byte)))
}

/// The number that `text` writes in decimal digits; values above `u64::MAX` become `u64::MAX`.
pub(crate) fn digits(text: &str) -> Option<u64> {
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Walks over text and knows whether a character stands inside quotes or angle brackets.
struct Scanner {
    quoted: bool,
    escaped: bool,
    bracketed: bool,
}

impl Scanner {
    const fn new() -> Self {
        Self { quoted: false, escaped: false, bracketed: false }
    }

    /// True if `c` stands outside quotes and brackets and is neither of them.
    fn is_bare(&mut self, c: char) -> bool {
        if self.escaped {
            self.escaped = false;
            return false;
        }
        match c {
            '\\' if self.quoted => self.escaped = true,
            '"' => self.quoted = !self.quoted,
            '<' if !self.quoted => self.bracketed = true,
            '>' if !self.quoted => self.bracketed = false,
            _ => return !self.quoted && !self.bracketed,
        }
        false
    }
}

/// Position of the first bare `wanted`.
pub(crate) fn find_bare(text: &str, wanted: char) -> Option<usize> {
    // Most values have neither quotes nor brackets before it, and are not walked through character by character.
    let special = text.bytes().position(|byte| matches!(byte, b'"' | b'<' | b'>') || char::from(byte) == wanted)?;
    if wanted.is_ascii() && text.as_bytes().get(special).is_some_and(|byte| char::from(*byte) == wanted) {
        return Some(special);
    }
    let mut scanner = Scanner::new();
    text.char_indices().find(|&(_, c)| scanner.is_bare(c) && c == wanted).map(|(at, _)| at)
}

/// The parts between bare separators, trimmed.
pub(crate) fn split_bare(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = find_bare(rest, separator) {
        let (part, tail) = rest.split_at(at);
        parts.push(part.trim());
        rest = tail.get(separator.len_utf8()..).unwrap_or_default();
    }
    parts.push(rest.trim());
    parts
}

/// The text of a complete quoted string, without quotes and backslashes. `None` if the closing quote is missing or
/// something follows it.
pub(crate) fn unquote(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.strip_prefix('"')?.chars();
    loop {
        match chars.next()? {
            '\\' => plain.push(chars.next()?),
            '"' => return chars.next().is_none().then_some(plain),
            c => plain.push(c),
        }
    }
}

/// `text` as a quoted string. Control characters are left out: none has a place in a name or a nonce.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars().filter(|c| !c.is_control()) {
        if c == '"' || c == '\\' {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// `;name=value` parameters in their order. Values are kept as written, quotes included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(pub Vec<(String, Option<String>)>);

impl Params {
    /// Parses what follows the first semicolon. White space round `;` and `=` is allowed in header fields. `None`
    /// for empty parameters, bad names and unbalanced quotes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        split_bare(text, ';').into_iter().map(parse_param).collect::<Option<Vec<_>>>().map(Self)
    }

    /// The value as written; `None` if the parameter is absent or has no value. Names are case-insensitive.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name)?.1.as_deref()
    }

    /// The value without its quotes.
    #[must_use]
    pub fn unquoted(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        if value.starts_with('"') { unquote(value) } else { Some(value.to_owned()) }
    }

    /// True if the parameter is there, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Sets the value in place, or adds the parameter at the end.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some(param) => param.1 = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Takes the parameter away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    fn find(&self, name: &str) -> Option<&(String, Option<String>)> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
    }
}

fn parse_param(text: &str) -> Option<(String, Option<String>)> {
    let Some((name, value)) = text.split_once('=') else {
        return is_param_name(text).then(|| (text.to_owned(), None));
    };
    let (name, value) = (name.trim_end(), value.trim_start());
    (is_param_name(name) && is_param_value(value)).then(|| (name.to_owned(), Some(value.to_owned())))
}

/// Tokens, and the `[ ] / : & $` that parameters of URIs may also hold.
fn is_param_name(text: &str) -> bool {
    let is_name_char = |c| is_token_char(c) || matches!(c, '[' | ']' | '/' | ':' | '&' | '$' | '(' | ')');
    !text.is_empty() && text.bytes().all(|byte| is_name_char(char::from(byte)))
}

fn is_param_value(text: &str) -> bool {
    if text.starts_with('"') {
        return unquote(text).is_some();
    }
    let is_value_char = |c: char| {
        is_token_char(c) || !(c.is_control() || c.is_whitespace() || matches!(c, '"' | '<' | '>' | ',' | ';'))
    };
    !text.is_empty() && text.chars().all(is_value_char)
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            write!(f, ";{name}")?;
            if let Some(value) = value {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}
