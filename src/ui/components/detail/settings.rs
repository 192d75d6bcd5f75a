//! What every chat has: how it is notified of, what disappears, its labels, and the ways to be rid of it.

use super::choice::{choice, chosen};
use super::place::Place;
use crate::protocol::{ChatChange, DISAPPEAR_SECONDS, DeviceId, Label, MUTED_ALWAYS, Millis};
use crate::ui::components::chat_filters::LabelDot;
use crate::ui::components::modal::confirm;
use crate::ui::hooks::{Verb, host};
use crate::ui::prelude::*;
use serde_json::json;

const HOUR: Millis = 3_600_000;

/// The part of the details that is the same for people and groups.
pub fn settings(place: Place) -> AnyView {
    let t = messages();
    let home = format!("/chats/{}", place.chat());
    let sends = place.client.may_send();
    let link = |part: &str, icon: &'static str, label: &'static str| {
        view! { <a class="detail__row" href=format!("{home}?info={part}")><Icon name=icon/><span>{label}</span></a> }
    };
    view! {
        <section class="detail__section">
            {link("search", "search", t.thread.search)}
            {link("starred", "star", t.details.starred)}
            {link("media", "image", t.details.media)}
        </section>
        <section class="detail__section">
            {mute(place)}
            {disappearing(place)}
        </section>
        {if sends { labels(place) } else { given(place) }}
        {sends.then(|| endings(place))}
    }
    .into_any()
}

fn said(text: &'static str) -> Signal<String> {
    Signal::derive(move || text.to_owned())
}

fn mute(place: Place) -> AnyView {
    let t = messages();
    let clock = place.client.clock;
    let until =
        memo(move || place.cell.with(|state| state.chat.muted_until).filter(|until| clock.is_ahead(*until)));
    let now = Signal::derive(move || match until.get() {
        None => "off",
        Some(until) if until >= MUTED_ALWAYS => "always",
        Some(_) => "",
    });
    let says = Signal::derive(move || {
        let at = until.get().filter(|until| *until < MUTED_ALWAYS);
        at.map(|at| (t.details.muted_until)(&clock.moment(at, t))).unwrap_or_default()
    });
    let choices = vec![
        ("off", said(t.details.mute_off)),
        ("", says),
        ("hours", said(t.details.mute_hours)),
        ("week", said(t.details.mute_week)),
        ("always", said(t.details.mute_always)),
    ];
    if !place.client.may_send() {
        return chosen(t.details.notifications, choices, now);
    }
    choice(t.details.notifications, choices, now, move |chosen, again| {
        let until = match chosen.as_str() {
            "hours" => Some(host::now() + 8 * HOUR),
            "week" => Some(host::now() + 7 * 24 * HOUR),
            "always" => Some(MUTED_ALWAYS),
            _ => None,
        };
        place.change_or(ChatChange::Mute { until }, again);
    })
}

fn disappearing(place: Place) -> AnyView {
    let t = messages();
    let seconds = memo(move || place.cell.with(|state| state.chat.expires_in).unwrap_or(0));
    let [day, week, quarter] = DISAPPEAR_SECONDS;
    let now = Signal::derive(move || match seconds.get() {
        0 => "never",
        seconds if seconds == day => "day",
        seconds if seconds == week => "week",
        seconds if seconds == quarter => "quarter",
        _ => "",
    });
    let odd = Signal::derive(move || format!("{} s", seconds.get()));
    let choices = vec![
        ("never", said(t.details.never)),
        ("", odd),
        ("day", said(t.details.day)),
        ("week", said(t.details.week)),
        ("quarter", said(t.details.quarter)),
    ];
    if !place.client.may_send() {
        return chosen(t.details.disappearing, choices, now);
    }
    choice(t.details.disappearing, choices, now, move |chosen, again| {
        let seconds = match chosen.as_str() {
            "day" => day,
            "week" => week,
            "quarter" => quarter,
            _ => 0,
        };
        place.change_or(ChatChange::Disappear { seconds }, again);
    })
}

/// The labels of the chat's account.
fn account_labels(place: Place) -> Memo<Vec<Label>> {
    let (client, device) = (place.client, place.device());
    memo(move || {
        let own = |(of, label): &(DeviceId, Label)| (*of == device).then(|| label.clone());
        client.labels.with(|all| all.iter().filter_map(own).collect())
    })
}

