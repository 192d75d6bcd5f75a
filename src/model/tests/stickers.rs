//! What becomes of a picture that is to be a sticker, and the stickers at hand.

use super::*;
use crate::model::stickers::{
    AT_HAND, HEAD, MOST_BYTES, MOST_MOVING_BYTES, Place, SIDE, Sticker, Way, file_name, place, read, way,
    with, without, write,
};
use crate::model::{KeptUpload, Picked, Sending, shown_as};
use crate::protocol::{Media, MediaInfo, MediaKind, MediaState};

/// The beginning of a WebP of this size, as its kinds write it.
fn webp(kind: &[u8; 4], width: u16, height: u16, moves: bool) -> Vec<u8> {
    let mut head = b"RIFF\x10\x20\x00\x00WEBP".to_vec();
    head.extend_from_slice(kind);
    head.extend_from_slice(&[10, 0, 0, 0]);
    match kind {
        b"VP8X" => {
            head.extend_from_slice(&[if moves { 0b10 } else { 0 }, 0, 0, 0]);
            for side in [width, height] {
                let [low, middle, high, _] = u32::from(side - 1).to_le_bytes();
                head.extend_from_slice(&[low, middle, high]);
            }
        }
        b"VP8L" => {
            head.push(0x2f);
            // Beside the sides: that there is transparency.
            let bits = u32::from(width - 1) | (u32::from(height - 1) << 14) | (1 << 28);
            head.extend_from_slice(&bits.to_le_bytes());
        }
        _ => {
            head.extend_from_slice(&[0x30, 0x01, 0x00, 0x9d, 0x01, 0x2a]);
            // The two bits above each side say how it is to be scaled.
            for side in [width, height] {
                head.extend_from_slice(&(side | 0x4000).to_le_bytes());
            }
        }
    }
    head.resize(usize::try_from(HEAD).unwrap(), 0);
    head
}

#[test]
fn what_is_a_sticker_already_is_sent_as_it_is() {
    for kind in [b"VP8X", b"VP8L", b"VP8 "] {
        assert_eq!(way(&webp(kind, 512, 512, false), MOST_BYTES), Way::AsItIs);
        let drawn = Way::Drawn { stilled: false };
        assert_eq!(way(&webp(kind, 512, 512, false), MOST_BYTES + 1), drawn, "too large");
        assert_eq!(way(&webp(kind, 511, 512, false), 9), drawn);
        assert_eq!(way(&webp(kind, 512, 1024, false), 9), drawn);
    }
    assert_eq!(way(&webp(b"VP8X", 512, 512, true), MOST_MOVING_BYTES), Way::AsItIs);
}

#[test]
fn what_moves_and_is_drawn_anew_stands_still() {
    let stilled = Way::Drawn { stilled: true };
    assert_eq!(way(&webp(b"VP8X", 512, 512, true), MOST_MOVING_BYTES + 1), stilled);
    assert_eq!(way(&webp(b"VP8X", 320, 320, true), 9), stilled);
    assert_eq!(way(b"GIF89a and more", 9), stilled);
    let drawn = Way::Drawn { stilled: false };
    assert_eq!(way(b"\x89PNG\r\n\x1a\n", 9), drawn);
    assert_eq!(way(b"RIFF\x10\x20\x00\x00WEBPVP8X", 9), drawn, "it ends too soon");
    assert_eq!(way(&webp(b"ALPH", 512, 512, false), 9), drawn, "nothing begins so");
    assert_eq!(way(b"", 0), drawn);
}

#[test]
fn a_picture_is_as_large_as_there_is_room_and_in_the_middle() {
    let at = |left, top, width, height| Some(Place { left, top, width, height });
    assert_eq!(place(4, 4), at(0, 0, 512, 512));
    assert_eq!(place(512, 512), at(0, 0, 512, 512));
    assert_eq!(place(4_000, 3_000), at(0, 64, 512, 384));
    assert_eq!(place(100, 400), at(192, 0, 128, 512));
    assert_eq!(place(u32::MAX, 1), at(0, 255, 512, 1));
    assert_eq!((place(0, 5), place(5, 0)), (None, None));
    for side in 1..600 {
        let Place { left, top, width, height } = place(side, 333).unwrap();
        assert!(width.max(height) == SIDE && left + width <= SIDE && top + height <= SIDE);
        assert!(width > 0 && height > 0);
    }
}

