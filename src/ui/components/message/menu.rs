//! What can be done with a message: one menu for the whole thread, opened at the row whose button was pressed.

use super::tasks::pin_for;
use crate::model::text::phone;
use crate::model::{Model, Row};
use crate::protocol::{Command, MessageKind, MessageStatus, NewMessage, NewReaction, NewRevoke};
use crate::ui::chunks;
use crate::ui::client::{Composing, Task, Tone, words};
use crate::ui::components::device_actions::act;
use crate::ui::hooks::{ComposerState, host};
use crate::ui::prelude::*;

/// The menu's id on the page.
const MENU: &str = "message-menu";
/// The answers with one emoji that are at hand.
const EMOJI: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/// The button of a row. Which row it is, the feed tells when it is pressed. Nothing in it is computed, so that it is
/// copied in one piece: its name is that of the menu, and its picture is drawn by the styles.
pub fn menu_button() -> AnyView {
    view! {
        <button type="button" class="message-row__more dots" popovertarget="message-menu" aria-labelledby="message-menu" tabindex="-1"></button>
    }
    .into_any()
}

/// The menu. What it holds comes once it was opened.
#[component]
pub fn MessageMenu(client: Client, composer: ComposerState) -> impl IntoView {
    let asked = memo(move || client.chosen.with(Option::is_some));
    let t = messages();
    view! {
        <div class="menu message-menu" id=MENU popover="auto" role="dialog" aria-label=t.message.menu on:click=move |_| host::hide_popover(MENU)>
            {dynamic(move || asked.get().then(|| later(chunks::message(), move |message| (message.menu)(composer))))}
        </div>
    }
}

/// What it holds, for the row that was chosen last.
pub fn menu(composer: ComposerState) -> AnyView {
    let client = composer.client;
    let row = memo(move || {
        client.chosen.get().and_then(|key| client.read(|model| model.row(model.open_chat()?, key).cloned()))
    });
    dynamic(move || row.get().and_then(|row| items(&row, composer))).into_any()
}

/// The answer to a message, or its change, as a composer begins with it. Nothing of what has no id yet, or is gone.
pub fn answer_to(model: &Model, row: &Row, edits: bool) -> Option<Composing> {
    let message_id = row.id().cloned()?;
    let revoked = row.details().is_some_and(|details| details.revoked_at.is_some());
    if row.kind() == MessageKind::System || revoked {
        return None;
    }
    let who = if row.from_me() {
        words().thread.you.to_owned()
    } else {
        row.sender_name().map_or_else(|| phone(row.from()), ToOwned::to_owned)
    };
    let mentions = row.details().map(|details| details.mentions.as_slice()).unwrap_or_default();
    let (text, named) = model.named_in(row.text(), mentions);
    Some(Composing { message_id, edits, who, text, named })
}

/// What this row allows. Nothing of what has no id yet, or is gone.
fn items(row: &Row, composer: ComposerState) -> Option<AnyView> {
    let t = messages();
    let message_id = row.id().cloned()?;
    let details = row.details();
    if details.is_some_and(|details| details.revoked_at.is_some()) || row.kind() == MessageKind::System {
        return Some(view! { <p class="menu__none">{t.message.nothing}</p> }.into_any());
    }
    let reacted = |emoji: &str| {
        let own = details.and_then(|details| details.reactions.iter().find(|reaction| reaction.from_me));
        own.is_some_and(|reaction| reaction.emoji == emoji)
    };
    let emoji = EMOJI.map(|emoji| {
        let pressed = reacted(emoji);
        let chosen = if pressed { "" } else { emoji }.to_owned();
        let reaction = NewReaction { message_id: message_id.clone(), emoji: chosen };
        view! {
            <button
                type="button" class="message-menu__emoji" aria-pressed=pressed.to_string()
                on:click=move |_| composer.change(NewMessage { reaction: Some(reaction.clone()), ..NewMessage::default() })
            >{emoji}</button>
        }
    });
    let went = row.from_me() && row.status() > MessageStatus::Failed;
    let item = |icon: &'static str, label: &'static str, about: Composing| {
        view! {
            <button type="button" class="menu__item" on:click=move |_| composer.compose(about.clone())>
                <Icon name=icon/>{label}
            </button>
        }
    };
    let about = |edits: bool| composer.client.read(|model| answer_to(model, row, edits));
    let answer = about(false).map(|about| item("reply", t.message.reply, about));
    let change = about(true).filter(|_| went && row.kind() == MessageKind::Text);
    let change = change.map(|about| item("edit", t.message.edit, about));
    let revoke = went.then(|| {
        let revoke = NewRevoke { message_id: message_id.clone() };
        view! {
            <button
                type="button" class="menu__item menu__item--bad"
                on:click=move |_| composer.change(NewMessage { revoke: Some(revoke.clone()), ..NewMessage::default() })
            >
                <Icon name="trash"/>{t.message.revoke}
            </button>
        }
    });
    let marks = marks(row, composer.client);
    Some(
        view! {
            <div class="message-menu__react" role="group" aria-label=t.message.react>{emoji.collect_view()}</div>
            {answer}{change}{marks}{revoke}
        }
        .into_any(),
    )
}

/// What is the same for every message: copied, passed on, marked, looked at, deleted here.
fn marks(row: &Row, client: Client) -> Option<AnyView> {
    let t = messages();
    let says = &t.about_message;
    let id = row.id().cloned()?;
    let there = row.status() != MessageStatus::Failed && row.status() != MessageStatus::Queued;
    let item = |icon: &'static str, label: &'static str, press: Box<dyn Fn() + Send>| {
        view! {
            <button type="button" class="menu__item" on:click=move |_| press()><Icon name=icon/>{label}</button>
        }
        .into_any()
    };
    let task = |icon: &'static str, label: &'static str, task: Task| {
        item(icon, label, Box::new(move || client.task.set(Some(task.clone()))))
    };
    let details = row.details();
    let starred = details.is_some_and(|details| details.starred);
    let pinned = details.and_then(|details| details.pinned_until).is_some_and(|until| until > host::now());
    let once = details.is_some_and(|details| details.view_once);
    let text = row.text().to_owned();
    let copy = (!text.is_empty()).then(|| {
        let copy = move || {
            host::copy_text(&text, move |done| {
                let t = words();
                let (tone, says) =
                    if done { (Tone::Good, t.details.copied) } else { (Tone::Bad, t.details.not_copied) };
                client.toast(tone, says);
            });
        };
        item("copy", says.copy, Box::new(copy))
    });
    let forward = (there && !once).then(|| task("forward", says.forward, Task::Forward(id.clone())));
    let star = {
        let message_id = id.clone();
        let star = move || {
            act(client, Command::StarMessage { message_id: message_id.clone(), starred: !starred });
        };
        item("star", if starred { says.unstar } else { says.star }, Box::new(star))
    };
    let pin = there.then(|| {
        if !pinned {
            return task("pin", says.pin, Task::Pin(id.clone()));
        }
        let message_id = id.clone();
        let unpin = move || {
            let chat = client.thread.with_untracked(|view| view.chat_id.clone());
            if let Some(chat) = chat {
                pin_for(client, chat, message_id.clone(), 0);
            }
        };
        item("pin", says.unpin, Box::new(unpin))
    });
    let info = task("info", says.info, Task::Info(id.clone()));
    let delete = {
        view! {
            <button type="button" class="menu__item menu__item--bad" on:click=move |_| client.task.set(Some(Task::Delete(id.clone())))>
                <Icon name="trash"/>{says.delete}
            </button>
        }
    };
    Some(view! { {copy}{forward}{star}{pin}{info}{delete} }.into_any())
}
