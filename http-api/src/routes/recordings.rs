//! Recordings as WAV files.

use crate::auth::{Anyone, By};
use crate::extract::Id;
use crate::problem::Problem;
use crate::routes::contacts::visible_contact;
use crate::state::State;
use axum::body::Body;
use axum::extract::{Request, State as With};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::{Answer, Query, RecordingId};
use std::path::{Component, Path, PathBuf};
use tower_http::services::ServeFile;

/// A recording as a stereo WAV file: customer left, agent right. Takes `Range`.
#[utoipa::path(get, path = "/recordings/{id}", tag = "contacts",
    params(("id" = String, Path, description = "The recording")),
    responses(
        (status = 200, description = "The whole file", body = String, content_type = "audio/wav"),
        (status = 206, description = "A part of it", body = String, content_type = "audio/wav"),
        (status = 416, description = "The range lies outside of the file")))]
pub(crate) async fn play_recording(
    With(api): With<State>,
    by: By<Anyone>,
    Id(id): Id<RecordingId>,
    request: Request,
) -> Result<Response, Problem> {
    let row = match api.ask(Query::Recording(id)).await? {
        Answer::Recording(Some(row)) => row,
        Answer::Recording(None) => return Err(Problem::new("not_found")),
        _ => return Err(Problem::new("unexpected_answer")),
    };
    if !by.sees_all() {
        visible_contact(&api, &by, row.contact).await?;
    }
    let missing = || Problem::new("recording_missing");
    let path = below(&api.settings().recordings, &row.path).ok_or_else(missing)?;
    let response = ServeFile::new(path).try_call(request).await.map_err(|_| missing())?;
    if response.status() == StatusCode::NOT_FOUND {
        return Err(missing());
    }
    let mut response = response.map(Body::new);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// The path below the folder; `None` for a path that would leave it.
fn below(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let stays = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    stays.then(|| folder.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_would_leave_the_folder_is_refused() {
        let folder = Path::new("/var/rec");
        assert_eq!(below(folder, "2026/11/a.wav"), Some(PathBuf::from("/var/rec/2026/11/a.wav")));
        assert_eq!(below(folder, "../secret"), None);
        assert_eq!(below(folder, "/etc/passwd"), None);
        assert_eq!(below(folder, "a/../../b"), None);
    }
}
