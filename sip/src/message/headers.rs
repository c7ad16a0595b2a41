//! Header fields in their order, and what they mean (RFC 3261 §7.3, §20).

use super::text::{digits, find_bare, is_token, split_bare};
use super::{HeaderName, Method, NameAddr, Via};

/// A header field is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A field that must be there is not.
    #[error("{0} is missing")]
    Missing(HeaderName),
    /// The value cannot be read.
    #[error("{0} is malformed")]
    Malformed(HeaderName),
    /// A field that may stand once stands there more often.
    #[error("{0} is repeated")]
    Repeated(HeaderName),
}

/// Header fields in the order of the message. Lines with lists are kept as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(HeaderName, String)>);

impl Headers {
    /// The value of the first field of that name.
    #[must_use]
    pub fn first(&self, name: &HeaderName) -> Option<&str> {
        self.all(name).next()
    }

    /// The values of all fields of that name.
    pub fn all<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &str)> {
        self.0.iter().map(|(name, value)| (name, value.as_str()))
    }

    /// How many fields of that name there are.
    #[must_use]
    pub fn count(&self, name: &HeaderName) -> usize {
        self.all(name).count()
    }

    /// True if there is such a field.
    #[must_use]
    pub fn has(&self, name: &HeaderName) -> bool {
        self.first(name).is_some()
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: HeaderName, value: impl Into<String>) {
        self.0.push((name, value.into()));
    }

    /// Adds a field before all others.
    pub fn push_front(&mut self, name: HeaderName, value: impl Into<String>) {
        self.0.insert(0, (name, value.into()));
    }

    /// Puts this field in the place of the first one of that name, or at the end; all others of that name go.
    pub fn set(&mut self, name: HeaderName, value: impl Into<String>) {
        let at = self.0.iter().position(|(known, _)| *known == name);
        self.remove(&name);
        let at = at.unwrap_or(self.0.len());
        self.0.insert(at, (name, value.into()));
    }

    /// Takes all fields of that name away.
    pub fn remove(&mut self, name: &HeaderName) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Adds all fields of that name of another message.
    pub fn copy(&mut self, from: &Self, name: &HeaderName) {
        self.0.extend(from.0.iter().filter(|(known, _)| known == name).cloned());
    }

    /// The members of a comma list over all fields of that name, split outside quotes and angle brackets. Empty
    /// members are left out, as RFC 2616 §2.1 and lenient practice have it.
    #[must_use]
    pub fn list(&self, name: &HeaderName) -> Vec<&str> {
        self.all(name).flat_map(|value| split_bare(value, ',')).filter(|member| !member.is_empty()).collect()
    }

    /// The topmost Via.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn via_top(&self) -> Result<Via, HeaderError> {
        let line = self.one_of_many(&HeaderName::Via)?;
        let end = find_bare(line, ',').unwrap_or(line.len());
        line.get(..end).and_then(Via::parse).ok_or(HeaderError::Malformed(HeaderName::Via))
    }

    /// All Via values from the top.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn vias(&self) -> Result<Vec<Via>, HeaderError> {
        self.one_of_many(&HeaderName::Via)?;
        let values = self.all(&HeaderName::Via).flat_map(|line| split_bare(line, ','));
        values.map(|via| Via::parse(via).ok_or(HeaderError::Malformed(HeaderName::Via))).collect()
    }

    /// Writes another topmost Via in the place of the present one.
    pub fn set_via_top(&mut self, via: &Via) {
        self.pop_via();
        self.push_front(HeaderName::Via, via.to_string());
    }

    /// Takes the topmost Via away.
    pub fn pop_via(&mut self) {
        let Some(at) = self.0.iter().position(|(name, _)| *name == HeaderName::Via) else { return };
        let (_, line) = self.0.remove(at);
        if let Some(rest) = find_bare(&line, ',').and_then(|comma| line.get(comma..)) {
            self.0.insert(at, (HeaderName::Via, rest.trim_start_matches(',').trim().to_owned()));
        }
    }

    /// From.
    ///
    /// # Errors
    /// Missing, malformed or repeated.
    pub fn from(&self) -> Result<NameAddr, HeaderError> {
        self.one_name_addr(HeaderName::From)
    }

    /// To.
    ///
    /// # Errors
    /// Missing, malformed or repeated.
    pub fn to(&self) -> Result<NameAddr, HeaderError> {
        self.one_name_addr(HeaderName::To)
    }

    /// CSeq: a number below 2³¹ and the method (§8.1.1.5).
    ///
    /// # Errors
    /// Missing, malformed or repeated.
    pub fn cseq(&self) -> Result<(u32, Method), HeaderError> {
        let malformed = || HeaderError::Malformed(HeaderName::CSeq);
        let (number, method) = self.single(&HeaderName::CSeq)?.split_once([' ', '\t']).ok_or_else(malformed)?;
        let number = digits(number).and_then(|number| u32::try_from(number).ok()).filter(|number| *number < 1 << 31);
        let method = Some(method.trim()).filter(|method| is_token(method)).map(Method::parse);
        number.zip(method).ok_or_else(malformed)
    }

    /// Call-ID.
    ///
    /// # Errors
    /// Missing, empty or repeated.
    pub fn call_id(&self) -> Result<&str, HeaderError> {
        let value = self.single(&HeaderName::CallId)?;
        let valid = !value.is_empty() && !value.chars().any(|c| c.is_whitespace() || c.is_control());
        valid.then_some(value).ok_or(HeaderError::Malformed(HeaderName::CallId))
    }

    /// All Contact values; empty for `*` and where there is none.
    ///
    /// # Errors
    /// Malformed.
    pub fn contacts(&self) -> Result<Vec<NameAddr>, HeaderError> {
        if self.contact_star() { Ok(Vec::new()) } else { self.name_addrs(&HeaderName::Contact) }
    }

    /// True for `Contact: *` (§10.2.2).
    #[must_use]
    pub fn contact_star(&self) -> bool {
        self.count(&HeaderName::Contact) == 1 && self.first(&HeaderName::Contact) == Some("*")
    }

    /// Route, from the top.
    ///
    /// # Errors
    /// Malformed.
    pub fn route(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.name_addrs(&HeaderName::Route)
    }

    /// Record-Route, from the top.
    ///
    /// # Errors
    /// Malformed.
    pub fn record_route(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.name_addrs(&HeaderName::RecordRoute)
    }

    /// A list of addresses such as P-Asserted-Identity, Path or Refer-To.
    ///
    /// # Errors
    /// Malformed; an empty member counts as that.
    pub fn name_addrs(&self, name: &HeaderName) -> Result<Vec<NameAddr>, HeaderError> {
        let members = self.all(name).flat_map(|line| split_bare(line, ','));
        members.map(|member| NameAddr::parse(member).ok_or_else(|| HeaderError::Malformed(name.clone()))).collect()
    }

    /// The number at the start of a field such as Min-Expires, Retry-After or Min-SE; greater ones become `u32::MAX`.
    ///
    /// # Errors
    /// Malformed.
    pub fn number(&self, name: &HeaderName) -> Result<Option<u32>, HeaderError> {
        let Some(value) = self.first(name) else { return Ok(None) };
        let number = value.split([';', '(', ' ', '\t']).next().and_then(digits);
        let number = number.ok_or_else(|| HeaderError::Malformed(name.clone()))?;
        Ok(Some(u32::try_from(number).unwrap_or(u32::MAX)))
    }

    /// Max-Forwards.
    ///
    /// # Errors
    /// Malformed.
    pub fn max_forwards(&self) -> Result<Option<u32>, HeaderError> {
        self.number(&HeaderName::MaxForwards)
    }

    /// Expires in seconds; greater ones become `u32::MAX`.
    ///
    /// # Errors
    /// Malformed.
    pub fn expires(&self) -> Result<Option<u32>, HeaderError> {
        self.number(&HeaderName::Expires)
    }

    /// Content-Length in bytes. The lexer takes the field away: in a parsed message the length of the body is the
    /// truth.
    ///
    /// # Errors
    /// Malformed, or repeated with another value.
    pub fn content_length(&self) -> Result<Option<usize>, HeaderError> {
        let malformed = || HeaderError::Malformed(HeaderName::ContentLength);
        let mut length = None;
        for value in self.all(&HeaderName::ContentLength) {
            let this = digits(value).and_then(|length| usize::try_from(length).ok()).ok_or_else(malformed)?;
            if length.is_some_and(|other| other != this) {
                return Err(HeaderError::Repeated(HeaderName::ContentLength));
            }
            length = Some(this);
        }
        Ok(length)
    }

    /// Content-Type in lower case without parameters.
    #[must_use]
    pub fn content_type(&self) -> Option<String> {
        self.first(&HeaderName::ContentType).map(media_type)
    }

    /// The option tags of Require.
    #[must_use]
    pub fn require(&self) -> Vec<&str> {
        self.list(&HeaderName::Require)
    }

    /// The option tags of Proxy-Require.
    #[must_use]
    pub fn proxy_require(&self) -> Vec<&str> {
        self.list(&HeaderName::ProxyRequire)
    }

    /// The option tags of Supported.
    #[must_use]
    pub fn supported(&self) -> Vec<&str> {
        self.list(&HeaderName::Supported)
    }

    /// Session-Expires: seconds and the refresher, `uac` or `uas` (RFC 4028 §4).
    ///
    /// # Errors
    /// Malformed.
    pub fn session_expires(&self) -> Result<Option<(u32, Option<String>)>, HeaderError> {
        let Some(seconds) = self.number(&HeaderName::SessionExpires)? else { return Ok(None) };
        let line = self.first(&HeaderName::SessionExpires).unwrap_or_default();
        let params = find_bare(line, ';').and_then(|at| line.get(at.saturating_add(1)..));
        let params =
            params.map(|params| super::Params::parse(params).ok_or(HeaderError::Malformed(HeaderName::SessionExpires)));
        let refresher = params.transpose()?.and_then(|params| params.get("refresher").map(str::to_ascii_lowercase));
        Ok(Some((seconds, refresher)))
    }

    /// Min-SE in seconds (RFC 4028 §5).
    ///
    /// # Errors
    /// Malformed.
    pub fn min_se(&self) -> Result<Option<u32>, HeaderError> {
        self.number(&HeaderName::MinSe)
    }

    /// The value of a field that stands exactly once.
    ///
    /// # Errors
    /// Missing or repeated.
    pub fn single(&self, name: &HeaderName) -> Result<&str, HeaderError> {
        let mut values = self.all(name);
        let first = values.next().ok_or_else(|| HeaderError::Missing(name.clone()))?;
        if values.next().is_some() { Err(HeaderError::Repeated(name.clone())) } else { Ok(first) }
    }

    fn one_of_many(&self, name: &HeaderName) -> Result<&str, HeaderError> {
        self.first(name).ok_or_else(|| HeaderError::Missing(name.clone()))
    }

    fn one_name_addr(&self, name: HeaderName) -> Result<NameAddr, HeaderError> {
        NameAddr::parse(self.single(&name)?).ok_or(HeaderError::Malformed(name))
    }
}

/// A media type in lower case, without parameters and blanks.
pub(crate) fn media_type(value: &str) -> String {
    let essence = value.split(';').next().unwrap_or_default();
    essence.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase()
}
