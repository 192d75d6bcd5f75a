//! The pictures, films, recordings and files of a chat.

use super::place::Place;
use super::starred::Found;
use crate::model::Exhibit;
use crate::protocol::{Message, MessageKind};
use crate::ui::chunks;
use crate::ui::client::Load;
use crate::ui::components::Empty;
use crate::ui::prelude::*;

/// The files of a chat, one kind at a time.
pub fn media(place: Place) -> AnyView {
    let t = messages();
    let kind = RwSignal::new(MessageKind::Image);
    let chip = move |of: MessageKind, label: &'static str| {
        view! {
            <button type="button" class="chip" aria-pressed=live(move || (kind.get() == of).to_string()) on:click=move |_| kind.set(of)>{label}</button>
        }
    };
    view! {
        <section class="detail__section">
            <div class="chips chips--wrap" role="group" aria-label=t.details.media>
                {chip(MessageKind::Image, t.details.photos)}
                {chip(MessageKind::Video, t.details.videos)}
                {chip(MessageKind::Audio, t.details.voice)}
                {chip(MessageKind::Document, t.details.files)}
            </div>
            {dynamic(move || of_kind(place, kind.get()))}
        </section>
    }
    .into_any()
}

fn of_kind(place: Place, kind: MessageKind) -> AnyView {
    let t = messages();
    let path = format!("/search?kind={}&limit=60&chat={}", kind.as_str(), place.chat());
    let found = Found::new(place.client, path);
    let seen = matches!(kind, MessageKind::Image | MessageKind::Video);
    let list = move || {
        let items: Vec<Message> = found.items.get();
        let items: Vec<Message> = items.into_iter().filter(|message| file(message).is_some()).collect();
        if items.is_empty() {
            return (found.load.get() == Load::Idle && !found.more()).then(|| {
                view! { <Empty icon="image" title=t.details.no_media text=t.details.no_media_text/> }
                    .into_any()
            });
        }
        let rows = items
            .into_iter()
            .map(|message| if seen { tile(&message, place.client, found, t) } else { line(&message, t) });
        let class = if seen { "tiles" } else { "found-list" };
        Some(view! { <ul class=class>{rows.collect_view()}</ul> }.into_any())
    };
    view! { {dynamic(list)}{found.foot()} }.into_any()
}

fn file(message: &Message) -> Option<&str> {
    message.details.media.as_ref()?.id.as_deref()
}

/// One of them, small: opens in the viewer, where the others follow.
fn tile(message: &Message, client: Client, found: Found, t: &'static Messages) -> AnyView {
    let id = file(message).unwrap_or_default();
    let name = (t.kinds.name)(message.kind);
    let shown = Exhibit::of(message).map(|exhibit| exhibit.message_id);
    let open = move |event: leptos::ev::MouseEvent| {
        let aside = event.ctrl_key() || event.meta_key() || event.shift_key();
        if let Some(shown) = shown.clone().filter(|_| !aside) {
            event.prevent_default();
            // The list begins with the newest one.
            let all: Vec<Exhibit> =
                found.items.with_untracked(|items| items.iter().rev().filter_map(Exhibit::of).collect());
            client.gallery.set(all);
            client.viewing.set(Some(shown));
        }
    };
    view! {
        <li>
            <a
                class="tile" href=format!("/api/v1/media/{id}/content") target="_blank" rel="noopener external"
                on:pointerenter=move |_| soon(&chunks::message()) on:click=open
            >
                <img src=format!("/api/v1/media/{id}/thumbnail") alt=name loading="lazy" decoding="async"/>
            </a>
        </li>
    }
    .into_any()
}

fn line(message: &Message, t: &'static Messages) -> AnyView {
    let shown =
        message.details.media.as_ref().map(|file| super::super::message::media(None, message.kind, file, t));
    view! { <li class="found-list__file">{shown}</li> }.into_any()
}
