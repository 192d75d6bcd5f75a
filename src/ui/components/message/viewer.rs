//! Looking at pictures and films, one after the other, as large as one likes.

use crate::model::{Exhibit, Fingers, Gesture};
use crate::ui::chunks;
use crate::ui::components::MomentText;
use crate::ui::hooks::{close_dialog, host, show_dialog};
use crate::ui::prelude::*;
use leptos::html::{Dialog, Div};

/// How large a picture is shown, in percent of the room for it: as large as fits first.
const ZOOMS: [u32; 5] = [FITS, 130, LARGER, 260, LARGEST];
const FITS: u32 = 100;
/// What two taps make of it.
const LARGER: u32 = 180;
const LARGEST: u32 = 400;

/// What a button of the viewer does.
type Go = Box<dyn Fn() + Send>;

/// The step that the buttons and the styles count this size as.
fn step_of(zoom: u32) -> usize {
    ZOOMS.iter().position(|step| *step >= zoom).unwrap_or(ZOOMS.len() - 1)
}

/// The place of the viewer, while somebody looks at something.
pub fn media_viewer(client: Client) -> AnyView {
    let open = memo(move || client.viewing.with(Option::is_some));
    let shut = move || {
        client.gallery.set(Vec::new());
        drop(client.viewing.try_set(None));
    };
    dynamic(move || {
        open.get().then(|| above(chunks::message(), move |message| (message.viewer)(client), shut))
    })
    .into_any()
}

/// What it shows.
pub fn viewer(client: Client) -> AnyView {
    let t = messages();
    let v = &t.viewing;
    let dialog = NodeRef::<Dialog>::new();
    let stage = NodeRef::<Div>::new();
    let zoom = RwSignal::new(FITS);
    let fingers = StoredValue::new(Fingers::default());
    // How large it was when two fingers began to pinch, and whether it was touched last, and not pressed.
    let (pinched, touched) = (StoredValue::new(FITS), StoredValue::new(false));
    let rtl = use_context::<Locale>().unwrap_or_default().direction() == "rtl";
    react(move |shown: Option<()>| {
        if shown.is_none() {
            show_dialog(dialog);
        }
    });
    react(move |_| {
        let zoom = zoom.get();
        host::set_zoom(stage, zoom, step_of(zoom));
    });
    // What comes while one looks is part of it, too; what the thread lets go meanwhile stays.
    let before = StoredValue::new(Vec::new());
    let all = memo(move || {
        let listed = client.gallery.get();
        if listed.is_empty() {
            client.slots.track();
            let all = client.read(|model| model.exhibits(before.get_value()));
            before.set_value(all.clone());
            return all;
        }
        listed
    });
    let place = memo(move || {
        let id = client.viewing.get();
        all.with(|all| all.iter().position(|one| Some(&one.message_id) == id.as_ref()))
    });
    let shown = memo(move || place.get().and_then(|place| all.with(|all| all.get(place).cloned())));
    let step = move |forward: bool| {
        let Some(here) = place.get_untracked() else { return };
        let there = if forward { here + 1 } else { here.wrapping_sub(1) };
        let id = all.with_untracked(|all| all.get(there).map(|one| one.message_id.clone()));
        if id.is_some() {
            zoom.set(FITS);
            client.viewing.set(id);
        }
    };
    let scale = move |larger: bool| {
        let now = zoom.get_untracked();
        let next = if larger {
            ZOOMS.into_iter().find(|step| *step > now)
        } else {
            ZOOMS.into_iter().rev().find(|step| *step < now)
        };
        if let Some(next) = next {
            zoom.set(next);
        }
    };
    let twice = move || zoom.update(|zoom| *zoom = if *zoom == FITS { LARGER } else { FITS });
    let means = move |gesture: Gesture| match gesture {
        Gesture::Nothing => {}
        Gesture::Drag(right, down) => {
            if zoom.get_untracked() != FITS {
                host::pan(stage, right, down);
            }
        }
        Gesture::Pinch(percent) => {
            zoom.set((pinched.get_value() * percent / 100).clamp(FITS, LARGEST));
        }
        Gesture::Aside { right } => {
            if zoom.get_untracked() == FITS {
                step(right == rtl);
            }
        }
        Gesture::Twice => twice(),
    };
    let touch = move |event: &leptos::ev::PointerEvent, act: fn(&mut Fingers, i32, i32, i32) -> Gesture| {
        if event.pointer_type() == "touch" {
            let (id, x, y) = (event.pointer_id(), event.client_x(), event.client_y());
            means(fingers.try_update_value(|fingers| act(fingers, id, x, y)).unwrap_or(Gesture::Nothing));
        }
    };
    let put_down = move |event: &leptos::ev::PointerEvent| {
        touched.set_value(event.pointer_type() == "touch");
        if host::on_controls(event) {
            return;
        }
        touch(event, |fingers, id, x, y| {
            fingers.down(id, x, y);
            Gesture::Nothing
        });
        if fingers.with_value(Fingers::pinch) {
            pinched.set_value(zoom.get_untracked());
        }
    };
    let keyed = move |event: leptos::ev::KeyboardEvent| {
        // A film's own controls have their own keys.
        let film = shown.with_untracked(|one| one.as_ref().is_some_and(|one| one.film));
        match event.key().as_str() {
            "ArrowRight" if zoom.get_untracked() == FITS && !film => step(!rtl),
            "ArrowLeft" if zoom.get_untracked() == FITS && !film => step(rtl),
            "PageDown" => step(true),
            "PageUp" => step(false),
            "+" | "=" => scale(true),
            "-" => scale(false),
            "0" => zoom.set(FITS),
            _ => return,
        }
        event.prevent_default();
    };
    let count = move || {
        let number = |count: usize| i64::try_from(count).unwrap_or(0);
        place.get().map(|place| (v.place)(number(place + 1), number(all.with(Vec::len))))
    };
    let first = memo(move || place.get().is_none_or(|place| place == 0));
    let last = memo(move || place.get().is_none_or(|place| place + 1 >= all.with(Vec::len)));
    let tool = move |icon: &'static str, side: &'static str, label: &'static str, off: Memo<bool>, go: Go| {
        let class = format!("icon-button viewer__tool {side}");
        view! {
            <button type="button" class=class aria-label=label title=label disabled=off on:click=move |_| go()>
                <Icon name=icon/>
            </button>
        }
    };
    let (smallest, largest) = (memo(move || zoom.get() == FITS), memo(move || zoom.get() == LARGEST));
    let download = move || {
        shown.get().map(|one| {
            let name = one.file_name.clone().unwrap_or_default();
            view! {
                <a class="icon-button viewer__tool" href=address(&one) download=name aria-label=v.download title=v.download>
                    <Icon name="download"/>
                </a>
            }
        })
    };
    view! {
        <dialog
            class="viewer" node_ref=dialog aria-label=v.title
            on:keydown=keyed
            on:close=move |_| {
                client.gallery.set(Vec::new());
                client.viewing.set(None);
            }
        >
            <header class="viewer__head">
                <div class="viewer__who">{dynamic(move || shown.get().map(|one| who(client, &one, t)))}</div>
                <span class="viewer__count tabular" role="status">{count}</span>
                {tool("minus", "", v.zoom_out, smallest, Box::new(move || scale(false)))}
                {tool("plus", "", v.zoom_in, largest, Box::new(move || scale(true)))}
                {dynamic(download)}
                <button type="button" class="icon-button viewer__tool" aria-label=v.close title=v.close on:click=move |_| close_dialog(dialog)>
                    <Icon name="close"/>
                </button>
            </header>
            <div
                class="viewer__stage" data-zoom="0" node_ref=stage
                on:wheel=move |event| {
                    if event.ctrl_key() || zoom.get_untracked() == FITS {
                        scale(event.delta_y() < 0.0);
                    }
                }
                // Of two taps, the fingers are told already.
                on:dblclick=move |_| {
                    if !touched.get_value() {
                        twice();
                    }
                }
                on:pointerdown=move |event| put_down(&event)
                on:pointermove=move |event| touch(&event, Fingers::moved)
                on:pointerup=move |event| touch(&event, |fingers, id, x, y| fingers.up(id, x, y, host::now()))
                on:pointercancel=move |_| fingers.update_value(Fingers::forget)
            >
                {dynamic(move || shown.get().map(|one| exhibit(&one, t)))}
            </div>
            {tool("back", "viewer__side viewer__side--start", v.previous, first, Box::new(move || step(false)))}
            {tool("forth", "viewer__side viewer__side--end", v.next, last, Box::new(move || step(true)))}
            {dynamic(move || shown.get().filter(|one| !one.text.is_empty()).map(|one| view! {
                <p class="viewer__text" dir="auto">{crate::ui::components::rich_text::rich_text(&one.text)}</p>
            }))}
        </dialog>
    }
    .into_any()
}

