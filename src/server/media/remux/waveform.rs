//! How loud a recording is over its length, reckoned without decoding it: what an Opus encoder spends on a packet
//! follows what there is to hear in it.

use super::opus;
use std::io::Read;

/// How many values a waveform has, as in WhatsApp's own clients.
const VALUES: usize = 64;
/// The longest recording that is read, in packets: nearly six hours of 20 ms.
const MAX_PACKETS: usize = 1 << 20;
/// Where all packets are of one length there is nothing to see: a line in the middle.
const EVEN: u8 = 50;

/// Up to 64 values from 0 to 100; `None` for what is no Ogg with Opus in it, or has no sound.
///
/// # Errors
/// What reading the file said.
pub fn ogg_waveform(input: impl Read) -> std::io::Result<Option<Vec<u8>>> {
    let Some(lengths) = packet_lengths(input)? else { return Ok(None) };
    Ok(Some(waveform(&lengths)).filter(|values| !values.is_empty()))
}

/// The lengths of the packets of sound, up to where the file breaks off.
fn packet_lengths(mut input: impl Read) -> std::io::Result<Option<Vec<u32>>> {
    let (mut lengths, mut packets, mut length) = (Vec::new(), 0_usize, 0_u32);
    let (mut header, mut segments, mut body) = ([0; 27], [0; 255], Vec::new());
    while lengths.len() < MAX_PACKETS && filled(&mut input, &mut header)? {
        if !header.starts_with(b"OggS\0") {
            break;
        }
        let segments = &mut segments[..usize::from(header[26])];
        if !filled(&mut input, segments)? {
            break;
        }
        body.resize(segments.iter().map(|segment| usize::from(*segment)).sum(), 0);
        if !filled(&mut input, &mut body)? {
            break;
        }
        if packets == 0 && opus::head(&body).is_err() {
            return Ok(None);
        }
        for segment in segments.iter() {
            length = length.saturating_add(u32::from(*segment));
            if *segment < 255 {
                // The first two packets are headers.
                if packets >= 2 {
                    lengths.push(length);
                }
                (packets, length) = (packets + 1, 0);
            }
        }
    }
    Ok((packets > 0).then_some(lengths))
}

/// Fills a buffer; `false` if the file ends before.
fn filled(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<bool> {
    match input.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn waveform(lengths: &[u32]) -> Vec<u8> {
    let values = VALUES.min(lengths.len());
    let averages: Vec<u64> = (0..values)
        .map(|at| {
            let part = &lengths[at * lengths.len() / values..(at + 1) * lengths.len() / values];
            part.iter().copied().map(u64::from).sum::<u64>() / part.len().max(1) as u64
        })
        .collect();
    let (least, most) =
        (averages.iter().min().copied().unwrap_or(0), averages.iter().max().copied().unwrap_or(0));
    averages
        .into_iter()
        .map(|average| match most - least {
            0 => EVEN,
            // Between 0 and 100.
            range => ((average - least) * 100 / range) as u8,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::ogg::Writer;
    use super::super::opus::Head;
    use super::*;

    fn recording(lengths: impl Iterator<Item = usize>) -> Vec<u8> {
        let mut head = b"OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00".to_vec();
        head.truncate(19);
        let mut out = Vec::new();
        let mut writer = Writer::begin(&mut out, 7, &Head { bytes: head, pre_skip: 0 }).unwrap();
        for length in lengths {
            // 20 ms of one frame.
            let mut packet = vec![0x98; length.max(1)];
            packet[0] = 0x98;
            writer.packet(&packet).unwrap();
        }
        writer.end(0).unwrap();
        out
    }

    #[test]
    fn what_is_loud_is_high() {
        let silent_then_loud = recording((0..640).map(|n| if n < 320 { 10 } else { 600 }));
        let values = ogg_waveform(&silent_then_loud[..]).unwrap().unwrap();
        assert_eq!(values.len(), 64);
        assert!(values[..32].iter().all(|value| *value == 0), "{values:?}");
        assert!(values[32..].iter().all(|value| *value == 100), "{values:?}");
        let even = ogg_waveform(&recording(std::iter::repeat_n(90, 200))[..]).unwrap().unwrap();
        assert_eq!(even, [EVEN; 64]);
        let short = ogg_waveform(&recording([10, 60, 110].into_iter())[..]).unwrap().unwrap();
        assert_eq!(short, [0, 50, 100]);
        // What breaks off is taken as far as it goes.
        let cut = &silent_then_loud[..silent_then_loud.len() / 2];
        assert!(ogg_waveform(cut).unwrap().is_some_and(|values| values.len() == 64));
    }

    #[test]
    fn what_is_no_opus_has_none() {
        for other in [&b""[..], b"OggS", b"nonsense that is long enough for a header"] {
            assert_eq!(ogg_waveform(other).unwrap(), None);
        }
        assert_eq!(ogg_waveform(&recording(std::iter::empty())[..]).unwrap(), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes: Vec<u8>) {
            let values = ogg_waveform(&bytes[..]).unwrap().unwrap_or_default();
            proptest::prop_assert!(values.len() <= VALUES && values.iter().all(|value| *value <= 100));
        }
    }
}
