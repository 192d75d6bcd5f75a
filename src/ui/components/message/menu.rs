//! What can be done with a message: one menu for the whole thread, opened at the row whose button was pressed.

use super::Shown;
use crate::model::text::phone;
use crate::model::{Row, RowKey};
use crate::protocol::{MessageKind, MessageStatus, NewMessage, NewReaction, NewRevoke};
use crate::ui::client::Composing;
use crate::ui::hooks::{ComposerState, host};
use crate::ui::prelude::*;

/// The menu's id on the page.
const MENU: &str = "message-menu";
/// The answers with one emoji that are at hand.
const EMOJI: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/// The button of a row.
#[component]
pub fn MenuButton(client: Client, key: RowKey) -> impl IntoView {
    let t = messages();
    view! {
        <button
            type="button" class="message-row__more" popovertarget=MENU aria-label=t.message.menu
            on:click=move |_| client.chosen.set(Some(key))
        >
            <Icon name="more"/>
        </button>
    }
}

/// The menu.
#[component]
pub fn MessageMenu(client: Client, composer: ComposerState) -> impl IntoView {
    let row = memo(move || {
        client.chosen.get().and_then(|key| client.read(|model| model.row(model.open_chat()?, key).cloned()))
    });
    view! {
        <div class="menu message-menu" id=MENU popover="auto" on:click=move |_| host::hide_popover(MENU)>
            {dynamic(move || row.get().and_then(|row| items(&row, composer)))}
        </div>
    }
}

/// What this row allows. Nothing of what has no id yet, or is gone.
fn items(row: &Row, composer: ComposerState) -> Option<AnyView> {
    let t = messages();
    let message_id = row.id().cloned()?;
    let shown = Shown::of(row, "");
    if shown.revoked() || row.kind() == MessageKind::System {
        return Some(view! { <p class="menu__none">{t.message.nothing}</p> }.into_any());
    }
    let reacted = |emoji: &str| {
        let own =
            shown.details.as_ref().and_then(|all| all.reactions.iter().find(|reaction| reaction.from_me));
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
    let who = if row.from_me() {
        t.thread.you.to_owned()
    } else {
        row.sender_name().map_or_else(|| phone(row.from()), ToOwned::to_owned)
    };
    let about = |edits| Composing {
        message_id: message_id.clone(),
        edits,
        who: who.clone(),
        text: row.text().to_owned(),
    };
    let went = row.from_me() && row.status() > MessageStatus::Failed;
    let item = |icon: &'static str, label: &'static str, about: Composing| {
        view! {
            <button type="button" class="menu__item" on:click=move |_| composer.compose(about.clone())>
                <Icon name=icon/>{label}
            </button>
        }
    };
    let answer = item("reply", t.message.reply, about(false));
    let change = (went && row.kind() == MessageKind::Text).then(|| item("edit", t.message.edit, about(true)));
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
    Some(
        view! {
            <div class="message-menu__react" role="group" aria-label=t.message.react>{emoji.collect_view()}</div>
            {answer}{change}{revoke}
        }
        .into_any(),
    )
}