fn address(one: &Exhibit) -> String {
    format!("/api/v1/media/{}/content", one.media)
}

fn who(client: Client, one: &Exhibit, t: &'static Messages) -> AnyView {
    let name = if one.from_me {
        t.thread.you.to_owned()
    } else {
        one.sender.clone().unwrap_or_else(|| {
            client
                .read(|model| {
                    let key = model.open_chat()?;
                    Some(model.chat(key)?.chat.name.clone())
                })
                .unwrap_or_default()
        })
    };
    let at = one.at;
    view! {
        <span class="viewer__name" dir="auto">{name}</span>
        <span class="viewer__at"><MomentText at/></span>
    }
    .into_any()
}

fn exhibit(one: &Exhibit, t: &'static Messages) -> AnyView {
    let v = &t.viewing;
    let content = address(one);
    let failed = RwSignal::new(false);
    let attempt = RwSignal::new(0_u32);
    let film = one.film;
    let kind = if film { crate::protocol::MessageKind::Video } else { crate::protocol::MessageKind::Image };
    let name = (t.kinds.name)(kind);
    let again = move |_| {
        failed.set(false);
        attempt.update(|attempt| *attempt += 1);
    };
    dynamic(move || {
        if failed.get() {
            return view! {
                <p class="viewer__failed" role="alert">{v.not_loaded}" "
                    <button type="button" class="link-button" on:click=again>{v.ask_again}</button>
                </p>
            }
            .into_any();
        }
        let source = match attempt.get() {
            0 => content.clone(),
            count => format!("{content}?again={count}"),
        };
        if film {
            return view! {
                <video src=source controls autoplay playsinline aria-label=name on:error=move |_| failed.set(true)></video>
            }
            .into_any();
        }
        view! { <img src=source alt=name draggable="false" on:error=move |_| failed.set(true)/> }.into_any()
    })
    .into_any()
}
