//! The pane itself: its head, and the part of the details that the address names.

use super::place::Place;
use super::{group, media, person, settings, starred};
use crate::model::DetailInput;
use crate::protocol::ChatId;
use crate::ui::client::Line;
use crate::ui::hooks::host;
use crate::ui::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::time::Duration;

/// How long the thread takes to be back in sight before the focus can go there.
pub const BACK: Duration = Duration::from_millis(60);

/// Which part of the details is shown: `?info`, `?info=starred`, `?info=media`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Info,
    Starred,
    Media,
}

impl Part {
    /// The part that an address names.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "starred" => Self::Starred,
            "media" => Self::Media,
            _ => Self::Info,
        }
    }
}

/// The details of a chat, beside its thread or, where there is little room, in its place.
pub fn detail_pane(id: ChatId, part: Signal<Part>) -> AnyView {
    let client = use_client();
    let t = messages();
    let home = format!("/chats/{id}");
    let back = format!("{home}?info");
    let known = memo(move || client.thread.with(|view| view.chat));
    let go = StoredValue::new((use_navigate(), home));
    let close = move || {
        go.with_value(|(go, home)| go(home, NavigateOptions { replace: true, ..NavigateOptions::default() }));
    };
    react(move |_| {
        host::on_shortcuts(move |shortcut| {
            if shortcut == "escape" {
                close();
            }
        });
    });
    // Whoever goes on by keys or listens goes on here.
    react(move |_| {
        part.track();
        host::focus("#detail-title");
    });
    react(move |_| {
        if known.get().is_some() {
            client.detail(DetailInput::Open(id.clone()));
        }
    });
    on_cleanup(move || client.detail(DetailInput::Close));
    let title = move || match part.get() {
        Part::Info => t.details.title,
        Part::Starred => t.details.starred,
        Part::Media => t.details.media,
    };
    let way_back = move || {
        let back = back.clone();
        (part.get() != Part::Info)
            .then(|| view! { <a class="icon-button detail__back" href=back aria-label=t.details.back><Icon name="back"/></a> })
    };
    view! {
        <aside class="detail" aria-label=t.details.title>
            <header class="detail__head">
                {dynamic(way_back)}
                <h2 class="detail__title" id="detail-title" tabindex="-1">{dynamic(title)}</h2>
                <button type="button" class="icon-button" aria-label=t.details.close on:click=move |_| {
                    close();
                    drop(set_timeout(|| host::focus(".thread__open"), BACK));
                }><Icon name="close"/></button>
            </header>
            <div class="detail__body">
                {dynamic(move || {
                    let place = Place::new(client, known.get()?)?;
                    Some(match part.get() {
                        Part::Info => info(place),
                        Part::Starred => starred::starred(place),
                        Part::Media => media::media(place),
                    })
                })}
            </div>
        </aside>
    }
    .into_any()
}

fn info(place: Place) -> AnyView {
    let client = place.client;
    let stale = memo(move || client.pane.with(|pane| pane.as_ref().is_some_and(|pane| pane.stale)));
    react(move |_| {
        if stale.get() {
            place.load();
        }
    });
    let failed = memo(move || client.pane.with(|pane| pane.as_ref().is_some_and(|pane| pane.failed)));
    again_when_live(client, move || {
        if failed.get_untracked() {
            place.load();
        }
    });
    let why = move || {
        failed.get().then(|| {
            view! { <section class="detail__section">{not_loaded(Box::new(move || place.load()))}</section> }
        })
    };
    let of = if place.group { group::group(place) } else { person::person(place) };
    view! { {dynamic(why)}{of}{settings::settings(place)} }.into_any()
}

/// Says that something did not load, with a way to try again.
pub fn not_loaded(again: Box<dyn Fn() + Send>) -> AnyView {
    let t = messages();
    view! {
        <p class="form-error" role="alert"><Icon name="warn"/>{t.details.not_loaded}</p>
        <button type="button" class="button" on:click=move |_| again()>{t.common.try_again}</button>
    }
    .into_any()
}

/// Does something whenever the connection to the server is back.
pub fn again_when_live(client: Client, again: impl Fn() + 'static) {
    let live = memo(move || client.line.get() == Line::Live);
    react(move |ran: Option<()>| {
        if live.get() && ran.is_some() {
            again();
        }
    });
}
