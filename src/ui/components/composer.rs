//! Where a message is written. What it has beside its field comes from a chunk: its buttons are here, and what
//! they open is there.

mod attach;
mod canned;
mod contacts;
mod emoji;
mod place;
mod poll;
mod sticker;
mod stickers;
mod suggest;
mod tray;
mod uploads;
mod voice;

pub use attach::{Tool, attach_menu, take, tool_dialog};
pub use emoji::{emoji_for, emoji_panel};
pub use suggest::{Suggest, choose_offer, look_for_offers, offers_list};
pub use tray::tray_dialog;
pub use uploads::uploads_list;
pub use voice::voice_bar;

use super::rich_text::rich_text;
use crate::model::text::{Span, Style, plain, spans};
use crate::model::writing::mark;
use crate::model::{DeviceState, Tray};
use crate::protocol::{ChatId, ChatKind, DeviceStatus, MAX_TEXT_LENGTH};
use crate::ui::chunks;
use crate::ui::hooks::{ComposerState, host, selected, write_field};
use crate::ui::prelude::*;
use leptos::html::Textarea;

/// From how many characters before the limit on the rest is counted.
const NEAR_LIMIT: usize = 1000;

/// The composer. It is never blocked: what is written while there is no way out waits.
#[component]
pub fn Composer(
    composer: ComposerState,
    #[prop(into)] name: Signal<String>,
    #[prop(into)] device: Signal<Option<DeviceState>>,
) -> impl IntoView {
    let t = messages();
    let field = NodeRef::<Textarea>::new();
    let mut begun = false;
    react(move |_| {
        let Some(field) = field.get() else { return };
        if !begun {
            begun = true;
            // What was typed before the page was alive is not lost, whatever was kept.
            let typed = field.value();
            if !typed.trim().is_empty() {
                composer.typed(typed);
            }
            if !host::touch() {
                // After the messages were painted: it would have the browser lay out what is about to change.
                host::after_paint(|| host::focus("#composer"));
            }
        }
        composer.follow();
    });
    let length = memo(move || composer.text.with(|text| text.chars().count()));
    let empty = memo(move || composer.text.with(|text| text.trim().is_empty()));
    let rest = move || {
        let length = length.get();
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        if length > MAX_TEXT_LENGTH {
            let text = (t.composer.over)(count(length - MAX_TEXT_LENGTH));
            Some(
                view! { <span class="composer__rest composer__rest--over" role="alert">{text}</span> }
                    .into_any(),
            )
        } else if length + NEAR_LIMIT > MAX_TEXT_LENGTH {
            let text = (t.composer.left)(count(MAX_TEXT_LENGTH - length));
            Some(view! { <span class="composer__rest">{text}</span> }.into_any())
        } else {
            None
        }
    };
    let tray = RwSignal::new(Tray::default());
    let filled = memo(move || tray.with(|tray| !tray.items.is_empty()));
    let tool = RwSignal::new(None::<attach::Tool>);
    let (recording, held) = (RwSignal::new(false), RwSignal::new(false));
    let chat = composer.chat_id();
    let group = composer.client.read(|model| {
        let key = model.chat_key(&chat)?;
        Some(model.chat(key)?.chat.kind == ChatKind::Group)
    });
    let suggest = suggest::use_suggest(composer, field, device, group == Some(true));
    let send = move || {
        if composer.send() {
            host::focus("#composer");
        }
    };
    let down = move || {
        let state = device.get()?;
        let name = state.device.name;
        (state.device.status != DeviceStatus::Connected)
            .then(|| view! { <p class="composer__note" role="status"><Icon name="clock"/><span>{(t.composer.device_down)(&name)}</span></p> })
    };
    let about = move || {
        composer.client.composing.get().map(|about| {
            let (icon, title) = if about.edits {
                ("edit", t.message.editing.to_owned())
            } else {
                ("reply", (t.message.replying)(&about.who))
            };
            view! {
                <div class="composer__about" role="status">
                    <Icon name=icon/>
                    <span class="composer__about-who" dir="auto">{title}</span>
                    <span class="composer__about-text" dir="auto">{plain(&spans(&about.text))}</span>
                    <button type="button" class="icon-button" aria-label=t.common.cancel on:click=move |_| composer.leave()><Icon name="close"/></button>
                </div>
            }
        })
    };
    let keyed = move |event: leptos::ev::KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let (key, control) = (event.key(), event.ctrl_key() || event.meta_key());
        if !control && !event.alt_key() && !event.shift_key() && suggest.key(&key) {
            return event.prevent_default();
        }
        if control
            && !event.alt_key()
            && let Some(style) = style_of(&key, event.shift_key())
        {
            event.prevent_default();
            return set_mark(composer, field, style);
        }
        let plain = !event.shift_key() && !control && !event.alt_key();
        if key == "Enter" && plain && !host::touch() {
            event.prevent_default();
            send();
        }
        if key == "Escape" && composer.client.composing.with_untracked(Option::is_some) {
            event.prevent_default();
            composer.leave();
        }
    };
    // Where nothing is written there is nothing to send: the button records instead, where that is possible.
    let speaks = memo(move || {
        let idle = composer.client.composing.with(|about| about.as_ref().is_none_or(|about| !about.edits));
        composer.client.alive.get() && empty.get() && idle && host::can_record()
    });
    let go = move || {
        if speaks.get() {
            return view! {
                <button
                    type="button" class="composer__send composer__send--voice" aria-label=t.writing.record title=t.writing.record
                    on:pointerenter=move |_| soon(&chunks::composer())
                    on:pointerdown=move |event| if event.button() == 0 {
                        held.set(true);
                        speak(composer, recording);
                    }
                    // Let go before the recording began: then it goes on until a button is pressed.
                    on:pointerup=move |_| if !recording.get_untracked() {
                        held.set(false);
                    }
                    on:click=move |_| speak(composer, recording)
                >
                    <Icon name="mic"/>
                </button>
            }
            .into_any();
        }
        view! {
            <button
                type="submit" class="composer__send" aria-label=t.composer.send title=t.composer.send
                disabled=live(move || empty.get() || (length.get() > MAX_TEXT_LENGTH))
            >
                <Icon name="send"/>
            </button>
        }
        .into_any()
    };
    view! {
        <footer class="composer">
            {dynamic(down)}
            {dynamic(about)}
            {uploads(composer.client, chat)}
            {preview(composer)}
            {suggest.view()}
            {dynamic(move || recording.get().then(|| {
                above(chunks::composer(), move |tools| (tools.voice)(composer, recording, held), || ())
            }))}
            <form
                class="composer__form" class:composer__form--away=live(move || recording.get())
                on:submit=move |event| {
                    event.prevent_default();
                    send();
                }
            >
                {attach::attach_button(tray, tool)}
                <div class="composer__grow" data-text=live(move || composer.text.get())>
                    <textarea
                        // Drafts are kept; what a browser would bring back by itself may have been a change of a message.
                        id="composer" class="composer__field" rows="1" dir="auto" enterkeyhint="send" autocomplete="off"
                        placeholder=t.composer.placeholder
                        aria-label=live(move || (t.composer.label)(&name.get()))
                        aria-autocomplete="list" aria-activedescendant=live(move || suggest.active())
                        node_ref=field
                        prop:value=composer.text
                        on:input=move |event| {
                            composer.typed(event_target_value(&event));
                            suggest.look();
                        }
                        on:blur=move |_| suggest.close()
                        on:keydown=keyed
                    ></textarea>
                </div>
                {emoji::emoji_button(composer, field)}
                {dynamic(rest)}
                {dynamic(go)}
            </form>
            {dynamic(move || filled.get().then(|| {
                above(chunks::composer(), move |tools| (tools.tray)(composer, tray), || ())
            }))}
            {attach::tool_place(composer, device, tool)}
            {drop_place(composer.client, tray)}
        </footer>
    }
}

