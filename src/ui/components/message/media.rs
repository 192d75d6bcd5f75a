//! Pictures, films, sounds and files.

use super::player::player;
use crate::model::bytes;
use crate::protocol::{Media, MediaState, MessageId, MessageKind};
use crate::ui::chunks;
use crate::ui::hooks::host;
use crate::ui::prelude::*;
use leptos::html::Video;

/// The longest side of a picture in a bubble, in pixels.
const LONGEST: u32 = 320;

/// The file as its kind is shown: a picture by its thumbnail, a sound to be played, a file to be taken.
pub fn media(message: Option<&MessageId>, kind: MessageKind, file: &Media, t: &'static Messages) -> AnyView {
    let Some(id) = &file.id else { return super::body::unshown(kind, t) };
    let content = format!("/api/v1/media/{id}/content");
    if matches!(file.state, Some(MediaState::Expired | MediaState::Refused)) {
        return gone(kind, file, id, t);
    }
    match kind {
        MessageKind::Image | MessageKind::Video => pictured(message, kind, file, id, content, t),
        MessageKind::Sticker if file.animated => {
            // Only the file itself moves. Who wants nothing to move has the small picture, which does not.
            let still = address(id);
            let picture = small(Fetched::new(), kind, content, size(file), t);
            view! {
                <picture class="sticker">
                    <source srcset=still media="(prefers-reduced-motion: reduce)"/>
                    {picture}
                </picture>
            }
            .into_any()
        }
        MessageKind::Sticker => {
            view! { <span class="sticker">{small(Fetched::new(), kind, address(id), size(file), t)}</span> }
                .into_any()
        }
        MessageKind::Audio => player(message, file, content, t),
        _ => document(file, id, content, t),
    }
}

/// Where the small picture of a file is.
fn address(id: &str) -> String {
    format!("/api/v1/media/{id}/thumbnail")
}

/// A file that nobody has any more, or that was not taken: what it was and why it is not here. There is nothing to
/// ask again for: the phone was asked already.
fn gone(kind: MessageKind, file: &Media, id: &str, t: &'static Messages) -> AnyView {
    let v = &t.viewing;
    let why = match (file.state, file.cause.as_deref()) {
        (Some(MediaState::Expired), _) => v.expired.to_owned(),
        (_, cause) => match cause.and_then(|cause| t.of_server(cause)) {
            Some(cause) => (v.refused)(cause),
            None => v.refused_bare.to_owned(),
        },
    };
    let seen = matches!(kind, MessageKind::Image | MessageKind::Video) && file.preview;
    let picture = seen.then(|| {
        let picture = small(Fetched::new(), kind, address(id), size(file), t);
        view! { <span class="picture picture--gone">{picture}</span> }
    });
    let name = file.file_name.clone().unwrap_or_else(|| (t.kinds.name)(kind).to_owned());
    let icon = crate::ui::components::message_row::kind_icon(kind).unwrap_or("unknown");
    view! {
        {picture}
        <span class="file-card file-card--gone">
            <Icon name=icon/>
            <span class="file-card__name" dir="auto">{name}</span>
            <span class="file-card__about">{why}</span>
        </span>
    }
    .into_any()
}

/// Whether a small picture is there: it may not be fetched, and be asked for again.
#[derive(Clone, Copy)]
struct Fetched {
    failed: RwSignal<bool>,
    attempt: RwSignal<u32>,
}

impl Fetched {
    fn new() -> Self {
        Self { failed: RwSignal::new(false), attempt: RwSignal::new(0) }
    }

    /// Asks again where it failed.
    fn again(self) -> bool {
        let failed = self.failed.get_untracked();
        if failed {
            self.attempt.update(|attempt| *attempt += 1);
            self.failed.set(false);
        }
        failed
    }
}

/// The picture at this address; where it cannot be fetched, that is said.
fn small(
    fetched: Fetched,
    kind: MessageKind,
    address: String,
    (width, height): (String, String),
    t: &'static Messages,
) -> AnyView {
    let v = &t.viewing;
    dynamic(move || {
        if fetched.failed.get() {
            return view! {
                <span class="picture__failed">{v.not_loaded}" "<span class="picture__again">{v.ask_again}</span></span>
            }
            .into_any();
        }
        let source = match fetched.attempt.get_untracked() {
            0 => address.clone(),
            count => format!("{address}?again={count}"),
        };
        view! {
            <img
                src=source alt=(t.kinds.name)(kind) width=width.clone() height=height.clone()
                loading="lazy" decoding="async" on:error=move |_| fetched.failed.set(true)
            />
        }
        .into_any()
    })
    .into_any()
}

