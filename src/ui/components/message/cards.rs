//! Places, people and pages.

use crate::protocol::{ContactCard, LinkPreview, Location};
use crate::ui::prelude::*;

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

/// A person's card.
pub fn contact(card: &ContactCard) -> AnyView {
    let numbers: Vec<String> =
        card.phone_numbers.iter().map(|number| crate::model::text::phone(number)).collect();
    view! {
        <span class="file-card">
            <Icon name="person"/>
            <span class="file-card__name" dir="auto">{card.name.clone()}</span>
            <span class="file-card__about tabular">{numbers.join(", ")}</span>
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
