//! A running server, asked over its API.

use super::Failure;
use clap::Args;
use serde_json::{Value, json};

/// Which server, and as whom.
#[derive(Args, Debug)]
pub(crate) struct Server {
    /// Where the server's API is.
    #[arg(long, value_name = "URL", env = "SWITCHROOM_SERVER", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Sign in as this user.
    #[arg(long, required_unless_present = "token", requires = "password")]
    login: Option<String>,
    /// The user's password.
    #[arg(long, env = "SWITCHROOM_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// A session token of the API, instead of signing in.
    #[arg(long, env = "SWITCHROOM_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// The API of a server, signed in.
pub(crate) struct Api {
    agent: ureq::Agent,
    base: String,
    bearer: String,
}

impl Server {
    /// Signs in.
    ///
    /// # Errors
    /// [`Failure::Server`] when the server does not answer or refuses.
    pub(crate) fn sign_in(&self) -> Result<Api, Failure> {
        // A refusal is read: it says what to do.
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let base = format!("{}/api/v1", self.server.trim_end_matches('/'));
        let token = match &self.token {
            Some(token) => token.clone(),
            None => {
                let body = json!({ "login": self.login, "password": self.password });
                let session = answer(agent.post(format!("{base}/sessions")).send_json(&body))?;
                let session: Value = serde_json::from_str(&session).unwrap_or_default();
                session["token"].as_str().unwrap_or_default().to_owned()
            }
        };
        Ok(Api { agent, base, bearer: format!("Bearer {token}") })
    }
}

impl Api {
    /// What is at a path below `/api/v1`.
    ///
    /// # Errors
    /// [`Failure::Server`] when the server does not answer or refuses.
    pub(crate) fn get(&self, path: &str) -> Result<String, Failure> {
        let request = self.agent.get(format!("{}{path}", self.base)).header("Authorization", &self.bearer);
        answer(request.call())
    }

    /// Sends something to a path below `/api/v1`.
    ///
    /// # Errors
    /// [`Failure::Server`] when the server does not answer or refuses.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<String, Failure> {
        let request = self.agent.post(format!("{}{path}", self.base)).header("Authorization", &self.bearer);
        answer(request.send_json(body))
    }
}

fn answer(request: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<String, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::Server(why.to_string());
    let mut response = request.map_err(|error| failed(&error))?;
    let is_done = response.status().is_success();
    let text = response.body_mut().read_to_string().map_err(|error| failed(&error))?;
    if is_done {
        return Ok(text);
    }
    let problem: Value = serde_json::from_str(&text).unwrap_or_default();
    let part = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    for flaw in problem["problems"].as_array().into_iter().flatten() {
        eprintln!("{}", flaw_line(flaw));
    }
    Err(Failure::Server(format!("{} [{}] {}", part("detail"), part("code"), part("fix"))))
}

/// A problem of a configuration as `switchroom check` prints it.
pub(crate) fn flaw_line(flaw: &Value) -> String {
    let part = |name: &str| flaw[name].as_str().unwrap_or_default();
    let rule = flaw["rule"].as_str().map(|rule| format!("{rule} ")).unwrap_or_default();
    let hint = flaw["hint"].as_str().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{}:{}:{}: {rule}{}: {}{hint}", part("file"), flaw["line"], flaw["column"], part("code"), part("why"))
}

/// A text as a part of an address.
pub(crate) fn encoded(text: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte);
    text.bytes().map(|byte| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_odd_letters_stays_one_parameter() {
        assert_eq!(encoded("flows/a b&c=流.toml"), "flows/a%20b%26c%3D%E6%B5%81.toml");
    }
}
