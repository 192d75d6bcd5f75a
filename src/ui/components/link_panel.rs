//! Linking a device to a phone: scan, connecting, ready.

use super::pairing::Pairing;
use super::qr::QrCode;
use crate::model::sandbox::Phone;
use crate::model::{DeviceState, Step};
use crate::protocol::{CauseCode, Command, DeviceId, DeviceStatus, Network};
use crate::ui::client::Tone;
use crate::ui::hooks::host;
use crate::ui::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::time::Duration;

/// How long the success is shown before the chats are.
const SUCCESS: Duration = Duration::from_millis(1800);

/// What stands where the code does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scene {
    /// Nothing was asked for yet.
    Idle,
    /// A code is on its way.
    Getting,
    Code,
    /// The codes ran out.
    Expired,
    Connecting,
    Ready,
}

fn scene(state: &DeviceState) -> Scene {
    let expired = state.device.cause.as_ref().is_some_and(|cause| cause.code == CauseCode::QrExpired);
    match state.device.status {
        DeviceStatus::QrRequired if state.qr.is_some() => Scene::Code,
        DeviceStatus::QrRequired | DeviceStatus::Starting => Scene::Getting,
        DeviceStatus::Authenticating => Scene::Connecting,
        DeviceStatus::Connected => Scene::Ready,
        _ if expired => Scene::Expired,
        _ => Scene::Idle,
    }
}

/// The panel.
#[component]
pub fn LinkPanel(client: Client, id: DeviceId) -> impl IntoView {
    let t = messages();
    let device = client.device(id.clone());
    let scene = memo(move || device.with(|state| state.as_ref().map_or(Scene::Idle, scene)));
    let step = memo(move || device.with(|state| state.as_ref().map_or(Step::Scan, DeviceState::step)));
    let by_number = RwSignal::new(false);
    let name = device
        .with_untracked(|state| state.as_ref().map(|state| state.device.name.clone()))
        .unwrap_or_default();
    let title = Signal::derive(move || {
        device
            .with(|state| state.as_ref().map(|state| (t.link.title)(&state.device.name)))
            .unwrap_or_default()
    });
    let sandbox = client.network() == Network::Sandbox;
    let qr = Signal::derive(move || device.with(|state| state.as_ref().and_then(|state| state.qr.clone())));
    after_success(scene);
    let start = Command::ConnectDevice { device_id: id.clone() };
    let (pair_id, scan_id, qr_id) = (id.clone(), id.clone(), id);
    let side = move || {
        let start = start.clone();
        match scene.get() {
            Scene::Idle => view! {
                <Placeholder icon="qr" text=t.link.idle_text>
                    <StartButton client start label=t.link.start/>
                </Placeholder>
            }
            .into_any(),
            Scene::Expired => view! {
                <Placeholder icon="qr" title=t.link.expired_title text=t.link.expired_text>
                    <StartButton client start label=t.link.new_codes/>
                </Placeholder>
            }
            .into_any(),
            Scene::Getting => view! { <div class="qr"><div class="qr__frame qr__frame--getting" role="status"><span class="spinner" aria-hidden="true"></span>{t.link.getting}</div></div> }.into_any(),
            Scene::Code => view! { <QrCode id=qr_id.clone() name=name.clone() qr/> }.into_any(),
            Scene::Connecting => view! {
                <div class="link-scene" role="status">
                    <span class="link-scene__ring link-scene__ring--busy" aria-hidden="true"><Icon name="link"/></span>
                    <p class="link-scene__title">{t.link.connecting_title}</p>
                    <p class="link-scene__text">{t.link.connecting_text}</p>
                </div>
            }
            .into_any(),
            Scene::Ready => view! {
                <div class="link-scene" role="status">
                    <span class="link-scene__ring link-scene__ring--done" aria-hidden="true"><Icon name="check"/></span>
                    <p class="link-scene__title">{t.link.done_title}</p>
                    <p class="link-scene__text">{(t.link.done_text)(&name)}</p>
                    <a class="button button--primary" href="/chats">{t.link.to_chats}</a>
                </div>
            }
            .into_any(),
        }
    };
    let waits =
        memo(move || matches!(scene.get(), Scene::Idle | Scene::Expired | Scene::Getting | Scene::Code));
    let how = move || {
        waits.get().then(|| {
            let other = if by_number.get() { t.link.use_qr } else { t.link.use_number };
            let body = if by_number.get() {
                view! { <Pairing client id=pair_id.clone() device/> }.into_any()
            } else {
                view! { <HowTo/> }.into_any()
            };
            let scan_id = scan_id.clone();
            view! {
                {body}
                <div class="link-panel__ways">
                    <button type="button" class="button" on:click=move |_| by_number.update(|on| *on = !*on)>{other}</button>
                    {sandbox.then(|| view! { <SandboxScan client id=scan_id qr/> })}
                </div>
            }
        })
    };
    view! {
        <section class="link-panel" aria-label=title>
            <div class="link-panel__words">
                <Steps step/>
                <h2 class="link-panel__title" dir="auto">{title}</h2>
                {how}
            </div>
            <div class="link-panel__side">{side}</div>
        </section>
    }
}