#[test]
fn a_sticker_is_called_as_its_picture() {
    assert_eq!(file_name("cat.of.mine.png"), "cat.of.mine.webp");
    assert_eq!(file_name("cat"), "cat.webp");
    assert_eq!(file_name(".png"), ".png.webp");
}

fn sticker(id: u32, hash: Option<&str>) -> Sticker {
    let id = format!("med_{id}").parse().unwrap();
    Sticker { id, sha256: hash.map(ToOwned::to_owned), width: Some(512), height: Some(512) }
}

fn ids(all: &[Sticker]) -> Vec<&str> {
    all.iter().map(|one| one.id.as_str()).collect()
}

#[test]
fn the_one_that_was_used_last_is_first_and_stands_there_once() {
    let mut all = Vec::new();
    for id in 1..4 {
        all = with(all, sticker(id, None));
    }
    assert_eq!(ids(&all), ["med_3", "med_2", "med_1"]);
    all = with(all, sticker(1, Some("abc")));
    assert_eq!(ids(&all), ["med_1", "med_3", "med_2"]);
    // The same bytes came with another message.
    all = with(all, sticker(9, Some("abc")));
    assert_eq!(ids(&all), ["med_9", "med_3", "med_2"]);
    assert_eq!(read(&write(&all)), all);
    assert_eq!(ids(&without(all.clone(), &sticker(7, Some("abc")))), ["med_3", "med_2"]);
    assert_eq!(ids(&without(all, &sticker(2, None))), ["med_9", "med_3"]);
    assert!(read("").is_empty() && read("{}").is_empty() && read("[{\"id\":\"a/b\"}]").is_empty());
    let many = (0..100).fold(Vec::new(), |all, id| with(all, sticker(id, None)));
    assert_eq!((many.len(), many[0].id.as_str()), (AT_HAND, "med_99"));
}

#[test]
fn what_nobody_has_any_more_is_no_sticker_to_be_kept() {
    let file = |state| Media { id: Some("med_1".into()), state, ..Media::default() };
    assert_eq!(Sticker::shown(&file(Some(MediaState::Pending))).unwrap().id.as_str(), "med_1");
    assert!(Sticker::shown(&file(None)).is_some());
    for gone in [MediaState::Expired, MediaState::Refused] {
        assert_eq!(Sticker::shown(&file(Some(gone))), None);
    }
    assert_eq!(Sticker::shown(&Media::default()), None);
}

#[test]
fn a_sticker_is_shown_as_one_before_the_server_has_it() {
    let one = sticker(1, None);
    let (kind, text, extras) = shown_as(&one.message(), Some(&one.info()));
    assert_eq!((kind, text.as_str()), (MessageKind::Sticker, ""));
    let file = extras.media.as_ref().unwrap();
    assert_eq!((file.id.as_deref(), file.width), (Some("med_1"), Some(512)));
    // After a reload nothing is known of its file.
    assert_eq!(shown_as(&one.message(), None).0, MessageKind::Sticker);
    // What it is sent as counts, not what it is.
    let picture = MediaInfo { kind: MediaKind::Image, ..one.info() };
    assert_eq!(shown_as(&one.message(), Some(&picture)).0, MessageKind::Sticker);
}

#[test]
fn a_sticker_on_its_way_is_one_after_a_reload_too() {
    let picked = |key| Picked { key, name: "cat.webp".into(), size: 9, ..Picked::default() };
    let mut sending = Sending::sticker(chat_id(1), picked(1), Some(message_id(4)));
    sending.id = Some(command_id(1));
    let text = serde_json::to_string(&sending.kept()).unwrap();
    let back = serde_json::from_str::<KeptUpload>(&text).unwrap().sending(picked(7));
    assert!(back.sticker);
    let message = back.message(&sticker(1, None).info());
    let media = message.media.unwrap();
    assert!(media.sticker && !media.document && !media.voice);
    assert_eq!((message.quoted, message.text), (Some(message_id(4)), None));
    // What earlier versions kept says nothing of stickers.
    let older = text.replace("\"sticker\":true,", "");
    assert!(!older.contains("sticker"));
    assert!(!serde_json::from_str::<KeptUpload>(&older).unwrap().sticker);
}
