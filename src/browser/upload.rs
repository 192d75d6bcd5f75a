//! Uploads that say how far they are, which `fetch` does not.

use super::{http, page, spawn};
use crate::i18n::spoken;
use crate::protocol::{MediaInfo, Problem, ProblemCode, USER_HEADER, decode};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{Blob, ProgressEvent, XmlHttpRequest};

/// An upload under way. Dropping it cancels it.
pub struct Upload {
    request: XmlHttpRequest,
    _progress: Closure<dyn FnMut(ProgressEvent)>,
    _end: Closure<dyn FnMut()>,
}

impl Upload {
    /// Uploads a file under this name. `progress` is told the percent that is through, `done` how it ended; nobody
    /// is told anything of one that was cancelled.
    ///
    /// # Errors
    /// [`ProblemCode::Unavailable`] where the browser does not even try.
    pub fn start(
        file: &Blob,
        name: &str,
        mut progress: impl FnMut(u32) + 'static,
        done: impl FnOnce(Result<MediaInfo, Problem>) + 'static,
    ) -> Result<Self, Problem> {
        let refused = |_| unreachable();
        let request = XmlHttpRequest::new().map_err(refused)?;
        request.open("POST", "/api/v1/media").map_err(refused)?;
        let content_type = Some(file.type_()).filter(|kind| !kind.is_empty());
        let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
        request.set_request_header("content-type", &content_type).map_err(refused)?;
        if let Some(user) = http::speaker() {
            request.set_request_header(USER_HEADER, user.as_str()).map_err(refused)?;
        }
        let encoded = String::from(js_sys::encode_uri_component(name));
        request.set_request_header("x-file-name", &encoded).map_err(refused)?;
        let on_progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
            progress(percent(event.loaded(), event.total()));
        });
        let on_end = {
            let request = request.clone();
            let mut done = Some(done);
            Closure::<dyn FnMut()>::new(move || {
                let result = answer(&request).map_err(|problem| spoken().told_problem(problem));
                if let Some(done) = done.take() {
                    // Whoever is told lets go of this upload, and with it of what runs just now.
                    spawn(async move { done(result) });
                }
            })
        };
        if let Ok(upload) = request.upload() {
            upload.set_onprogress(Some(on_progress.as_ref().unchecked_ref()));
        }
        request.set_onloadend(Some(on_end.as_ref().unchecked_ref()));
        request.send_with_opt_blob(Some(file)).map_err(refused)?;
        Ok(Self { request, _progress: on_progress, _end: on_end })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.request.set_onloadend(None);
        if let Ok(upload) = self.request.upload() {
            upload.set_onprogress(None);
        }
        // Refused only for one that was never sent.
        drop(self.request.abort());
    }
}

fn unreachable() -> Problem {
    spoken().told_problem(Problem::new(ProblemCode::Unavailable, "The server cannot be reached."))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 100")]
fn percent(loaded: f64, total: f64) -> u32 {
    if total > 0.0 { (loaded / total * 100.0).clamp(0.0, 100.0) as u32 } else { 0 }
}

fn answer(request: &XmlHttpRequest) -> Result<MediaInfo, Problem> {
    let status = request.status().unwrap_or(0);
    let text = request.response_text().ok().flatten().unwrap_or_default();
    match status {
        0 => Err(unreachable()),
        200..=299 => decode(&text).map_err(|error| {
            Problem::new(ProblemCode::Internal, format!("The answer cannot be read: {error}."))
        }),
        _ => {
            if status == 401 {
                page::sign_in_again();
            }
            Err(decode(&text).unwrap_or_else(|_| {
                // Of a proxy before the server: what it says of the server may pass, what it says of the file does not.
                let code = if status >= 500 { ProblemCode::Unavailable } else { ProblemCode::Internal };
                Problem::new(code, format!("The server answered with status {status}."))
            }))
        }
    }
}
