//! A recording made by hand, there and what becomes of it; and whatever else a file may be.

use super::ogg::checksum;
use super::*;
use std::io::Cursor;

/// What a page holds: its flags, its granule position, and its packets.
struct Page {
    flags: u8,
    granule: u64,
    number: u32,
    packets: Vec<Vec<u8>>,
}

/// Reads a file of pages in which every packet ends where it began; checks every sum.
fn pages(mut file: &[u8]) -> Vec<Page> {
    let mut pages = Vec::new();
    while !file.is_empty() {
        assert_eq!(&file[..5], b"OggS\0");
        let count = usize::from(file[26]);
        let lengths = &file[27..27 + count];
        let size: usize = lengths.iter().map(|length| usize::from(*length)).sum();
        let whole = &file[..27 + count + size];
        let mut unsummed = whole.to_vec();
        unsummed[22..26].fill(0);
        assert_eq!(u32::from_le_bytes(whole[22..26].try_into().unwrap()), checksum(&unsummed));
        assert_eq!(&whole[14..18], &7_u32.to_le_bytes());
        let mut body = &whole[27 + count..];
        let (mut packets, mut packet) = (Vec::new(), Vec::new());
        for length in lengths {
            packet.extend_from_slice(&body[..usize::from(*length)]);
            body = &body[usize::from(*length)..];
            if *length < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
        assert!(packet.is_empty(), "a packet does not end on its page");
        pages.push(Page {
            flags: whole[5],
            granule: u64::from_le_bytes(whole[6..14].try_into().unwrap()),
            number: u32::from_le_bytes(whole[18..22].try_into().unwrap()),
            packets,
        });
        file = &file[whole.len()..];
    }
    pages
}

fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let size = (body.len() as u64 | 1 << 56).to_be_bytes();
    [id, &size, body].concat()
}

/// An element whose writer did not know how long it would be.
fn open(id: &[u8], body: &[u8]) -> Vec<u8> {
    [id, &[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], body].concat()
}

const SEGMENT: &[u8] = &[0x18, 0x53, 0x80, 0x67];
const CLUSTER: &[u8] = &[0x1f, 0x43, 0xb6, 0x75];

fn opus_head() -> Vec<u8> {
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend_from_slice(&312_u16.to_le_bytes());
    head.extend_from_slice(&48_000_u32.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]);
    head
}

fn track(number: u8, kind: u8, codec: &[u8], private: &[u8]) -> Vec<u8> {
    let parts = [element(&[0xd7], &[number]), element(&[0x83], &[kind]), element(&[0x86], codec)];
    element(&[0xae], &[parts.concat(), element(&[0x63, 0xa2], private)].concat())
}

fn simple_block(track: u8, packet: &[u8]) -> Vec<u8> {
    element(&[0xa3], &[&[0x80 | track, 0, 0, 0x80], packet].concat())
}

/// A packet of 20 ms with this many bytes.
fn packet(length: usize, fill: u8) -> Vec<u8> {
    let mut packet = vec![fill; length];
    // CELT, full band, 20 ms, one frame.
    packet[0] = 31 << 3;
    packet
}

/// As Chromium writes it: segment and clusters of unknown length, a track of pictures beside, in the end a group that
/// says that 10 ms are not played.
fn recording(packets: &[Vec<u8>]) -> Vec<u8> {
    recorded(packets, 70_000)
}

fn recorded(packets: &[Vec<u8>], picture: usize) -> Vec<u8> {
    let header = element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"webm"));
    let tracks = [track(1, 1, b"V_VP8", b""), track(2, 2, b"A_OPUS", &opus_head())].concat();
    let mut body = element(&[0x16, 0x54, 0xae, 0x6b], &tracks);
    let (last, others) = packets.split_last().unwrap();
    for part in others.chunks(40) {
        let mut blocks = element(&[0xe7], &[0]);
        for packet in part {
            blocks.extend(simple_block(1, &vec![0; picture]));
            blocks.extend(simple_block(2, packet));
        }
        body.extend(open(CLUSTER, &blocks));
    }
    let block = element(&[0xa1], &[&[0x82, 0, 0, 0], last.as_slice()].concat());
    let discard = element(&[0x75, 0xa2], &10_000_000_i32.to_be_bytes());
    body.extend(element(&[0xa0], &[block, discard].concat()));
    [header, open(SEGMENT, &body)].concat()
}

fn remuxed(webm: &[u8]) -> Result<(Vec<u8>, u64), RemuxError> {
    let mut ogg = Vec::new();
    let duration = webm_to_ogg(webm, &mut ogg, 7)?;
    Ok((ogg, duration))
}

