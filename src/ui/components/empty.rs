//! A page with nothing on it yet: says what it is for and what to do first.

use super::Icon;
use leptos::prelude::*;

/// An icon, a title, a sentence, and what to do.
#[component]
pub fn Empty(
    icon: &'static str,
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    /// It is all that the page says: its title is the page's.
    #[prop(optional)]
    alone: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let title = if alone {
        view! { <h1 class="empty__title">{title}</h1> }.into_any()
    } else {
        view! { <h2 class="empty__title">{title}</h2> }.into_any()
    };
    view! {
        <div class="empty">
            <span class="empty__icon"><Icon name=icon/></span>
            {title}
            <p class="empty__text">{text}</p>
            {children.map(|children| view! { <div class="empty__actions">{children()}</div> })}
        </div>
    }
}
