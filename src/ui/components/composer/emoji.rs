//! Choosing an emoji: the recent ones, all of them by group, or by a word.

use super::tool_button;
use crate::model::emoji::{EmojiGroup, NamedEmoji, emoji_like, recent, recent_named};
use crate::model::writing::put;
use crate::ui::chunks;
use crate::ui::hooks::{ComposerState, host, selected, write_field};
use crate::ui::prelude::*;
use leptos::html::Textarea;

/// The panel's id on the page.
const PANEL: &str = "emoji-panel";
/// The id of its search field.
const SEARCH: &str = "emoji-search";
/// Under which name the recent ones are kept.
const RECENT: &str = "emoji";
/// How many stand in a row, as the styles have it.
const ROW: usize = 8;
/// How many a search shows at most.
const MOST: usize = 80;

/// The button and its panel, which is filled when it is opened for the first time.
pub fn emoji_button(composer: ComposerState, field: NodeRef<Textarea>) -> AnyView {
    let opened = RwSignal::new(false);
    let inside =
        move || opened.get().then(|| later(chunks::composer(), move |tools| (tools.emoji)(composer, field)));
    view! {
        {tool_button(PANEL, "smile", messages().writing.emoji, opened)}
        <div class="menu emoji" id=PANEL popover="auto" on:toggle=move |_| to_search(SEARCH)>{dynamic(inside)}</div>
    }
    .into_any()
}

/// A finger that is to choose needs no keyboard over half of the emoji. A closed panel takes no focus.
fn to_search(search: &str) {
    host::focus_to_write(&format!("#{search}"));
}

/// What the panel holds. What is chosen is put where the caret is.
pub fn emoji_panel(composer: ComposerState, field: NodeRef<Textarea>) -> AnyView {
    let put_in = move |emoji: String| {
        let (text, caret) = composer.text.with_untracked(|text| put(text, selected(field), &emoji));
        write_field(field, &text, (caret, caret));
        composer.typed(text);
    };
    panel(SEARCH, Callback::new(put_in))
}

/// The same for something else than the field. It is on the page together with the panel.
pub fn emoji_for(choose: Callback<String>) -> AnyView {
    panel("emoji-for-search", choose)
}

/// `search` is the id of its search field.
fn panel(search: &'static str, chosen_one: Callback<String>) -> AnyView {
    let w = &messages().writing;
    let groups = RwSignal::new(Vec::<EmojiGroup>::new());
    let failed = RwSignal::new(false);
    let load = move || {
        failed.set(false);
        host::load_emoji(w.emoji_language, move |all| {
            match all {
                Some(all) => drop(groups.try_set(all)),
                None => drop(failed.try_set(true)),
            };
        });
    };
    react(move |ran: Option<()>| {
        if ran.is_none() {
            load();
            // The panel may have been open before this was here.
            to_search(search);
        }
    });
    let words = RwSignal::new(String::new());
    // The group that is shown; the recent ones are no group of the list.
    let chosen = RwSignal::new(None::<usize>);
    let used = RwSignal::new(host::kept(RECENT).unwrap_or_default());
    let shown = memo(move || {
        let words = words.get();
        groups.with(|groups| {
            if !words.trim().is_empty() {
                return emoji_like(groups, &words, MOST);
            }
            let recents = used.with_untracked(|used| recent_named(groups, used));
            match chosen.get() {
                Some(place) => groups.get(place).map(EmojiGroup::named).unwrap_or_default(),
                None if recents.is_empty() => groups.first().map(EmojiGroup::named).unwrap_or_default(),
                None => recents,
            }
        })
    });
    let choose = move |emoji: &str| {
        used.update(|used| *used = recent(used, emoji));
        host::keep(RECENT, &used.get_untracked());
        chosen_one.run(emoji.to_owned());
    };
    let one = move |(emoji, name): NamedEmoji| {
        let chosen = emoji.clone();
        view! {
            <button type="button" class="emoji__one" aria-label=name.clone() title=name on:click=move |_| choose(&chosen)>{emoji}</button>
        }
    };
    let tab = move |place: Option<usize>, face: String, name: String| {
        let pressed = live(move || (chosen.get() == place && words.with(String::is_empty)).to_string());
        view! {
            <button
                type="button" class="emoji__tab" aria-label=name.clone() title=name aria-pressed=pressed
                on:click=move |_| {
                    words.set(String::new());
                    chosen.set(place);
                }
            >{face}</button>
        }
    };
    let tabs = move || {
        let recents = tab(None, "🕘".to_owned(), w.emoji_recent.to_owned());
        let others = groups.with(|groups| {
            let face = |(place, group): (usize, &EmojiGroup)| {
                let face = group.all.first().map(|one| one.face.clone()).unwrap_or_default();
                tab(Some(place), face, group.name.clone())
            };
            groups.iter().enumerate().map(face).collect_view()
        });
        view! { {recents}{others} }
    };
    let none = move || {
        let empty = shown.with(Vec::is_empty);
        if failed.get() {
            Some(view! {
                <p class="menu__none" role="alert">{w.emoji_failed}" "
                    <button type="button" class="link-button" on:click=move |_| load()>{messages().common.try_again}</button>
                </p>
            }.into_any())
        } else if empty && groups.with(|groups| !groups.is_empty()) {
            Some(view! { <p class="menu__none" role="status">{w.emoji_none}</p> }.into_any())
        } else {
            None
        }
    };
    view! {
        <input
            id=search class="field__input" type="search" autocomplete="off"
            placeholder=w.emoji_search aria-label=w.emoji_search prop:value=words
            on:input=move |event| words.set(event_target_value(&event))
            on:keydown=move |event| {
                if event.key() == "ArrowDown" {
                    event.prevent_default();
                    host::focus(".emoji__one");
                }
            }
        />
        <div class="emoji__tabs" role="group" aria-label=w.emoji>{dynamic(tabs)}</div>
        <div
            class="emoji__all" role="group" aria-label=w.emoji
            on:keydown=move |event| {
                if step(&event.key(), search) {
                    event.prevent_default();
                }
            }
        >
            {dynamic(move || shown.get().into_iter().map(one).collect_view())}
        </div>
        {dynamic(none)}
    }
    .into_any()
}

/// Moves the focus among the emoji, and from the first row back to the search.
fn step(key: &str, search: &str) -> bool {
    let (count, forward) = match key {
        "ArrowRight" => (1, true),
        "ArrowLeft" => (1, false),
        "ArrowDown" => (ROW, true),
        "ArrowUp" => (ROW, false),
        _ => return false,
    };
    let mut moved = false;
    for _ in 0..count {
        moved = host::move_focus(".emoji__one", forward);
        if !moved {
            break;
        }
    }
    if !moved && key == "ArrowUp" {
        host::focus(&format!("#{search}"));
    }
    true
}