#[test]
fn every_packet_comes_through_in_order_and_the_times_are_right() {
    // Lengths around where segments end, and one that fills most of a page.
    let lengths = [1, 2, 254, 255, 256, 509, 510, 511, 61_000];
    let packets: Vec<Vec<u8>> =
        (0..130).map(|n: usize| packet(lengths[n % lengths.len()], u8::try_from(n).unwrap())).collect();
    let (ogg, duration) = remuxed(&recording(&packets)).unwrap();
    let pages = pages(&ogg);
    assert_eq!(pages[0].packets, [opus_head()]);
    assert!(pages[1].packets[0].starts_with(b"OpusTags"));
    assert_eq!((pages[0].flags, pages[0].granule, pages[1].flags, pages[1].granule), (2, 0, 0, 0));
    let sound: Vec<Vec<u8>> = pages[2..].iter().flat_map(|page| page.packets.clone()).collect();
    assert!(sound == packets);
    let mut samples = 0;
    for (place, page) in pages.iter().enumerate() {
        assert_eq!(page.number as usize, place);
        if place >= 2 {
            samples += page.packets.len() as u64 * 960;
            let is_last = place == pages.len() - 1;
            assert_eq!(page.flags, if is_last { 4 } else { 0 });
            assert_eq!(page.granule, if is_last { samples - 480 } else { samples });
        }
    }
    // 130 packets of 20 ms, without 10 ms at the end and 6.5 ms at the start.
    assert_eq!(duration, 2_583);
    assert_eq!(ogg_duration(Cursor::new(&ogg)).unwrap(), Some(2_583));
}

#[test]
fn what_breaks_off_is_taken_as_far_as_it_goes() {
    let packets: Vec<Vec<u8>> = (0..10).map(|n| packet(100, n)).collect();
    let whole = recording(&packets);
    let (ogg, _) = remuxed(&whole[..whole.len() - 100]).unwrap();
    let kept: Vec<Vec<u8>> = pages(&ogg)[2..].iter().flat_map(|page| page.packets.clone()).collect();
    assert_eq!(kept, packets[..9]);
}

#[test]
fn what_is_no_recording_is_refused() {
    assert!(matches!(remuxed(b""), Err(RemuxError::Silent)));
    assert!(matches!(remuxed(&recording(&[packet(1, 0)])[..60]), Err(RemuxError::Silent)));
    let with = |tracks: Vec<u8>, blocks: Vec<u8>| {
        remuxed(&open(
            SEGMENT,
            &[element(&[0x16, 0x54, 0xae, 0x6b], &tracks), open(CLUSTER, &blocks)].concat(),
        ))
    };
    let sound = simple_block(1, &packet(9, 1));
    assert!(with(track(1, 2, b"A_OPUS", &opus_head()), sound.clone()).is_ok());
    assert!(matches!(with(track(1, 2, b"A_VORBIS", b""), sound.clone()), Err(RemuxError::Unsupported(_))));
    assert!(matches!(with(track(1, 1, b"V_VP8", b""), sound.clone()), Err(RemuxError::Silent)));
    assert!(matches!(with(track(1, 2, b"A_OPUS", b"OpusHead"), sound), Err(RemuxError::Damaged(_))));
    let laced = element(&[0xa3], &[0x81, 0, 0, 0b10, 1, 2]);
    assert!(matches!(with(track(1, 2, b"A_OPUS", &opus_head()), laced), Err(RemuxError::Unsupported(_))));
    // Three frames of 60 ms are longer than a packet may be.
    let long = simple_block(1, &[3 << 3 | 3, 3]);
    assert!(matches!(with(track(1, 2, b"A_OPUS", &opus_head()), long), Err(RemuxError::Damaged(_))));
    let empty = simple_block(1, b"");
    assert!(matches!(with(track(1, 2, b"A_OPUS", &opus_head()), empty), Err(RemuxError::Damaged(_))));
}

#[test]
fn a_webm_is_described_by_its_header() {
    let info = [
        element(&[0x2a, 0xd7, 0xb1], &1_000_000_u32.to_be_bytes()),
        element(&[0x44, 0x89], &1_500_f32.to_be_bytes()),
    ];
    let video = element(&[0xe0], &[element(&[0xb0], &[2, 128]), element(&[0xba], &[1, 224])].concat());
    let entry = element(&[0xae], &[element(&[0xd7], &[1]), element(&[0x83], &[1]), video].concat());
    let body =
        [element(&[0x15, 0x49, 0xa9, 0x66], &info.concat()), element(&[0x16, 0x54, 0xae, 0x6b], &entry)];
    let webm = open(SEGMENT, &body.concat());
    let expected =
        Described { has_video: true, width: Some(640), height: Some(480), duration_ms: Some(1_500) };
    assert_eq!(describe(&webm[..]), expected);
    let sound = recording(&[packet(1, 0)]);
    assert!(describe(&sound[..]).has_video, "a track of pictures is declared, whatever is in it");
    assert_eq!(describe(&b"nonsense"[..]), Described::default());
}

proptest::proptest! {
    #[test]
    fn any_bytes_end_in_a_file_or_an_error(bytes: Vec<u8>) {
        let _ = remuxed(&bytes);
        let _ = describe(&bytes[..]);
        let _ = ogg_duration(Cursor::new(&bytes));
    }

    #[test]
    fn a_recording_with_damage_ends_in_a_file_or_an_error(damage: Vec<(u16, u8)>, cut: u16) {
        let mut bytes = recorded(&[packet(3, 1), packet(300, 2), packet(9, 3)], 10);
        for (at, to) in damage {
            let place = usize::from(at) % bytes.len();
            bytes[place] = to;
        }
        bytes.truncate(usize::from(cut) % 2_000);
        if let Ok((ogg, _)) = remuxed(&bytes) {
            proptest::prop_assert!(pages(&ogg).len() >= 3);
            let _ = ogg_duration(Cursor::new(&ogg));
        }
        let _ = describe(&bytes[..]);
    }
}
