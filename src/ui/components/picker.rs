//! Choosing people or chats of a device from a list that can be searched.

use crate::model::text::phone;
use crate::protocol::{Chat, Contact, DeviceId, Page};
use crate::ui::hooks::{Verb, rest};
use crate::ui::prelude::*;

/// Fewer digits than this are no number.
const SHORTEST: usize = 7;

/// What is chosen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// People that the device knows, or any number that is typed.
    People,
    /// The same, as far as their numbers are known.
    Numbers,
    Chats,
}

/// Somebody, or a chat, that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// A JID or a number; or a chat's id.
    pub id: String,
    pub name: String,
    /// Digits; of people only.
    pub number: Option<String>,
    below: String,
    picture: Option<String>,
}

impl Pick {
    fn person(contact: Contact) -> Self {
        let below = contact.phone_number.as_deref().map(phone).unwrap_or_default();
        let below = if below == contact.name { String::new() } else { below };
        Self {
            id: contact.jid,
            name: contact.name,
            number: contact.phone_number,
            below,
            picture: contact.picture,
        }
    }

    fn chat(chat: Chat) -> Self {
        let below = chat.phone_number.as_deref().map(phone).unwrap_or_default();
        let name = if Some(&chat.name) == chat.phone_number.as_ref() { below.clone() } else { chat.name };
        let below = if below == name { String::new() } else { below };
        Self { id: chat.id.to_string(), name, number: None, below, picture: chat.picture }
    }

    /// A number as somebody typed it, if it is one.
    fn typed(text: &str) -> Option<Self> {
        let usual = |c: char| c.is_ascii_digit() || "+()-./ ".contains(c);
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is = text.chars().all(usual) && digits.len() >= SHORTEST;
        is.then(|| Self {
            name: phone(&digits),
            number: Some(digits.clone()),
            id: digits,
            below: String::new(),
            picture: None,
        })
    }
}

/// A text as part of an address.
#[must_use]
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn fetch(pool: Pool, device: &DeviceId, query: &str, then: impl FnOnce(Option<Vec<Pick>>) + 'static) {
    let q = if query.is_empty() { String::new() } else { format!("&q={}", encoded(query)) };
    match pool {
        Pool::People | Pool::Numbers => {
            let path = format!("/devices/{device}/contacts?limit=200{q}");
            rest(Verb::Get, path, None, move |answer: Result<Page<Contact>, _>| {
                let people = answer.ok().map(|page| {
                    let people = page.items.into_iter().map(Pick::person);
                    let mut people: Vec<Pick> =
                        people.filter(|pick| pool == Pool::People || pick.number.is_some()).collect();
                    people.sort_by_key(|pick| pick.name.to_lowercase());
                    people
                });
                then(people);
            });
        }
        Pool::Chats => {
            let path = format!("/devices/{device}/chats?limit=50{q}");
            rest(Verb::Get, path, None, move |answer: Result<Page<Chat>, _>| {
                then(answer.ok().map(|page| page.items.into_iter().map(Pick::chat).collect()));
            });
        }
    }
}