/// A button that opens a menu of the composer.
fn tool_button(
    menu: &'static str,
    icon: &'static str,
    label: &'static str,
    opened: RwSignal<bool>,
) -> AnyView {
    view! {
        <button
            type="button" class="icon-button composer__tool" popovertarget=menu aria-label=label title=label
            on:pointerenter=move |_| soon(&chunks::composer())
            on:focus=move |_| soon(&chunks::composer())
            on:click=move |_| if !opened.get_untracked() {
                opened.set(true);
            }
        >
            <Icon name=icon/>
        </button>
    }
    .into_any()
}

/// Begins to record, as soon as what records is here: until then the field stays in its place.
fn speak(composer: ComposerState, recording: RwSignal<bool>) {
    with_chunk(chunks::composer(), move |tools| {
        let begun = recording.try_get_untracked();
        if tools.is_none() {
            say_missing(composer.client);
        } else if begun == Some(false) {
            recording.set(true);
        }
    });
}

/// Files on their way out of this chat, while there are any.
fn uploads(client: Client, chat: ChatId) -> AnyView {
    let of = chat.clone();
    let any = memo(move || client.uploads.with(|all| all.iter().any(|one| one.chat_id == of)));
    dynamic(move || {
        let chat = chat.clone();
        any.get()
            .then(|| above(chunks::composer(), move |tools| (tools.uploads)(client, chat.clone()), || ()))
    })
    .into_any()
}

/// The mark that a key with Ctrl sets.
fn style_of(key: &str, shift: bool) -> Option<Style> {
    match (key, shift) {
        ("b" | "B", false) => Some(Style::Bold),
        ("i" | "I", false) => Some(Style::Italic),
        ("x" | "X", true) => Some(Style::Struck),
        _ => None,
    }
}

fn set_mark(composer: ComposerState, field: NodeRef<Textarea>, style: Style) {
    let (text, part) = composer.text.with_untracked(|text| mark(text, selected(field), style.mark()));
    write_field(field, &text, part);
    composer.typed(text);
}

/// What the text looks like once it is sent, where marks or links make it look otherwise.
fn preview(composer: ComposerState) -> AnyView {
    let w = &messages().writing;
    let marked = memo(move || {
        let text = composer.text.get();
        let plain = spans(&text).iter().all(|span| matches!(span, Span::Text(_) | Span::Link(_)));
        (!plain).then_some(text)
    });
    dynamic(move || {
        marked.get().map(|text| {
            view! {
                <div class="composer__preview" dir="auto">
                    <span class="visually-hidden">{w.preview}": "</span>{rich_text(&text)}
                </div>
            }
        })
    })
    .into_any()
}

/// Where files are dropped, and pasted: the whole page, which says so while some are held above it.
fn drop_place(client: Client, tray: RwSignal<Tray>) -> AnyView {
    let w = &messages().writing;
    let over = RwSignal::new(false);
    react(move |ran: Option<()>| {
        if ran.is_none() {
            host::on_files(
                move |held| {
                    if over.try_get_untracked().is_some_and(|shown| shown != held) {
                        over.set(held);
                    }
                },
                move |picked| {
                    with_chunk(chunks::composer(), move |tools| match tools {
                        Some(tools) => (tools.take)(tray, picked),
                        None => say_missing(client),
                    });
                },
            );
        }
    });
    dynamic(move || {
        over.get().then(|| view! { <div class="drop-place" aria-hidden="true"><Icon name="file"/><span>{w.drop_here}</span></div> })
    })
    .into_any()
}