/// Once the link has come about before the reader's eyes, the chats are next.
fn after_success(scene: Memo<Scene>) {
    let go = use_navigate();
    Effect::new(move |before: Option<Scene>| {
        let now = scene.get();
        if now == Scene::Ready && before.is_some_and(|before| before != Scene::Ready) {
            let go = go.clone();
            let timer = set_timeout(move || go("/chats", NavigateOptions::default()), SUCCESS);
            if let Ok(timer) = timer {
                on_cleanup(move || timer.clear());
            }
        }
        now
    });
}

#[component]
fn Steps(step: Memo<Step>) -> impl IntoView {
    let t = messages();
    let steps = [
        (Step::Scan, "1", t.link.scan),
        (Step::Connecting, "2", t.link.connecting),
        (Step::Ready, "3", t.link.ready),
    ];
    let items = steps.map(|(of, number, label)| {
        view! {
            <li
                class="steps__item" class:steps__item--done=live(move || { step.get() > of })
                aria-current=live(move || (step.get() == of).then_some("step"))
            >
                <span class="steps__number">{number}</span>{label}
            </li>
        }
    });
    view! { <ol class="steps" aria-label=t.link.steps>{items.collect_view()}</ol> }
}

#[component]
fn HowTo() -> impl IntoView {
    let t = messages();
    let [before, app, after] = t.link.open_app;
    view! {
        <ol class="how-to">
            <li>{before}<b>{app}</b>{after}</li>
            <li><b>{t.link.menu}</b></li>
            <li>{t.link.point}</li>
        </ol>
    }
}

#[component]
fn Placeholder(
    icon: &'static str,
    #[prop(optional)] title: Option<&'static str>,
    text: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="qr">
            <div class="qr__frame qr__frame--empty">
                <Icon name=icon/>
                {title.map(|title| view! { <p class="qr__title" role="status">{title}</p> })}
                <p>{text}</p>
                {children()}
            </div>
        </div>
    }
}

#[component]
fn StartButton(client: Client, start: Command, label: &'static str) -> impl IntoView {
    view! {
        <button type="button" class="button button--primary" on:click=move |_| super::device_actions::act(client, start.clone())>{label}</button>
    }
}

/// In the sandbox: which of its phones scans the code.
#[component]
fn SandboxScan(client: Client, id: DeviceId, qr: Signal<Option<crate::protocol::Qr>>) -> impl IntoView {
    let t = messages();
    let phones = RwSignal::new(Vec::<Phone>::new());
    let menu = format!("scan-{id}");
    react(move |_| {
        host::phone_phones(move |list| {
            if let Ok(list) = list {
                phones.try_set(list);
            }
        });
    });
    let scan = move |number: String| {
        let Some(qr) = qr.get_untracked() else { return };
        let body = serde_json::json!({ "qr": qr.qr });
        host::phone_act(&format!("/phones/{number}/scan"), Some(body), move |done| {
            if let Err(problem) = done {
                client.toast(Tone::Bad, problem.detail);
            }
        });
    };
    let hide = menu.clone();
    view! {
        <button
            type="button" class="button button--primary" popovertarget=menu.clone()
            disabled=live(move || qr.with(Option::is_none))
        >
            <Icon name="sandbox"/>{t.link.sandbox_scan}
        </button>
        <div class="menu" id=menu popover="auto" on:click=move |_| host::hide_popover(&hide)>
            <p class="menu__title">{t.link.sandbox_choose}</p>
            {dynamic(move || {
                let phones = phones.get();
                if phones.is_empty() {
                    return view! { <p class="menu__none">{t.link.sandbox_none}</p> }.into_any();
                }
                phones.into_iter().map(|phone| {
                    let number = phone.number.clone();
                    view! {
                        <button type="button" class="menu__item" on:click=move |_| scan(number.clone())>
                            <Avatar name=phone.name.clone() seed=phone.number.clone() size="avatar--tiny"/>
                            <span><bdi>{phone.name}</bdi><small class="menu__small tabular">{crate::model::text::phone(&phone.number)}</small></span>
                        </button>
                    }
                }).collect_view().into_any()
            })}
        </div>
    }
}