/// The labels that the chat has, for whoever may not change them.
fn given(place: Place) -> AnyView {
    let t = messages();
    let all = account_labels(place);
    let given = memo(move || {
        let on = |label: &Label| place.cell.with(|state| state.chat.labels.contains(&label.id));
        all.with(|all| all.iter().filter(|label| on(label)).cloned().collect::<Vec<_>>())
    });
    let chip = |label: Label| {
        view! { <li class="chip"><LabelDot color=label.color/><bdi>{label.name}</bdi></li> }
    };
    dynamic(move || {
        let given = Some(given.get()).filter(|given| !given.is_empty());
        given.map(|given| {
            view! {
                <section class="detail__section">
                    <h3 class="detail__heading">{t.details.labels}</h3>
                    <ul class="chips chips--wrap">{given.into_iter().map(chip).collect_view()}</ul>
                </section>
            }
        })
    })
    .into_any()
}

fn labels(place: Place) -> AnyView {
    let t = messages();
    let client = place.client;
    let all = account_labels(place);
    let chip = move |label: Label| {
        let id = StoredValue::new(label.id);
        let on = memo(move || place.cell.with(|state| id.with_value(|id| state.chat.labels.contains(id))));
        let press = move |_| {
            id.with_value(|id| host::label_chat(client, &place.chat(), id, !on.get_untracked()));
        };
        view! {
            <button type="button" class="chip" aria-pressed=live(move || on.get().to_string()) on:click=press>
                <LabelDot color=label.color/><bdi>{label.name}</bdi>
            </button>
        }
    };
    let name = RwSignal::new(String::new());
    let make = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let text = name.get_untracked().trim().to_owned();
        if text.is_empty() {
            return;
        }
        let path = format!("/devices/{}/labels", place.device());
        place.ask(Verb::Post, path, Some(json!({ "name": text })), move |label: Option<Label>| {
            if label.is_some() {
                name.try_set(String::new());
            }
        });
    };
    view! {
        <section class="detail__section">
            <h3 class="detail__heading">{t.details.labels}</h3>
            {dynamic(move || Some(all.get()).filter(|all| !all.is_empty()).map(|all| view! {
                <div class="chips chips--wrap" role="group" aria-label=t.details.labels>{all.into_iter().map(chip).collect_view()}</div>
            }))}
            <form class="detail__form" on:submit=make>
                <input
                    class="field__input" type="text" maxlength="100" autocomplete="off" placeholder=t.details.new_label aria-label=t.details.new_label
                    prop:value=name on:input=move |event| name.set(event_target_value(&event))
                />
                <button type="submit" class="button">{t.details.add}</button>
            </form>
        </section>
    }
    .into_any()
}

fn endings(place: Place) -> AnyView {
    let t = messages();
    let client = place.client;
    let (clear, delete, leave) = (RwSignal::new(None), RwSignal::new(None), RwSignal::new(None));
    let row = move |asked: RwSignal<Option<String>>, icon: &'static str, label: &'static str| {
        view! {
            <button type="button" class="detail__row detail__row--bad" on:click=move |_| asked.set(Some(untrack(|| place.name())))>
                <Icon name=icon/><span>{label}</span>
            </button>
        }
        .into_any()
    };
    let inside = memo(move || {
        client.pane.with(|pane| pane.as_ref()?.group.as_ref().map(|group| !group.left)).unwrap_or(false)
    });
    let go = StoredValue::new(leptos_router::hooks::use_navigate());
    view! {
        <section class="detail__section">
            {dynamic(move || inside.get().then(|| row(leave, "logout", t.details.leave)))}
            {row(clear, "clear", t.details.clear)}
            {row(delete, "trash", t.details.delete)}
        </section>
        {confirm(leave, |name| (t.details.leave_title)(name), t.details.leave_text, t.details.leave, move |_| {
            place.ask(Verb::Post, place.group_path("/leave"), None, move |left: Option<()>| {
                if left.is_some() {
                    place.load_group();
                }
            });
        })}
        {confirm(clear, |name| (t.details.clear_title)(name), t.details.clear_text, t.details.clear, move |_| place.change(ChatChange::Clear))}
        {confirm(delete, |name| (t.details.delete_title)(name), t.details.delete_text, t.details.delete, move |_| {
            place.change(ChatChange::Delete);
            go.with_value(|go| go("/chats", leptos_router::NavigateOptions::default()));
        })}
    }
    .into_any()
}
