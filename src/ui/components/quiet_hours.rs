//! The quiet hours of this browser: the part of the alerts' card that sets them.

use super::alerts_card::Switch;
use crate::model::quiet::{DAYS, QuietHours, minutes_of};
use crate::ui::hooks::{Beside, host, switch, use_seconds};
use crate::ui::prelude::*;

/// The switch, and below it the hours while it is on.
pub fn quiet_hours(client: Client, beside: Beside) -> AnyView {
    let t = messages();
    let on = memo(move || beside.choices.with(|choices| choices.quiet));
    let set = move |on: bool| {
        beside.choose(|choices| {
            choices.quiet = on;
            choices.hours.get_or_insert_default();
        });
    };
    view! {
        <div class="switches">
            <Switch label=t.quiet.title.to_owned() on set=Callback::new(set)/>
            <p class="card__text">{t.quiet.text}</p>
            {dynamic(move || on.get().then(|| hours(client, beside)))}
        </div>
    }
    .into_any()
}

/// What this browser has.
fn chosen(beside: Beside) -> QuietHours {
    beside.choices.with(|choices| choices.hours.clone().unwrap_or_default())
}

/// Changes it.
fn change(beside: Beside, change: impl FnOnce(&mut QuietHours)) {
    beside.choose(|choices| change(choices.hours.get_or_insert_default()));
}

fn hours(client: Client, beside: Beside) -> AnyView {
    let t = messages();
    let now = use_seconds();
    let until = memo(move || {
        let now = now.get();
        chosen(beside).quiet_until(now, host::utc_offset(now))
    });
    let begun = untrack(move || chosen(beside));
    let from = time(t.quiet.from, begun.from, move |time| change(beside, |hours| hours.from = time));
    let to = time(t.quiet.until, begun.until, move |time| change(beside, |hours| hours.until = time));
    let days = DAYS.iter().zip(t.times.weekdays).map(|(day, name)| {
        let on = memo(move || chosen(beside).days.iter().any(|other| other == day));
        view! {
            <label class="choice">
                <input
                    class="choice__input" type="checkbox"
                    prop:checked=on checked=on.get_untracked()
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        change(beside, |hours| switch(&mut hours.days, day, on));
                    }
                />
                <span class="choice__face">{name}</span>
            </label>
        }
    });
    view! {
        <div class="quiet" role="group" aria-label=t.quiet.title>
            <div class="quiet__times">{from}{to}</div>
            <fieldset class="choices choices--many">
                <legend class="field__label">{t.quiet.days}</legend>
                {days.collect_view()}
            </fieldset>
            <p class="field__help">{t.quiet.days_text}</p>
            <p class="quiet__now" role="status">
                {dynamic(move || until.get().map(|at| (t.quiet.now)(&client.clock.time(at))))}
            </p>
        </div>
    }
    .into_any()
}

/// A time of the day. It keeps what is written in it: while an hour is typed, it is another one.
fn time(label: &'static str, begun: String, set: impl Fn(String) + Send + 'static) -> AnyView {
    let changed = move |event: leptos::ev::Event| {
        let time = event_target_value(&event);
        if minutes_of(&time).is_some() {
            set(time);
        }
    };
    view! {
        <label class="field">
            <span class="field__label">{label}</span>
            <input class="field__input" type="time" required=true value=begun on:change=changed/>
        </label>
    }
    .into_any()
}
