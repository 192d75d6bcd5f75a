//! A poll and how it stands.

use super::Shown;
use crate::protocol::{ChatId, Command, MessageKind, NewMessage, NewVote, Poll, PollOption};
use crate::ui::components::device_actions::act;
use crate::ui::prelude::*;

/// The options with their shares; pressing one votes for it, pressing it again takes the vote back. Who may not vote sees
/// how it stands.
pub fn poll(shown: &Shown, chat: &ChatId, poll: &Poll, t: &'static Messages) -> AnyView {
    let client = use_client();
    let votes = client.may_send();
    let most = poll.options.iter().map(|option| option.voters.len()).max().unwrap_or(0).max(1);
    let single = poll.selectable == 1;
    let ours = |option: &PollOption| option.voters.contains(&shown.own);
    let own: Vec<String> =
        poll.options.iter().filter(|option| ours(option)).map(|option| option.text.clone()).collect();
    let rows = poll.options.iter().map(|option| {
        let count = option.voters.len();
        let mine = ours(option);
        let vote = shown.id.clone().filter(|_| votes).map(|message_id| {
            let mut options: Vec<String> = if single { Vec::new() } else { own.clone() };
            options.retain(|text| *text != option.text);
            if !mine {
                options.push(option.text.clone());
            }
            let message = NewMessage { vote: Some(NewVote { message_id, options }), ..NewMessage::default() };
            Command::SendMessage { chat_id: chat.clone(), message: Box::new(message) }
        });
        view! {
            <button
                type="button" class="poll__option" aria-pressed=mine.to_string()
                disabled=vote.is_none()
                on:click=move |_| if let Some(vote) = vote.clone() { act(client, vote); }
            >
                <span class="poll__mark" aria-hidden="true">{mine.then(|| view! { <Icon name="check"/> })}</span>
                <span class="poll__text" dir="auto">{option.text.clone()}</span>
                <span class="poll__count tabular">{count.to_string()}</span>
                <progress class="poll__share" max=most.to_string() value=count.to_string() aria-hidden="true"></progress>
            </button>
        }
    });
    let asks = if single { t.message.choose_one } else { t.message.choose_some };
    let name = if votes { asks } else { (t.kinds.name)(MessageKind::Poll) };
    let asks = votes.then(|| view! { <span class="poll__says">{asks}</span> });
    view! { <span class="poll" role="group" aria-label=name>{rows.collect_view()}{asks}</span> }.into_any()
}
