//! Digest authentication of requests (RFC 3261 §22, RFC 7616, RFC 8760): both sides.
//!
//! Tokens and the nonce count are read here and not by `rsip`, which knows `SHA256` where the wire says `SHA-256`
//! and reads the count as decimal.

mod nonce;
#[cfg(test)]
mod tests;

use crate::api::Credentials;
use crate::message::{Method, Uri, quote, split_bare, unquote};
use core::fmt;
use domain::Instant;
use md5::Md5;
pub use nonce::{NONCE_LIFE, NonceState, Nonces};
use sha2::{Digest, Sha256, Sha512_256};

/// A hash algorithm, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// `MD5`: what many phones know alone.
    Md5,
    /// `SHA-256` (RFC 8760).
    Sha256,
    /// `SHA-512-256` (RFC 8760). Understood as a client; never offered, because hardly any phone knows it.
    Sha512_256,
}

impl Algorithm {
    /// The token on the wire.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512_256 => "SHA-512-256",
        }
    }

    /// The algorithm of that token; none means MD5 (RFC 7616 §3.3).
    #[must_use]
    pub fn parse(token: Option<&str>) -> Option<Self> {
        let Some(token) = token else { return Some(Self::Md5) };
        [Self::Md5, Self::Sha256, Self::Sha512_256].into_iter().find(|known| known.token().eq_ignore_ascii_case(token))
    }

    /// The same as an `rsip` type; `None` for SHA-512-256, which `rsip` does not know.
    #[must_use]
    pub const fn to_rsip(self) -> Option<rsip::headers::auth::Algorithm> {
        match self {
            Self::Md5 => Some(rsip::headers::auth::Algorithm::Md5),
            Self::Sha256 => Some(rsip::headers::auth::Algorithm::Sha256),
            Self::Sha512_256 => None,
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
            Self::Sha512_256 => hex(&Sha512_256::digest(text)),
        }
    }
}

/// The hash of `user:realm:password` in lower-case hex (RFC 7616 §3.4.2).
#[must_use]
pub fn ha1(user: &str, realm: &str, password: &str, algorithm: Algorithm) -> String {
    algorithm.hash(&format!("{user}:{realm}:{password}"))
}

/// A challenge: the value of WWW-Authenticate or Proxy-Authenticate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The realm.
    pub realm: String,
    /// The nonce.
    pub nonce: String,
    /// To be sent back as it is.
    pub opaque: Option<String>,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// True if `qop=auth` is offered; false if there is no `qop` (RFC 2617).
    pub qop_auth: bool,
    /// The credentials were right, but their nonce was too old.
    pub stale: bool,
}

impl Challenge {
    /// Parses a challenge. `None` for other schemes, unknown algorithms, and `qop` without `auth`.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let fields = Fields::parse(value)?;
        let qop = fields.take("qop");
        let qop_auth = qop.as_deref().is_some_and(|qop| qop.split(',').any(|q| q.trim().eq_ignore_ascii_case("auth")));
        if qop.is_some() && !qop_auth {
            return None;
        }
        Some(Self {
            realm: fields.take("realm")?,
            nonce: fields.take("nonce")?,
            opaque: fields.take("opaque"),
            algorithm: Algorithm::parse(fields.take("algorithm").as_deref())?,
            qop_auth,
            stale: fields.take("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest realm={}, nonce={}", quote(&self.realm), quote(&self.nonce))?;
        if let Some(opaque) = &self.opaque {
            write!(f, ", opaque={}", quote(opaque))?;
        }
        if self.stale {
            f.write_str(", stale=true")?;
        }
        write!(f, ", algorithm={}", self.algorithm.token())?;
        if self.qop_auth { f.write_str(", qop=\"auth\"") } else { Ok(()) }
    }
}

/// The answer to a challenge: the value of Authorization or Proxy-Authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The user name.
    pub username: String,
    /// The realm.
    pub realm: String,
    /// The nonce.
    pub nonce: String,
    /// The URI that was hashed. It need not be the Request-URI: proxies and some phones rewrite that.
    pub uri: String,
    /// The proof, in hex.
    pub response: String,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Present with `qop=auth`.
    pub count: Option<NonceCount>,
    /// What the challenge gave.
    pub opaque: Option<String>,
}

