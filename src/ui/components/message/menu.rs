//! What can be done with a message: one menu for the whole thread, opened at the row whose button was pressed.

use super::tasks::pin_for;
use crate::model::text::phone;
use crate::model::{Model, Row};
use crate::protocol::{Command, MessageId, MessageKind, MessageStatus, NewMessage, NewReaction};
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
    let chosen = memo(move || {
        let key = client.chosen.get()?;
        let row = client.read(|model| model.row(model.open_chat()?, key).cloned())?;
        // With the time: what is offered runs out.
        let now = host::now();
        Some((May { edit: row.can_be_edited(now), revoke: row.can_be_revoked(now) }, row))
    });
    dynamic(move || chosen.get().and_then(|(may, row)| items(&row, may, composer))).into_any()
}

/// What can be done with a message for a while only.
#[derive(Clone, Copy, PartialEq)]
struct May {
    edit: bool,
    revoke: bool,
}

/// The answer to a message, or its change, as a composer begins with it. Nothing of what has no id yet, or is gone.
pub fn answer_to(model: &Model, row: &Row, edits: bool) -> Option<Composing> {
    let message_id = row.id().cloned()?;
    let revoked = row.details().is_some_and(|details| details.revoked_at.is_some());
    if row.kind() == MessageKind::System || revoked {
        return None;
    }
    let known = || {
        let chat = model.chat(model.open_chat()?)?;
        model.name_in(&chat.chat.id, row.from())
    };
    let who = if row.from_me() {
        words().thread.you.to_owned()
    } else {
        row.sender_name().map(ToOwned::to_owned).or_else(known).unwrap_or_else(|| phone(row.from()))
    };
    let mentions = row.details().map(|details| details.mentions.as_slice()).unwrap_or_default();
    let (text, named) = model.named_in(row.text(), mentions);
    Some(Composing { message_id, edits, who, text, named })
}

/// What this row allows. Nothing of what is gone.
fn items(row: &Row, may: May, composer: ComposerState) -> Option<AnyView> {
    let t = messages();
    let client = composer.client;
    let Some(message_id) = row.id().cloned() else { return Some(waiting(row, composer)) };
    let details = row.details();
    if details.is_some_and(|details| details.revoked_at.is_some()) || row.kind() == MessageKind::System {
        return Some(view! { <p class="menu__none">{t.message.nothing}</p> }.into_any());
    }
    if !client.may_send() {
        return Some(view! { {copy(row, client)}{info(message_id, client)} }.into_any());
    }
    let own = details.and_then(|details| details.reactions.iter().find(|reaction| reaction.from_me));
    let own = own.map(|reaction| reaction.emoji.as_str());
    // One that was chosen elsewhere stands beside those at hand, so that it can be taken back.
    let other = own.filter(|own| !EMOJI.contains(own));
    let at_hand: [&str; 6] = EMOJI;
    let emoji = at_hand.into_iter().chain(other).map(|emoji| {
        let pressed = own == Some(emoji);
        let chosen = if pressed { "" } else { emoji }.to_owned();
        let reaction = NewReaction { message_id: message_id.clone(), emoji: chosen };
        view! {
            <button
                type="button" class="message-menu__emoji" aria-pressed=pressed.to_string()
                on:click=move |_| composer.change(NewMessage { reaction: Some(reaction.clone()), ..NewMessage::default() })
            >{emoji.to_owned()}</button>
        }
    });
    let react = Task::React(message_id.clone());
    let more = t.about_message.react_more;
    let begin = |icon: &'static str, label: &'static str, about: Composing| {
        view! {
            <button type="button" class="menu__item" on:click=move |_| composer.compose(about.clone())>
                <Icon name=icon/>{label}
            </button>
        }
    };
    let about = |edits: bool| client.read(|model| answer_to(model, row, edits));
    let answer = about(false).map(|about| begin("reply", t.message.reply, about));
    let change = about(true).filter(|_| may.edit);
    let change = change.map(|about| begin("edit", t.message.edit, about));
    let revoke = may.revoke.then(|| {
        let revoke = Task::Revoke(message_id.clone());
        view! {
            <button type="button" class="menu__item menu__item--bad" on:click=move |_| client.task.set(Some(revoke.clone()))>
                <Icon name="trash"/>{t.message.revoke}
            </button>
        }
    });
    let marks = marks(row, client);
    Some(
        view! {
            <div class="message-menu__react" role="group" aria-label=t.message.react>
                {emoji.collect_view()}
                <button
                    type="button" class="message-menu__emoji" aria-label=more title=more
                    on:click=move |_| client.task.set(Some(react.clone()))
                ><Icon name="plus"/></button>
            </div>
            {answer}{change}{marks}{revoke}
        }
        .into_any(),
    )
}

/// What can be done with what only this client has yet: it is copied, or not sent after all.
fn waiting(row: &Row, composer: ComposerState) -> AnyView {
    let t = messages();
    let says = &t.about_message;
    let (client, chat, key) = (composer.client, composer.chat_id(), row.key);
    view! {
        {copy(row, client)}
        <button type="button" class="menu__item menu__item--bad" on:click=move |_| host::discard(client, &chat, key)>
            <Icon name="trash"/>{says.do_not_send}
        </button>
    }
    .into_any()
}

/// A line of the menu that does something at once.
fn item(icon: &'static str, label: &'static str, press: Box<dyn Fn() + Send>) -> AnyView {
    view! {
        <button type="button" class="menu__item" on:click=move |_| press()><Icon name=icon/>{label}</button>
    }
    .into_any()
}

/// Puts its text on the clipboard, where it has one.
fn copy(row: &Row, client: Client) -> Option<AnyView> {
    let text = row.text().to_owned();
    (!text.is_empty()).then(|| {
        let copy = move || {
            host::copy_text(&text, move |done| {
                let t = words();
                let (tone, says) =
                    if done { (Tone::Good, t.details.copied) } else { (Tone::Bad, t.details.not_copied) };
                client.toast(tone, says);
            });
        };
        item("copy", messages().about_message.copy, Box::new(copy))
    })
}

/// Looks at how far it came.
fn info(id: MessageId, client: Client) -> AnyView {
    let look = move || client.task.set(Some(Task::Info(id.clone())));
    item("info", messages().about_message.info, Box::new(look))
}

/// What is the same for every message: copied, passed on, marked, looked at, deleted here.
fn marks(row: &Row, client: Client) -> Option<AnyView> {
    let t = messages();
    let says = &t.about_message;
    let id = row.id().cloned()?;
    let there = row.status() != MessageStatus::Failed && row.status() != MessageStatus::Queued;
    let task = |icon: &'static str, label: &'static str, task: Task| {
        item(icon, label, Box::new(move || client.task.set(Some(task.clone()))))
    };
    let details = row.details();
    let starred = details.is_some_and(|details| details.starred);
    let pinned = details.and_then(|details| details.pinned_until).is_some_and(|until| until > host::now());
    let once = details.is_some_and(|details| details.view_once);
    let copy = copy(row, client);
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
    let info = info(id.clone(), client);
    let delete = {
        view! {
            <button type="button" class="menu__item menu__item--bad" on:click=move |_| client.task.set(Some(Task::Delete(id.clone())))>
                <Icon name="trash"/>{says.delete}
            </button>
        }
    };
    Some(view! { {copy}{forward}{star}{pin}{info}{delete} }.into_any())
}
