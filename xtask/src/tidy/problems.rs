//! Every error code stands in `docs/problems.md`.

use std::collections::BTreeSet;

/// Lists every code that the document does not name, and every name in it that is no code.
pub fn check(breaches: &mut Vec<String>) -> Result<(), String> {
    let document = std::fs::read_to_string("docs/problems.md").map_err(|e| format!("docs/problems.md: {e}"))?;
    let listed: Vec<&str> =
        document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(code, _)| code).collect();
    let known = codes();
    for code in known.iter().filter(|code| !listed.contains(&code.as_str())) {
        breaches.push(format!("docs/problems.md: the code `{code}` is missing"));
    }
    for code in listed.iter().filter(|code| !known.contains(**code)) {
        breaches.push(format!("docs/problems.md: there is no code `{code}`"));
    }
    Ok(())
}

fn codes() -> BTreeSet<String> {
    let mut codes: BTreeSet<String> = domain::CommandError::ALL.iter().map(|error| error.code().to_owned()).collect();
    codes.extend(http_api::problem::CODES.iter().map(|(code, ..)| (*code).to_owned()));
    codes.extend(cti_bridge::ErrorCode::ALL.iter().filter_map(|error| {
        let written = serde_json::to_value(error).ok()?;
        written.as_str().map(str::to_owned)
    }));
    codes.extend(config::CODES.iter().map(|(code, _)| (*code).to_owned()));
    codes.extend(switchroom::PROBLEMS.iter().flat_map(|list| list.iter()).map(|(code, _)| (*code).to_owned()));
    codes
}
