//! Playing sounds that are on the page.

use super::spawn;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlMediaElement;

/// Plays it at this speed, and stops whatever else is heard.
pub fn play(sound: &HtmlMediaElement, rate: f64) {
    let others = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector_all("audio, video").ok());
    if let Some(others) = others {
        for place in 0..others.length() {
            use wasm_bindgen::JsCast as _;
            let other = others.item(place).and_then(|other| other.dyn_into::<HtmlMediaElement>().ok());
            if let Some(other) = other.filter(|other| other != sound && !other.paused() && !other.muted()) {
                drop(other.pause());
            }
        }
    }
    sound.set_playback_rate(rate);
    begin(sound);
}

/// Plays something that nobody hears, beside whatever else plays.
pub fn play_silently(film: &HtmlMediaElement) {
    // An attribute alone silences no element that a script made.
    film.set_muted(true);
    begin(film);
}

fn begin(media: &HtmlMediaElement) {
    if let Ok(playing) = media.play() {
        // That it cannot be played, its own event says.
        spawn(async move { drop(JsFuture::from(playing).await) });
    }
}
