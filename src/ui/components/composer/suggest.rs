//! What is offered above the field while somebody writes: people of the group after `@`, short replies after `/`.

use super::canned::canned;
use crate::model::DeviceState;
use crate::model::text::phone;
use crate::model::writing::{Canned, Named, Part, Sought, canned_like, members_like, put, sought};
use crate::protocol::{GroupInfo, GroupMember, Problem};
use crate::ui::chunks;
use crate::ui::hooks::{ComposerState, Verb, host, rest, selected, write_field};
use crate::ui::prelude::*;
use leptos::html::Textarea;

/// The list's id on the page.
const LIST: &str = "suggestions";
/// How many are offered at most.
const MOST: usize = 6;

/// One offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    name: String,
    below: String,
    part: Part,
    /// What stands in the text then.
    text: String,
    named: Option<Named>,
}

/// The offers, and which of them the keys are on.
#[derive(Clone, Copy)]
pub struct Suggest {
    composer: ComposerState,
    field: NodeRef<Textarea>,
    device: Signal<Option<DeviceState>>,
    group: bool,
    offers: RwSignal<Vec<Offer>>,
    at: RwSignal<usize>,
    /// The group's members, once somebody wrote `@`.
    members: RwSignal<Option<Vec<GroupMember>>>,
}

/// The offers for this field.
pub fn use_suggest(
    composer: ComposerState,
    field: NodeRef<Textarea>,
    device: Signal<Option<DeviceState>>,
    group: bool,
) -> Suggest {
    let (offers, at) = (RwSignal::new(Vec::new()), RwSignal::new(0));
    let suggest = Suggest { composer, field, device, group, offers, at, members: RwSignal::new(None) };
    // The field is emptied by sending, too.
    react(move |_| {
        if composer.text.with(String::is_empty) {
            suggest.close();
        }
    });
    suggest
}

impl Suggest {
    /// The text or the caret changed: offers what fits. Where neither letter stands, nothing does.
    pub fn look(&self) {
        if !self.composer.text.with_untracked(|text| text.contains(['@', '/'])) {
            return self.close();
        }
        let suggest = *self;
        with_chunk(chunks::composer(), move |tools| {
            // The thread may have been left meanwhile.
            if let (Some(tools), Some(_)) = (tools, suggest.at.try_get_untracked()) {
                (tools.look)(suggest);
            }
        });
    }

    /// Nothing is offered any more. The field that had the focus says that it lost it when it is taken down, too: then
    /// nothing is left of the offers.
    pub fn close(&self) {
        if self.offers.try_with_untracked(|offers| !offers.is_empty()) == Some(true) {
            self.offers.set(Vec::new());
        }
    }

    /// What a key does to the offers. `false` if there are none, or the key is none of theirs.
    pub fn key(&self, key: &str) -> bool {
        let count = self.offers.with_untracked(Vec::len);
        if count == 0 {
            return false;
        }
        match key {
            "ArrowDown" => self.at.update(|at| *at = (*at + 1) % count),
            "ArrowUp" => self.at.update(|at| *at = (*at + count - 1) % count),
            "Enter" | "Tab" => {
                let suggest = *self;
                with_chunk(chunks::composer(), move |tools| {
                    if let Some(tools) = tools {
                        (tools.choose)(suggest);
                    }
                });
            }
            "Escape" => self.close(),
            _ => return false,
        }
        true
    }

    /// The id of the offer that the keys are on, for screen readers.
    #[must_use]
    pub fn active(&self) -> Option<String> {
        self.offers.with(|offers| !offers.is_empty()).then(|| format!("{LIST}-{}", self.at.get()))
    }

    /// The place of the list above the field.
    #[must_use]
    pub fn view(self) -> AnyView {
        let any = memo(move || self.offers.with(|offers| !offers.is_empty()));
        dynamic(move || {
            any.get().then(|| above(chunks::composer(), move |tools| (tools.offers)(self), || ()))
        })
        .into_any()
    }
}

