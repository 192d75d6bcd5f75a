//! Recording a voice message.

use crate::model::Sending;
use crate::protocol::Millis;
use crate::ui::client::Tone;
use crate::ui::hooks::{ComposerState, host, use_seconds};
use crate::ui::prelude::*;

/// How many of the last levels are on the page.
const BARS: usize = 48;
/// Held longer than this, letting go sends; pressed shorter, it goes on until a button is pressed.
const HELD: Millis = 600;
/// A recording shorter than this was a slip of the finger.
const SHORTEST: Millis = 500;

/// What stands in the composer's place while somebody speaks. `recording` is false again when it is over; `held` is
/// true as long as the button that began it is.
pub fn voice_bar(composer: ComposerState, recording: RwSignal<bool>, held: RwSignal<bool>) -> AnyView {
    let t = messages();
    let w = &t.writing;
    let levels = RwSignal::new(Vec::<u8>::new());
    let began = RwSignal::new(None::<Millis>);
    let pressed = host::now();
    let now = use_seconds();
    let over = move || {
        recording.set(false);
        composer.say_recording(false);
        host::focus_to_write("#composer");
    };
    let cancel = move || {
        host::stop_recording();
        over();
    };
    let send = move || {
        let long_enough = began.get_untracked().is_some_and(|began| host::now() - began >= SHORTEST);
        if !long_enough {
            return cancel();
        }
        let (chat, quoted) = (composer.chat_id(), composer.take_quoted());
        host::finish_recording(move |picked, levels| {
            host::send_files(composer.client, vec![Sending::voice(chat, picked, &levels, quoted)]);
        });
        over();
    };
    react(move |ran: Option<()>| {
        if ran.is_some() {
            return;
        }
        let level = move |loud| {
            levels.try_update(|levels| {
                levels.push(loud);
                if levels.len() > BARS {
                    levels.remove(0);
                }
            });
        };
        host::record(level, move |works| {
            // Somebody may have given up while the browser asked.
            if recording.try_get_untracked() != Some(true) {
                return host::stop_recording();
            }
            if works {
                began.try_set(Some(host::now()));
                composer.say_recording(true);
                host::focus(".voice__send");
            } else {
                composer.client.toast(Tone::Bad, w.record_refused);
                over();
            }
        });
        let up = window_event_listener(leptos::ev::pointerup, move |_| {
            let lets_go = held.try_get_untracked() == Some(true) && held.try_set(false).is_none();
            if lets_go && began.get_untracked().is_some() && host::now() - pressed >= HELD {
                send();
            }
        });
        on_cleanup(move || up.remove());
    });
    on_cleanup(host::stop_recording);
    let time = move || {
        let length = began.get().map_or(0, |began| (now.get() - began).max(0) / 1_000);
        format!("{}:{:02}", length / 60, length % 60)
    };
    let bars = move || crate::model::wave_path(&levels.get(), 0..BARS);
    let view_box = format!("0 0 {} 24", BARS * 4);
    view! {
        <div
            class="voice" role="group" aria-label=w.recording
            on:pointerdown=move |_| held.set(false)
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    event.prevent_default();
                    cancel();
                }
            }
        >
            <button type="button" class="icon-button composer__tool" aria-label=w.record_cancel title=w.record_cancel on:click=move |_| cancel()>
                <Icon name="trash"/>
            </button>
            <span class="voice__dot" aria-hidden="true"></span>
            <span class="voice__time tabular" role="timer">{time}</span>
            <svg class="voice__wave" viewBox=view_box preserveAspectRatio="xMinYMid" aria-hidden="true"><path d=live(bars)/></svg>
            <button type="button" class="composer__send voice__send" aria-label=w.record_send title=w.record_send on:click=move |_| send()>
                <Icon name="send"/>
            </button>
        </div>
    }
    .into_any()
}