/// `cnonce` and `nc` of an answer with `qop=auth`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonceCount {
    /// The client's nonce.
    pub cnonce: String,
    /// How often the client has used the server's nonce: eight hex digits on the wire.
    pub nc: u32,
}

impl Authorization {
    /// Parses an answer. `None` for other schemes, unknown algorithms, and `qop` other than `auth`.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let fields = Fields::parse(value)?;
        let count = match fields.take("qop") {
            None => None,
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                let nc = fields.take("nc").filter(|nc| nc.len() == 8 && nc.bytes().all(|b| b.is_ascii_hexdigit()))?;
                Some(NonceCount { cnonce: fields.take("cnonce")?, nc: u32::from_str_radix(&nc, 16).ok()? })
            }
            Some(_) => return None,
        };
        Some(Self {
            username: fields.take("username")?,
            realm: fields.take("realm")?,
            nonce: fields.take("nonce")?,
            uri: fields.take("uri")?,
            response: fields.take("response")?,
            algorithm: Algorithm::parse(fields.take("algorithm").as_deref())?,
            count,
            opaque: fields.take("opaque"),
        })
    }

    /// The proof that fits these fields (RFC 7616 §3.4.1).
    fn proof(&self, ha1: &str, method: &Method) -> String {
        let ha2 = self.algorithm.hash(&format!("{method}:{}", self.uri));
        let middle = match &self.count {
            Some(count) => format!("{}:{:08x}:{}:auth", self.nonce, count.nc, count.cnonce),
            None => self.nonce.clone(),
        };
        self.algorithm.hash(&format!("{ha1}:{middle}:{ha2}"))
    }
}

impl fmt::Display for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest username={}, realm={}", quote(&self.username), quote(&self.realm))?;
        write!(f, ", nonce={}, uri={}", quote(&self.nonce), quote(&self.uri))?;
        write!(f, ", response={}, algorithm={}", quote(&self.response), self.algorithm.token())?;
        if let Some(count) = &self.count {
            write!(f, ", cnonce={}, qop=auth, nc={:08x}", quote(&count.cnonce), count.nc)?;
        }
        if let Some(opaque) = &self.opaque {
            write!(f, ", opaque={}", quote(opaque))?;
        }
        Ok(())
    }
}

/// What became of a request's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are right.
    Accepted {
        /// The user name.
        user: String,
    },
    /// There are none for our realm in a form that we know: challenge.
    NoCredentials,
    /// They are right, but the nonce is too old or none of ours: challenge with `stale=true`.
    Stale,
    /// They are right, but were used before: challenge.
    Replayed,
    /// They are wrong, or the user is unknown.
    Wrong,
}

/// The server's side for one realm.
#[derive(Debug)]
pub struct Authenticator {
    realm: String,
    algorithms: Vec<Algorithm>,
    nonces: Nonces,
}

impl Authenticator {
    /// An authenticator that offers these algorithms in this order, and whose nonces are sealed with `key`.
    #[must_use]
    pub fn new(realm: &str, algorithms: &[Algorithm], key: [u8; 32]) -> Self {
        Self { realm: realm.to_owned(), algorithms: algorithms.to_vec(), nonces: Nonces::new(key) }
    }

    /// The challenges of one 401 or 407, the strongest first (RFC 8760 §2.3). `salt` must differ from call to call.
    #[must_use]
    pub fn challenges(&self, now: Instant, salt: u64, stale: bool) -> Vec<String> {
        let nonce = self.nonces.mint(now, salt);
        let challenge = |algorithm: &Algorithm| Challenge {
            realm: self.realm.clone(),
            nonce: nonce.clone(),
            opaque: None,
            algorithm: *algorithm,
            qop_auth: true,
            stale,
        };
        self.algorithms.iter().map(|algorithm| challenge(algorithm).to_string()).collect()
    }

