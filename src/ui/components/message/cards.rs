//! Places, people and pages.

use crate::model::text::phone;
use crate::protocol::{ChatId, Command, CommandResult, ContactCard, LinkPreview, Location};
use crate::ui::client::Tone;
use crate::ui::hooks::host;
use crate::ui::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// A place, with a link to a map that anybody can open.
pub fn place(place: &Location, t: &'static Messages) -> AnyView {
    let (latitude, longitude) = (place.latitude.get(), place.longitude.get());
    let address = format!(
        "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=16/{latitude}/{longitude}"
    );
    let name = place
        .name
        .clone()
        .unwrap_or_else(|| if place.live { t.message.live_place } else { t.message.place }.to_owned());
    let below = place.address.clone().unwrap_or_else(|| format!("{latitude:.5}, {longitude:.5}"));
    card("place", address, name, below)
}

/// A person's card, with the way to a chat with them by the device that got it.
pub fn contact(card: &ContactCard, chat: &ChatId, t: &'static Messages) -> AnyView {
    let numbers: Vec<String> = card.phone_numbers.iter().map(|number| phone(number)).collect();
    let client = use_client();
    let device = client.read(|model| Some(model.chat(model.chat_key(chat)?)?.chat.device_id.clone()));
    let to = card.phone_numbers.first().cloned().zip(device).filter(|_| client.may_send());
    let write = to.map(|(to, device_id)| {
        let go = StoredValue::new(use_navigate());
        let label = format!("{}: {}", t.message.write, card.name);
        let write = move |_| {
            let command = Command::OpenChat { device_id: device_id.clone(), to: to.clone() };
            host::ask(command, move |result| match result {
                Ok(CommandResult::Chat(chat)) => {
                    let address = format!("/chats/{}", chat.id);
                    // Nobody may be here any more to go there.
                    go.try_with_value(|go| go(&address, NavigateOptions::default()));
                }
                Ok(_) => {}
                Err(problem) => client.toast(Tone::Bad, problem.detail),
            });
        };
        view! {
            <button type="button" class="file-card__write" aria-label=label on:click=write>{t.message.write}</button>
        }
    });
    view! {
        <span class="file-card">
            <Icon name="person"/>
            <span class="file-card__name" dir="auto">{card.name.clone()}</span>
            <span class="file-card__about tabular">{numbers.join(", ")}</span>
            {write}
        </span>
    }
    .into_any()
}

/// The page behind a link.
pub fn link(preview: &LinkPreview) -> AnyView {
    // Only what a browser opens as a page: the address came from a stranger.
    let web = preview.url.starts_with("https://") || preview.url.starts_with("http://");
    let title = preview.title.clone().unwrap_or_else(|| preview.url.clone());
    let below = preview.description.clone().unwrap_or_else(|| preview.url.clone());
    if web { card("link", preview.url.clone(), title, below) } else { ().into_any() }
}

fn card(icon: &'static str, address: String, name: String, below: String) -> AnyView {
    view! {
        <a class="file-card" href=address target="_blank" rel="noopener noreferrer nofollow">
            <Icon name=icon/>
            <span class="file-card__name" dir="auto">{name}</span>
            <span class="file-card__about" dir="auto">{below}</span>
        </a>
    }
    .into_any()
}