/// Offers what fits the text at the caret.
pub fn look_for_offers(suggest: Suggest) {
    let (_, caret) = selected(suggest.field);
    let sought = suggest.composer.text.with_untracked(|text| sought(text, caret));
    let offers = match sought {
        Some(Sought::Reply { part, words }) => {
            let reply = |one: Canned| Offer {
                name: format!("/{}", one.name),
                below: one.text.clone(),
                part,
                text: one.text,
                named: None,
            };
            canned_like(&canned(suggest.composer.client), &words).into_iter().take(MOST).map(reply).collect()
        }
        Some(Sought::Member { part, words }) if suggest.group => members_for(suggest, part, &words),
        _ => Vec::new(),
    };
    if suggest.offers.with_untracked(|shown| *shown != offers) {
        suggest.at.set(0);
        suggest.offers.set(offers);
    }
}

fn members_for(suggest: Suggest, part: Part, words: &str) -> Vec<Offer> {
    let Some(members) = suggest.members.get_untracked() else {
        load_members(suggest);
        return Vec::new();
    };
    let offer = |member: GroupMember| {
        let alike = members.iter().any(|other| other.name == member.name && other.jid != member.jid);
        let named = Named::of(&member, alike);
        Offer {
            below: member.phone_number.as_deref().map(phone).unwrap_or_default(),
            part,
            text: format!("@{} ", named.name),
            named: Some(named),
            name: member.name,
        }
    };
    members_like(&members, words, MOST).into_iter().map(offer).collect()
}

fn load_members(suggest: Suggest) {
    let device = suggest.device.with_untracked(|state| Some(state.as_ref()?.device.id.clone()));
    let Some(device) = device else { return };
    let path = format!("/devices/{device}/groups/{}", suggest.composer.chat_id());
    rest(Verb::Get, path, None, move |answer: Result<GroupInfo, Problem>| {
        // Without an answer the next key asks again.
        if let Ok(group) = answer
            && suggest.members.try_set(Some(group.members)).is_none()
        {
            look_for_offers(suggest);
        }
    });
}

/// Takes the offer that the keys are on.
pub fn choose_offer(suggest: Suggest) {
    choose(suggest, suggest.at.get_untracked());
}

fn choose(suggest: Suggest, place: usize) {
    let Some(offer) = suggest.offers.with_untracked(|offers| offers.get(place).cloned()) else { return };
    let (text, caret) = suggest.composer.text.with_untracked(|text| put(text, offer.part, &offer.text));
    if let Some(named) = offer.named {
        suggest.composer.named.update_value(|all| {
            if !all.contains(&named) {
                all.push(named);
            }
        });
    }
    write_field(suggest.field, &text, (caret, caret));
    suggest.composer.typed(text);
    suggest.close();
    host::focus("#composer");
}

/// The list above the field.
pub fn offers_list(suggest: Suggest) -> AnyView {
    let w = &messages().writing;
    let one = move |(place, offer): (usize, Offer)| {
        let on = live(move || (suggest.at.get() == place).to_string());
        view! {
            <li
                class="suggestions__one" role="option" id=format!("{LIST}-{place}") aria-selected=on
                on:mousedown=move |event| event.prevent_default()
                on:click=move |_| choose(suggest, place)
            >
                <span class="suggestions__name" dir="auto">{offer.name}</span>
                <span class="menu__small" dir="auto">{offer.below}</span>
            </li>
        }
    };
    dynamic(move || {
        let offers = suggest.offers.get();
        (!offers.is_empty()).then(|| {
            let members = offers.iter().any(|offer| offer.named.is_some());
            let label = if members { w.members } else { w.replies };
            let all = offers.into_iter().enumerate().map(one).collect_view();
            view! { <ul class="suggestions" role="listbox" id=LIST aria-label=label>{all}</ul> }
        })
    })
    .into_any()
}
