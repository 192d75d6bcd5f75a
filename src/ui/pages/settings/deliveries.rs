//! What became of a webhook's deliveries: the log, the dead letters, trying again and going back.

use super::list_section::ListSection;
use crate::model::settings::{Attempt, Delivery};
use crate::ui::client::Tone;
use crate::ui::components::{MomentText, fetched};
use crate::ui::hooks::{ServerList, Verb, rest, use_list};
use crate::ui::prelude::*;
use serde_json::{Value, json};

/// The states that can be looked at by themselves; empty for all.
const STATES: [&str; 4] = ["", "pending", "delivered", "dead"];

/// The log of this webhook.
pub fn deliveries(section: ListSection, hook: &str) -> AnyView {
    let t = messages();
    let base = format!("/webhooks/{hook}");
    let path = StoredValue::new(base.clone());
    let list = use_list::<Delivery>(format!("{base}/deliveries?limit=20"));
    let shown = RwSignal::new("");
    let choose = move |state: &'static str| {
        shown.set(state);
        let filter = if state.is_empty() { String::new() } else { format!("&state={state}") };
        list.turn(format!("{}/deliveries?limit=20{filter}", path.get_value()));
    };
    let chips = STATES.map(|state| {
        let label = if state.is_empty() { t.hooks.all } else { (t.hooks.state)(state) };
        view! { <button type="button" class="chip" aria-pressed=live(move || (shown.get() == state).to_string()) on:click=move |_| choose(state)>{label}</button> }
    });
    let rows = move || {
        if list.items.with(Vec::is_empty) {
            return view! { <p class="field__help">{t.hooks.log_none}</p> }.into_any();
        }
        let items = list.items.get().into_iter().map(|delivery| row(section, list, path, delivery));
        view! { <ul class="log">{items.collect_view()}</ul> }.into_any()
    };
    view! {
        <div class="log-head">
            <div class="chips chips--wrap" role="group" aria-label=t.hooks.log>{chips.collect_view()}</div>
            <button type="button" class="icon-button" aria-label=t.common.try_again on:click=move |_| list.reload()><Icon name="refresh"/></button>
        </div>
        {fetched(list.state, move || list.reload(), rows)}
        {dynamic(move || list.next.with(Option::is_some).then(|| view! {
            <button type="button" class="button button--small" on:click=move |_| list.more()>{t.manage.more}</button>
        }))}
    }
    .into_any()
}

/// The class of a state's colour.
fn tone(state: &str) -> &'static str {
    match state {
        "delivered" => "good",
        "pending" => "busy",
        "dead" => "bad",
        _ => "idle",
    }
}

fn row(
    section: ListSection,
    list: ServerList<Delivery>,
    path: StoredValue<String>,
    delivery: Delivery,
) -> AnyView {
    let t = messages();
    let client = section.client;
    let state = (t.hooks.state)(&delivery.state);
    let again = format!("{}/deliveries/{}/retry", path.get_value(), delivery.id);
    let retry = move |_| {
        rest::<Value>(Verb::Post, again.clone(), None, move |done| match done {
            Ok(_) => {
                client.toast(Tone::Good, t.hooks.retried);
                list.reload();
            }
            Err(problem) => client.toast(Tone::Bad, problem.detail),
        });
    };
    let cursor = delivery.cursor.clone();
    let replay = move |_| {
        let cursor = cursor.clone();
        section.ask.ask(t.hooks.replay_title.to_owned(), t.hooks.replay_text, t.hooks.replay, move || {
            let Some(path) = path.try_get_value() else { return };
            section.act(
                Verb::Post,
                format!("{path}/replay"),
                Some(json!({ "since": cursor })),
                t.hooks.replayed,
            );
        });
    };
    view! {
        <li class="log__row">
            <div class="log__words">
                <span class=format!("presence presence--{}", tone(&delivery.state))><span class="presence__dot" aria-hidden="true"></span>{state}</span>
                <code>{delivery.event_type}</code>
                <MomentText at=delivery.created_at/>
                <span>{(t.hooks.attempts)(delivery.attempts.into())}</span>
                {delivery.next_attempt_at.map(|at| view! { <span>{t.hooks.next_at}" "<MomentText at/></span> })}
                {delivery.history.last().cloned().map(outcome)}
            </div>
            <div class="log__actions">
                <button type="button" class="link-button" on:click=retry>{t.hooks.retry}</button>
                <button type="button" class="link-button" on:click=replay>{t.hooks.replay}</button>
            </div>
        </li>
    }
    .into_any()
}

/// How the last attempt ended.
fn outcome(attempt: Attempt) -> AnyView {
    let t = messages();
    let answer = attempt.status.map(|status| (t.hooks.answered)(&status.to_string()));
    let text = answer.or(attempt.error).unwrap_or_default();
    view! { <span dir="auto">{text}</span> }.into_any()
}
