//! Small files of every kind, made by hand.

/// A picture of one colour.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![90; (width * height * 3) as usize]).unwrap();
    writer.finish().unwrap();
    out
}

/// What begins as a film does.
pub fn mp4() -> Vec<u8> {
    let mut film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    film.extend_from_slice(b"\0\0\x03\xe8mdat");
    film.resize(24 + 1_000, 3);
    film
}

/// What begins as MP3 does.
pub fn mp3() -> Vec<u8> {
    let mut sound = b"ID3\x04\0\0\0\0\0\0".to_vec();
    sound.resize(700, 5);
    sound
}

pub fn pdf() -> Vec<u8> {
    b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n".to_vec()
}

/// A WebP that says in its extended header that it moves.
pub fn webp() -> Vec<u8> {
    let mut picture = b"RIFF\x2a\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0".to_vec();
    picture.extend_from_slice(&[0xff, 0x01, 0, 0xff, 0x01, 0]);
    picture.resize(0x2a + 8, 0);
    picture
}

/// The sound of two seconds: quiet, then loud.
pub fn packets() -> Vec<Vec<u8>> {
    (0..100_u8)
        .map(|n| {
            let mut packet = vec![n; if n < 50 { 20 } else { 220 }];
            // CELT, full band, 20 ms, one frame.
            packet[0] = 31 << 3;
            packet
        })
        .collect()
}

fn opus_head() -> Vec<u8> {
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend_from_slice(&0_u16.to_le_bytes());
    head.extend_from_slice(&48_000_u32.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]);
    head
}

/// Opus in Ogg, as WhatsApp plays it.
pub fn ogg() -> Vec<u8> {
    let mut file = Vec::new();
    let mut number = 0_u32;
    let mut page = |flags: u8, granule: u64, packets: &[Vec<u8>]| {
        let mut page = b"OggS\0".to_vec();
        page.push(flags);
        page.extend_from_slice(&granule.to_le_bytes());
        page.extend_from_slice(&7_u32.to_le_bytes());
        page.extend_from_slice(&number.to_le_bytes());
        page.extend_from_slice(&[0; 4]);
        page.push(u8::try_from(packets.len()).unwrap());
        page.extend(packets.iter().map(|packet| u8::try_from(packet.len()).unwrap()));
        page.extend(packets.concat());
        let sum = checksum(&page);
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        number += 1;
        file.extend(page);
    };
    page(2, 0, &[opus_head()]);
    page(0, 0, &[b"OpusTags\x01\0\0\0x\0\0\0\0".to_vec()]);
    page(0, 48_000, &packets()[..50]);
    page(4, 96_000, &packets()[50..]);
    file
}

/// The sum of Ogg's pages (RFC 3533, section 6).
fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum: u32, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum & 0x8000_0000 == 0 { sum << 1 } else { (sum << 1) ^ 0x04c1_1db7 }
        })
    })
}

/// Opus in WebM, as browsers record it.
pub fn webm() -> Vec<u8> {
    let element = |id: &[u8], body: &[u8]| {
        let size = (body.len() as u64 | 1 << 56).to_be_bytes();
        [id, &size, body].concat()
    };
    let header = element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"webm"));
    let parts = [element(&[0xd7], &[1]), element(&[0x83], &[2]), element(&[0x86], b"A_OPUS")];
    let track = element(&[0xae], &[parts.concat(), element(&[0x63, 0xa2], &opus_head())].concat());
    let mut body = element(&[0x16, 0x54, 0xae, 0x6b], &track);
    let mut cluster = element(&[0xe7], &[0]);
    for packet in packets() {
        cluster.extend(element(&[0xa3], &[&[0x81, 0, 0, 0x80], packet.as_slice()].concat()));
    }
    body.extend(element(&[0x1f, 0x43, 0xb6, 0x75], &cluster));
    [header, element(&[0x18, 0x53, 0x80, 0x67], &body)].concat()
}
