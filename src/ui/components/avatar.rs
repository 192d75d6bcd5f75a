//! The round picture of a person, group or device: a photo, or two letters on a colour of its own.

use crate::model::text::{hue, initials};
use leptos::prelude::*;

/// A picture beside a name, which it only decorates. `seed` picks the colour.
#[component]
pub fn Avatar(
    #[prop(into)] name: String,
    #[prop(into)] seed: String,
    #[prop(optional_no_strip)] picture: Option<String>,
    #[prop(default = "")] size: &'static str,
) -> impl IntoView {
    let letters = initials(&name);
    let class = format!("avatar avatar--{} {size}", hue(&seed));
    let photo = picture.map(|address| {
        view! { <img class="avatar__photo" src=address alt="" loading="lazy" decoding="async"/> }
    });
    view! { <span class=class aria-hidden="true">{letters}{photo}</span> }
}
