//! Playing a sound: its waveform shows how far it is, a press on it goes there, and it can play faster.

use crate::model::{Row, wave_path};
use crate::protocol::{Command, Media, MessageId, MessageKind};
use crate::ui::hooks::host;
use crate::ui::prelude::*;
use leptos::html::Audio;

/// How fast it can play.
const RATES: [(f64, &str); 3] = [(1.0, "1×"), (1.5, "1.5×"), (2.0, "2×")];
/// How many bars stand for a sound that brought no waveform.
const FLAT: usize = 48;

/// The player of this file.
pub fn player(id: Option<&MessageId>, file: &Media, content: String, t: &'static Messages) -> AnyView {
    let client = use_client();
    let v = &t.viewing;
    let audio = NodeRef::<Audio>::new();
    let (playing, failed) = (RwSignal::new(false), RwSignal::new(false));
    let (at, rate) = (RwSignal::new(0_u32), RwSignal::new(0_usize));
    let known = file.seconds.filter(|seconds| *seconds > 0).map(f64::from);
    let length = RwSignal::new(known);
    let levels =
        StoredValue::new(if file.waveform.is_empty() { vec![14; FLAT] } else { file.waveform.clone() });
    let bars = levels.with_value(Vec::len);
    let speed = move || RATES[rate.get_untracked().min(RATES.len() - 1)].0;
    let done = memo(move || usize::try_from(at.get()).unwrap_or(0) * bars / 1_000);
    let moved = move || {
        let (seconds, whole) = host::sound_at(audio);
        if length.get_untracked().is_none() {
            length.set(whole);
        }
        if let Some(whole) = length.get_untracked() {
            at.set(permille(seconds / whole));
        }
    };
    let heard = {
        let id = id.cloned();
        move || {
            // Whoever may only read tells nobody that they heard it.
            let Some(message_id) = id.clone().filter(|_| client.may_send()) else { return };
            let new = client.read(|model| {
                let row = model.thread(model.open_chat()?)?.log.by_id(&message_id)?;
                Some(!row.from_me() && Row::details(row).is_some_and(|details| details.played_at.is_none()))
            });
            if new == Some(true) {
                // Whether the sender learns of it changes nothing here.
                host::ask(Command::MarkPlayed { message_id }, |_| {});
            }
        }
    };
    let press = move |_| {
        if playing.get_untracked() {
            return host::pause(audio);
        }
        failed.set(false);
        host::play(audio, speed());
        heard();
    };
    let faster = move |_| {
        rate.update(|rate| *rate = (*rate + 1) % RATES.len());
        host::set_rate(audio, speed());
    };
    let seek = move |event: leptos::ev::Event| {
        let place: u32 = event_target_value(&event).parse().unwrap_or(0);
        at.set(place);
        if let Some(whole) = length.get_untracked() {
            host::seek(audio, whole * f64::from(place) / 1_000.0);
        }
    };
    let time = move || {
        let whole = length.get().unwrap_or(0.0);
        let share = f64::from(at.get()) / 1_000.0;
        let seconds = whole_seconds(if at.get() > 0 { whole * share } else { whole });
        format!("{}:{:02}", seconds / 60, seconds % 60)
    };
    let view_box = format!("0 0 {} 24", bars * 4);
    let face = move || {
        let icon = if playing.get() { "pause" } else { "play" };
        view! { <Icon name=icon/> }
    };
    let ended = move |_| {
        playing.set(false);
        at.set(0);
    };
    view! {
        <span class="player" role="group" aria-label=(t.kinds.name)(MessageKind::Audio) dir="ltr">
            <button
                type="button" class="player__play" on:click=press
                aria-label=live(move || if playing.get() { v.pause } else { v.play })
            >{dynamic(face)}</button>
            <span class="player__track">
                <svg class="player__wave" viewBox=view_box preserveAspectRatio="none" aria-hidden="true">
                    <path class="player__rest" d=live(move || levels.with_value(|levels| wave_path(levels, done.get()..bars)))/>
                    <path class="player__done" d=live(move || levels.with_value(|levels| wave_path(levels, 0..done.get())))/>
                </svg>
                <input
                    class="player__seek" type="range" min="0" max="1000" step="10" aria-label=v.seek
                    prop:value=move || at.get().to_string() on:input=seek
                />
            </span>
            <span class="player__time tabular">{dynamic(time)}</span>
            <button
                type="button" class="player__speed tabular" on:click=faster
                aria-label=live(move || (v.speed)(RATES[rate.get().min(RATES.len() - 1)].1))
            >{dynamic(move || RATES[rate.get().min(RATES.len() - 1)].1)}</button>
            <audio
                node_ref=audio src=content preload="none"
                on:timeupdate=move |_| moved() on:durationchange=move |_| moved()
                on:play=move |_| playing.set(true) on:pause=move |_| playing.set(false) on:ended=ended
                on:error=move |_| { playing.set(false); failed.set(true); }
            ></audio>
            {dynamic(move || failed.get().then(|| view! { <span class="player__failed" role="alert">{v.not_loaded}</span> }))}
        </span>
    }
    .into_any()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 1000")]
fn permille(share: f64) -> u32 {
    (share * 1_000.0).clamp(0.0, 1_000.0) as u32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the length of a sound")]
fn whole_seconds(seconds: f64) -> u64 {
    seconds.max(0.0).round() as u64
}
