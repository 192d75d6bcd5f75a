//! The pane itself: its head, and the part of the details that the address names.

use super::place::Place;
use super::{group, media, person, settings, starred};
use crate::model::DetailInput;
use crate::protocol::ChatId;
use crate::ui::chunks;
use crate::ui::client::Line;
use crate::ui::hooks::{host, use_back};
use crate::ui::prelude::*;

/// Which part of the details is shown: `?info`, `?info=starred`, `?info=media`, `?info=search`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Info,
    Starred,
    Media,
    Search,
}

impl Part {
    /// The part that an address names.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "starred" => Self::Starred,
            "media" => Self::Media,
            "search" => Self::Search,
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
    let (out, to_info) = (use_back(home), use_back(back.clone()));
    let address = query();
    // Whether it is being closed, and whether the focus goes to what opened it then.
    let closing = StoredValue::new(None::<bool>);
    let close = move |focus: bool| {
        closing.set_value(Some(focus));
        out.go();
    };
    react(move |_| {
        host::on_shortcuts(move |shortcut| {
            if shortcut == "escape" {
                close(false);
            }
        });
    });
    // Whoever goes on by keys or listens goes on here.
    react(move |_| {
        let now = part.get();
        let there = address.with_untracked(|query| query.get("info").is_some());
        if closing.get_value().is_none() {
            // A search is opened to be typed into: its field takes the focus itself.
            if now != Part::Search {
                host::focus("#detail-title");
            }
        } else if there {
            // One part lies behind the other in the history: what is closed is closed with all of them.
            out.go();
        }
    });
    react(move |_| {
        if known.get().is_some() {
            client.detail(DetailInput::Open(id.clone()));
        }
    });
    on_cleanup(move || {
        client.detail(DetailInput::Close);
        // The thread is in sight again by then.
        if closing.try_get_value().flatten() == Some(true) {
            host::after_paint(|| host::focus(".thread__open"));
        }
    });
    let title = move || match part.get() {
        Part::Info => t.details.title,
        Part::Starred => t.details.starred,
        Part::Media => t.details.media,
        Part::Search => t.thread.search,
    };
    let way_back = move || {
        let back = back.clone();
        matches!(part.get(), Part::Starred | Part::Media).then(|| {
            view! {
                <a
                    class="icon-button detail__back" href=back aria-label=t.details.back
                    on:click=move |event| to_info.pressed(&event)
                ><Icon name="back"/></a>
            }
        })
    };
    view! {
        <aside
            class="detail" aria-label=t.details.title
            on:pointerdown=move |event| host::back_swipe_begins(&event)
            on:pointermove=move |event| host::back_swipe_moves(&event)
            on:pointerup=move |_| {
                if host::back_swipe_ends() {
                    out.go();
                }
            }
            on:pointercancel=move |_| {
                host::back_swipe_ends();
            }
        >
            <header class="detail__head">
                {dynamic(way_back)}
                <h2 class="detail__title" id="detail-title" tabindex="-1">{dynamic(title)}</h2>
                <button type="button" class="icon-button" aria-label=t.details.close on:click=move |_| close(true)>
                    <Icon name="close"/>
                </button>
            </header>
            <div class="detail__body">
                {dynamic(move || {
                    let place = Place::new(client, known.get()?)?;
                    Some(match part.get() {
                        Part::Info => info(place),
                        Part::Starred => starred::starred(place),
                        Part::Media => media::media(place),
                        Part::Search => later(chunks::finding(), move |finding| (finding.in_chat)(client, place.chat())),
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
