//! Files on their way that are kept until their messages are sent, whatever becomes of the page. Who keeps them is
//! `public/beside/files.js`: it is asked by an event of the window, and puts the promise of its answer into it. So that
//! two tabs never send the same, a tab has to itself what it keeps and what it took over from a page that is gone.

use super::page;
use crate::model::KeptUpload;
use crate::protocol::{CommandId, decode};
use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// Raises the question. The answer is the promise of one; `None` where nobody heard it.
fn raise(act: &str, fields: &[(&str, JsValue)]) -> Option<Promise> {
    let detail = Object::new();
    Reflect::set(&detail, &"act".into(), &act.into()).ok()?;
    for (name, value) in fields {
        Reflect::set(&detail, &JsValue::from_str(name), value).ok()?;
    }
    page::raise_value("switchboard:files", &detail);
    Reflect::get(&detail, &"answer".into()).ok()?.dyn_into().ok()
}

/// What is said of a file, with whose it is.
fn said(user: &str, upload: &KeptUpload) -> Option<[(&'static str, JsValue); 3]> {
    let text = serde_json::to_string(upload).ok()?;
    Some([("user", user.into()), ("id", upload.id.as_str().into()), ("text", text.into())])
}

/// Keeps a file. `false` where there is no room for it, or nobody who keeps anything.
pub async fn keep(user: &str, upload: &KeptUpload, file: &Blob) -> bool {
    let Some([user, id, text]) = said(user, upload) else { return false };
    let file: JsValue = file.clone().into();
    let Some(answer) = raise("keep", &[user, id, text, ("file", file)]) else { return false };
    JsFuture::from(answer).await.ok().and_then(|kept| kept.as_bool()) == Some(true)
}

/// Keeps what is said of a file now.
pub fn note(user: &str, upload: &KeptUpload) {
    if let Some(fields) = said(user, upload) {
        // Nobody waits for it: at worst it is refused once more after the next start.
        drop(raise("note", &fields));
    }
}

/// Its message waits in the outbox, or it was given up.
pub fn forget(id: &CommandId) {
    // What was never kept is not there either.
    drop(raise("forget", &[("id", id.as_str().into())]));
}

/// Files that pages left which are gone: they are this page's from now on.
pub async fn take(user: &str) -> Vec<(KeptUpload, Blob)> {
    let Some(answer) = raise("take", &[("user", user.into())]) else { return Vec::new() };
    let all = JsFuture::from(answer).await.ok().and_then(|all| all.dyn_into::<Array>().ok());
    all.iter().flat_map(|all| all.iter()).filter_map(|one| read(&one)).collect()
}

fn read(one: &JsValue) -> Option<(KeptUpload, Blob)> {
    let part = |name: &str| Reflect::get(one, &JsValue::from_str(name)).ok();
    let upload = decode(&part("text")?.as_string()?).ok()?;
    Some((upload, part("file")?.dyn_into().ok()?))
}

/// Says whose files this page would take over, if any were left.
pub fn look(user: &str) {
    page::raise_value("switchboard:look", &user.into());
}