    /// Checks the credentials of a request. `values` are those of all its (Proxy-)Authorization fields; `ha1_of`
    /// gives the stored hash of a user, [`ha1`], or `None` if there is no such user. An answer without `qop` is not
    /// accepted: without a count, it could be replayed.
    pub fn verify(
        &mut self,
        method: &Method,
        values: &[&str],
        ha1_of: impl Fn(&str, Algorithm) -> Option<String>,
        now: Instant,
    ) -> Verdict {
        let answers = values.iter().filter_map(|value| Authorization::parse(value));
        let ours = |answer: &Authorization| answer.realm == self.realm && self.algorithms.contains(&answer.algorithm);
        let Some(answer) = answers.into_iter().find(ours) else { return Verdict::NoCredentials };
        let Some(count) = &answer.count else { return Verdict::NoCredentials };
        let known = ha1_of(&answer.username, answer.algorithm).filter(|hash| !hash.is_empty());
        // An unknown user costs the same work as a known one.
        let proof = answer.proof(known.as_deref().unwrap_or("-"), method);
        let is_right = same(proof.as_bytes(), answer.response.to_ascii_lowercase().as_bytes());
        if known.is_none() || !is_right {
            return Verdict::Wrong;
        }
        match self.nonces.use_once(&answer.nonce, count.nc, now) {
            NonceState::Fresh => Verdict::Accepted { user: answer.username },
            NonceState::Stale => Verdict::Stale,
            NonceState::Replayed => Verdict::Replayed,
        }
    }
}

/// The client's side: the value of (Proxy-)Authorization that answers the strongest challenge which we understand;
/// `None` if there is none. `challenges` are the values of all (WWW-|Proxy-)Authenticate fields of the 401 or 407.
#[must_use]
pub fn answer(
    challenges: &[&str],
    method: &Method,
    uri: &Uri,
    credentials: &Credentials,
    cnonce: &str,
) -> Option<String> {
    let known = challenges.iter().filter_map(|value| Challenge::parse(value));
    let usable = known.filter_map(|challenge| Some((ha1_for(&challenge, credentials)?, challenge)));
    let (ha1, challenge) = usable.max_by_key(|(_, challenge)| challenge.algorithm)?;
    let mut answer = Authorization {
        username: credentials.user.clone(),
        realm: challenge.realm,
        nonce: challenge.nonce,
        uri: uri.to_string(),
        response: String::new(),
        algorithm: challenge.algorithm,
        count: challenge.qop_auth.then(|| NonceCount { cnonce: cnonce.to_owned(), nc: 1 }),
        opaque: challenge.opaque,
    };
    answer.response = answer.proof(&ha1, method);
    Some(answer.to_string())
}

/// From the password, or the stored hash where the password is not kept.
fn ha1_for(challenge: &Challenge, credentials: &Credentials) -> Option<String> {
    if !credentials.password.is_empty() {
        return Some(ha1(&credentials.user, &challenge.realm, &credentials.password, challenge.algorithm));
    }
    let stored = match challenge.algorithm {
        Algorithm::Md5 => &credentials.ha1_md5,
        Algorithm::Sha256 => &credentials.ha1_sha256,
        Algorithm::Sha512_256 => return None,
    };
    (!stored.is_empty()).then(|| stored.clone())
}

/// The `name=value` fields after `Digest`.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once([' ', '\t'])?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let members = split_bare(rest, ',').into_iter().filter(|member| !member.is_empty());
        let field = |member: &str| {
            let (name, value) = member.split_once('=')?;
            let value = value.trim();
            let value = if value.starts_with('"') { unquote(value)? } else { value.to_owned() };
            Some((name.trim().to_owned(), value))
        };
        members.map(field).collect::<Option<Vec<_>>>().map(Self)
    }

    /// The value of a field; `None` if it is absent or stands there twice.
    fn take(&self, name: &str) -> Option<String> {
        let mut found = self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.clone());
        if found.next().is_some() { None } else { value }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Comparison whose time does not tell where the difference is.
fn same(one: &[u8], two: &[u8]) -> bool {
    let difference = one.iter().zip(two).fold(0, |difference, (a, b)| difference | (a ^ b));
    one.len() == two.len() && core::hint::black_box(difference) == 0
}