/// A picture or a film, which opens in the viewer.
fn pictured(
    message: Option<&MessageId>,
    kind: MessageKind,
    file: &Media,
    id: &str,
    content: String,
    t: &'static Messages,
) -> AnyView {
    let client = use_client();
    let (width, height) = size(file);
    let fetched = Fetched::new();
    let film = kind == MessageKind::Video;
    let name = (t.kinds.name)(kind);
    let here = file.state == Some(MediaState::Available);
    // One that is not here yet would be fetched by everybody who only passes by.
    let moves = film && file.gif && here;
    let inside = if moves {
        moving(id, &content, file.preview, name, (width, height))
    } else if !film || file.preview {
        small(fetched, kind, address(id), (width, height), t)
    } else if here {
        // Films that were sent from here bring no small picture: their first one is shown.
        let source = content.clone();
        view! {
            <video src=source width=width height=height preload="metadata" muted=true playsinline aria-label=name></video>
        }
        .into_any()
    } else {
        view! { <span class="picture__blank">{name}</span> }.into_any()
    };
    let over = film.then(|| {
        let length = file.seconds.map(|seconds| format!("{}:{:02}", seconds / 60, seconds % 60));
        view! {
            <span class="picture__play" aria-hidden="true"><Icon name="play"/></span>
            {length.map(|length| view! { <span class="picture__length tabular">{length}</span> })}
        }
    });
    let message = message.cloned();
    let open = move |event: leptos::ev::MouseEvent| {
        if fetched.again() {
            return event.prevent_default();
        }
        let aside = event.ctrl_key() || event.meta_key() || event.shift_key();
        if let Some(message) = message.clone().filter(|_| !aside) {
            event.prevent_default();
            client.viewing.set(Some(message));
            host::hide_popover("message-menu");
        }
    };
    view! {
        <a
            class="picture" class:picture--film=film class:picture--moves=moves href=content target="_blank" rel="noopener"
            on:pointerenter=move |_| soon(&chunks::message()) on:click=open
        >{inside}{over}</a>
    }
    .into_any()
}

/// A film without sound, over and over; who wants nothing to move sees its beginning.
fn moving(
    id: &str,
    content: &str,
    preview: bool,
    name: &'static str,
    (width, height): (String, String),
) -> AnyView {
    let film = NodeRef::<Video>::new();
    react(move |_| {
        // Once it is on the page.
        film.track();
        host::play_silently(film);
    });
    let before = preview.then(|| address(id));
    view! {
        <video
            node_ref=film src=content.to_owned() poster=before width=width height=height preload="metadata"
            muted=true loop=true playsinline aria-label=name
        ></video>
    }
    .into_any()
}

/// A file to be taken, with the picture of its first page where it brought one.
fn document(file: &Media, id: &str, content: String, t: &'static Messages) -> AnyView {
    let name = file.file_name.clone().unwrap_or_else(|| (t.kinds.name)(MessageKind::Document).to_owned());
    // How large one is that is just being sent, only the server knows.
    let about = [ending(file), if file.size > 0 { bytes(file.size) } else { String::new() }];
    let about = about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let saved = name.clone();
    let page = file.preview.then(|| {
        // The card says what it is, also where the picture does not come.
        view! { <img class="file-card__page" src=address(id) alt="" loading="lazy" decoding="async"/> }
    });
    view! {
        <a class="file-card" href=content download=saved>
            {page}
            <Icon name="file"/>
            <span class="file-card__name" dir="auto">{name}</span>
            <span class="file-card__about tabular">{about}</span>
        </a>
    }
    .into_any()
}

/// How large it is shown: its own proportions, so that nothing moves when it has come.
fn size(file: &Media) -> (String, String) {
    let (width, height) = (file.width.unwrap_or(0), file.height.unwrap_or(0));
    let longest = width.max(height);
    if width == 0 || height == 0 {
        return (LONGEST.to_string(), (LONGEST * 3 / 4).to_string());
    }
    let shown = |side: u32| (u64::from(side) * u64::from(LONGEST) / u64::from(longest)).max(40).to_string();
    (shown(width), shown(height))
}

/// The kind of a file in a few letters: the end of its name, else of its type.
fn ending(file: &Media) -> String {
    let of_name = file.file_name.as_deref().and_then(|name| name.rsplit_once('.')).map(|(_, end)| end);
    let of_type = file.content_type.rsplit(['/', '.']).next().unwrap_or_default();
    of_name.filter(|end| end.len() <= 5).unwrap_or(of_type).to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_their_proportions_and_the_room_that_there_is() {
        let file = |width, height| Media { width, height, ..Media::default() };
        assert_eq!(size(&file(Some(640), Some(320))), ("320".to_owned(), "160".to_owned()));
        assert_eq!(size(&file(Some(4_000_000_000), Some(1))), ("320".to_owned(), "40".to_owned()));
        assert_eq!(size(&file(None, Some(5))), ("320".to_owned(), "240".to_owned()));
    }

    #[test]
    fn files_say_what_they_are_and_how_large() {
        let file = |name: Option<&str>, content_type: &str| Media {
            file_name: name.map(ToOwned::to_owned),
            content_type: content_type.to_owned(),
            ..Media::default()
        };
        assert_eq!(ending(&file(Some("Offer.final.pdf"), "application/octet-stream")), "PDF");
        assert_eq!(ending(&file(Some("no ending. At all"), "application/vnd.ms-excel")), "MS-EXCEL");
        assert_eq!(ending(&file(None, "")), "");
        assert_eq!([bytes(999), bytes(1_000), bytes(1_249_999)], ["999 B", "1 kB", "1.2 MB"]);
    }
}