/// The list with its search. With `several`, pressing one again takes it back; else the last one pressed counts.
/// `hidden` are ids that are not shown.
pub fn picker(
    pool: Pool,
    device: Signal<Option<DeviceId>>,
    several: bool,
    chosen: RwSignal<Vec<Pick>>,
    hidden: Vec<String>,
) -> AnyView {
    let t = messages();
    let query = RwSignal::new(String::new());
    let found = RwSignal::new(None::<Vec<Pick>>);
    let failed = RwSignal::new(false);
    let round = StoredValue::new(0_u32);
    let hidden = StoredValue::new(hidden);
    react(move |_| {
        let (device, text) = (device.get(), query.with(|text| text.trim().to_owned()));
        let Some(device) = device else { return };
        round.update_value(|round| *round += 1);
        let this = round.get_value();
        fetch(pool, &device, &text, move |picks| {
            // An answer to what is no longer asked is none; nor is one after the list is gone.
            if round.try_get_value() == Some(this) {
                failed.set(picks.is_none());
                let mut picks = picks.unwrap_or_default();
                hidden.with_value(|hidden| picks.retain(|pick| !hidden.contains(&pick.id)));
                found.set(Some(picks));
            }
        });
    });
    let label = if pool == Pool::Chats { t.picker.chats } else { t.picker.people };
    let row = move |pick: Pick, says: Option<String>| {
        let id = pick.id.clone();
        let on = memo(move || chosen.with(|all| all.iter().any(|one| one.id == id)));
        let (name, below) = (says.unwrap_or_else(|| pick.name.clone()), pick.below.clone());
        let (seed, picture) = (pick.id.clone(), pick.picture.clone());
        let face = pick.name.clone();
        let mark = several.then(|| view! {
            <span class="pick__mark" aria-hidden="true">{dynamic(move || on.get().then(|| view! { <Icon name="check"/> }))}</span>
        });
        view! {
            <li>
                <button
                    type="button" class="pick" aria-pressed=live(move || several.then(|| on.get().to_string()))
                    on:click=move |_| chosen.update(|all| {
                        let known = all.iter().any(|one| one.id == pick.id);
                        if !several {
                            all.clear();
                        }
                        all.retain(|one| one.id != pick.id);
                        if !(several && known) {
                            all.push(pick.clone());
                        }
                    })
                >
                    <Avatar name=face seed picture size="avatar--small"/>
                    <span class="pick__who"><span class="pick__name" dir="auto">{name}</span><span class="pick__below tabular">{below}</span></span>
                    {mark}
                </button>
            </li>
        }
        .into_any()
    };
    let rows = move || {
        let typed = (pool != Pool::Chats).then(|| query.with(|text| Pick::typed(text.trim()))).flatten();
        let Some(picks) = found.get() else {
            return view! { <p class="picks__none" role="status">{t.common.loading}"…"</p> }.into_any();
        };
        if failed.get() && typed.is_none() {
            return view! { <p class="form-error" role="alert"><Icon name="warn"/>{t.details.not_loaded}</p> }
                .into_any();
        }
        if picks.is_empty() && typed.is_none() {
            let text = query.with(|text| text.trim().to_owned());
            let says =
                if text.is_empty() { t.picker.nobody_yet.to_owned() } else { (t.picker.nobody)(&text) };
            return view! { <p class="picks__none" role="status">{says}</p> }.into_any();
        }
        let typed = typed.map(|pick| {
            let says = (t.picker.typed)(&pick.name);
            row(pick, Some(says))
        });
        view! { <ul class="picks__list">{typed}{picks.into_iter().map(|pick| row(pick, None)).collect_view()}</ul> }.into_any()
    };
    let chips = move || {
        let all = chosen.get();
        let chip = |pick: Pick| {
            let id = pick.id.clone();
            view! {
                <button type="button" class="chip" aria-pressed="true" on:click=move |_| chosen.update(|all| all.retain(|one| one.id != id))>
                    <bdi>{pick.name}</bdi><Icon name="close"/>
                </button>
            }
        };
        let count = i64::try_from(all.len()).unwrap_or(0);
        (several && count > 0).then(|| {
            view! {
                <div class="chips chips--wrap picks__chosen" role="group" aria-label=(t.picker.chosen)(count)>
                    {all.into_iter().map(chip).collect_view()}
                </div>
            }
        })
    };
    view! {
        <div class="picks">
            <div class="search">
                <Icon name="search"/>
                <input
                    class="search__field" type="search" autocomplete="off" spellcheck="false" maxlength="100"
                    placeholder=label aria-label=label prop:value=query
                    on:input=move |event| query.set(event_target_value(&event))
                    on:keydown=move |event| if event.key() == "Enter" { event.prevent_default(); }
                />
            </div>
            {dynamic(chips)}
            <div class="picks__scroll">{dynamic(rows)}</div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_taken_in_any_usual_spelling() {
        assert_eq!(Pick::typed("+34 600-111.222").unwrap().id, "34600111222");
        assert_eq!(Pick::typed("(34) 600111222").unwrap().name, "+34 600 111 222");
        assert!(Pick::typed("12345").is_none() && Pick::typed("Ada 34600111222").is_none());
    }

    #[test]
    fn what_is_searched_for_is_no_part_of_the_address() {
        assert_eq!(encoded("a b&c=é"), "a%20b%26c%3D%C3%A9");
    }
}
