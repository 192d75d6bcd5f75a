//! What the composer's tools ask of the browser.

use crate::browser::recorder::{self, Recorder};
use crate::browser::{files, http, page, place, sound, spawn, storage};
use crate::model::Picked;
use crate::model::emoji::{EmojiGroup, emoji_groups};
use futures_util::future::join;
use leptos::html::{Audio, Video};
use leptos::prelude::*;
use std::cell::RefCell;

/// What was kept under this name on this computer.
#[must_use]
pub fn kept(name: &str) -> Option<String> {
    storage::load(name)
}

/// Keeps a text under this name on this computer.
pub fn keep(name: &str, text: &str) {
    storage::keep(name, text);
}

/// The emoji, group by group, with their names in this language; in English where those cannot be had.
pub fn load_emoji(language: &'static str, then: impl FnOnce(Option<Vec<EmojiGroup>>) + 'static) {
    spawn(async move { then(emoji_named_in(language).await) });
}

async fn emoji_named_in(language: &str) -> Option<Vec<EmojiGroup>> {
    let path = format!("/emoji/{language}.json");
    let (faces, names) =
        join(http::get::<Vec<String>>("/emoji/faces.json"), http::get::<Vec<String>>(&path)).await;
    let faces = faces.ok()?;
    if let Some(groups) = names.ok().and_then(|names| emoji_groups(&faces, &names)) {
        return Some(groups);
    }
    let names = http::get::<Vec<String>>("/emoji/en.json").await.ok()?;
    emoji_groups(&faces, &names)
}

/// Where this machine is; `None` if its user or the browser does not say.
pub fn locate(then: impl FnOnce(Option<(f64, f64)>) + 'static) {
    place::locate(then);
}

thread_local! {
    static RECORDER: RefCell<Option<Recorder>> = const { RefCell::new(None) };
}

/// Whether this browser can record.
#[must_use]
pub fn can_record() -> bool {
    recorder::can_record()
}

/// Begins to record. `level` is told how loud it is, `begun` whether it works.
pub fn record(level: impl Fn(u8) + 'static, begun: impl FnOnce(bool) + 'static) {
    spawn(async move {
        let recorder = Recorder::start(level).await.ok();
        let works = recorder.is_some();
        RECORDER.set(recorder);
        begun(works);
    });
}

/// Gives the recording up.
pub fn stop_recording() {
    RECORDER.set(None);
}

/// Ends the recording. `then` gets it, and how loud it was.
pub fn finish_recording(then: impl FnOnce(Picked, Vec<u8>) + 'static) {
    if let Some(recorder) = RECORDER.take() {
        recorder.finish(move |recording| {
            then(files::hold(recording.file, "voice".to_owned()), recording.levels);
        });
    }
}

/// Plays a sound at this speed, and nothing else meanwhile.
pub fn play(audio: NodeRef<Audio>, rate: f64) {
    if let Some(audio) = audio.get_untracked() {
        sound::play(&audio, rate);
    }
}

/// Plays a film without its sound, where its reader lets things move by themselves.
pub fn play_silently(film: NodeRef<Video>) {
    if let Some(film) = film.get_untracked().filter(|_| !page::calm()) {
        sound::play_silently(&film);
    }
}

pub fn pause(audio: NodeRef<Audio>) {
    if let Some(audio) = audio.get_untracked() {
        // Refused by no browser.
        drop(audio.pause());
    }
}

/// Sets how fast it plays.
pub fn set_rate(audio: NodeRef<Audio>, rate: f64) {
    if let Some(audio) = audio.get_untracked() {
        audio.set_playback_rate(rate);
    }
}

/// Where a sound is, in seconds, and how long it is, where the browser knows it.
#[must_use]
pub fn sound_at(audio: NodeRef<Audio>) -> (f64, Option<f64>) {
    audio.get_untracked().map_or((0.0, None), |audio| {
        let length = audio.duration();
        (audio.current_time(), Some(length).filter(|length| length.is_finite() && *length > 0.0))
    })
}

/// Goes to this second of a sound.
pub fn seek(audio: NodeRef<Audio>, seconds: f64) {
    if let Some(audio) = audio.get_untracked() {
        audio.set_current_time(seconds);
    }
}
