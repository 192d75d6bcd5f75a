//! Pictures, films, sounds and files.

use crate::protocol::{Media, MessageKind};
use crate::ui::prelude::*;

/// The longest side of a picture in a bubble, in pixels.
const LONGEST: u32 = 320;

/// The file as its kind is shown: a picture by its thumbnail, a sound to be played, a file to be taken.
pub fn media(kind: MessageKind, file: &Media, t: &'static Messages) -> AnyView {
    let Some(id) = &file.id else { return super::body::unshown(kind, t) };
    let content = format!("/api/v1/media/{id}/content");
    match kind {
        MessageKind::Image | MessageKind::Sticker => picture(kind, file, id, content, t),
        MessageKind::Video => film(file, id, content, t),
        MessageKind::Audio => sound(file, content, t),
        _ => document(file, content, t),
    }
}

fn picture(kind: MessageKind, file: &Media, id: &str, content: String, t: &'static Messages) -> AnyView {
    let (width, height) = size(file);
    let class = if kind == MessageKind::Sticker { "sticker" } else { "picture" };
    view! {
        <a class=class href=content target="_blank" rel="noopener">
            <img src=format!("/api/v1/media/{id}/thumbnail") alt=(t.kinds.name)(kind) width=width height=height loading="lazy" decoding="async"/>
        </a>
    }
    .into_any()
}

fn film(file: &Media, id: &str, content: String, t: &'static Messages) -> AnyView {
    let (width, height) = size(file);
    let poster = format!("/api/v1/media/{id}/thumbnail");
    let name = (t.kinds.name)(MessageKind::Video);
    // What WhatsApp plays by itself has no sound and begins again; here it waits for a hand, as every film does.
    view! {
        <video class="picture" src=content poster=poster width=width height=height preload="none" controls loop=file.gif muted=file.gif playsinline aria-label=name></video>
    }
    .into_any()
}

fn sound(file: &Media, content: String, t: &'static Messages) -> AnyView {
    let wave = (!file.waveform.is_empty()).then(|| {
        let bars = file.waveform.iter().enumerate().map(|(place, loud)| {
            let high = 2 + u32::from(*loud).min(100) * 22 / 100;
            view! { <rect x=(place * 4).to_string() y=((24 - high) / 2).to_string() width="2" height=high.to_string() rx="1"/> }
        });
        let view_box = format!("0 0 {} 24", file.waveform.len() * 4);
        view! { <svg class="sound__wave" viewBox=view_box preserveAspectRatio="none" aria-hidden="true">{bars.collect_view()}</svg> }
    });
    let length = file.seconds.map(|seconds| format!("{}:{:02}", seconds / 60, seconds % 60));
    view! {
        <span class="sound">
            <span class="sound__head"><Icon name="mic"/>{wave}<span class="tabular">{length}</span></span>
            <audio src=content controls preload="none" aria-label=(t.kinds.name)(MessageKind::Audio)></audio>
        </span>
    }
    .into_any()
}

fn document(file: &Media, content: String, t: &'static Messages) -> AnyView {
    let name = file.file_name.clone().unwrap_or_else(|| (t.kinds.name)(MessageKind::Document).to_owned());
    let about = format!("{} · {}", ending(file), bytes(file.size));
    let saved = name.clone();
    view! {
        <a class="file-card" href=content download=saved>
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
    of_name.filter(|end| end.len() <= 5).unwrap_or(of_type).to_uppercase()
}

/// A size for people, in steps of 1,000.
fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} kB", count / 1_000),
        _ => format!("{}.{} MB", count / 1_000_000, count % 1_000_000 / 100_000),
    }
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
