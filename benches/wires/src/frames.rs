//! WebSocket frames (RFC 6455, section 5), read with as little work as possible: the generator shares the machine
//! with what it measures.

/// Cuts a stream of bytes from a server into frames.
#[derive(Default)]
pub struct Frames {
    /// The beginning of a frame whose end has not come yet.
    rest: Vec<u8>,
}

pub const TEXT: u8 = 1;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;

impl Frames {
    /// Hands over every whole frame: its opcode and its payload.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(u8, &[u8])) {
        if self.rest.is_empty() {
            let used = cut(bytes, &mut each);
            self.rest.extend_from_slice(&bytes[used..]);
        } else {
            self.rest.extend_from_slice(bytes);
            let used = cut(&self.rest, &mut each);
            self.rest.drain(..used);
        }
    }
}

/// Answers how many bytes were whole frames.
fn cut(bytes: &[u8], each: &mut impl FnMut(u8, &[u8])) -> usize {
    let mut at = 0;
    loop {
        let left = &bytes[at..];
        if left.len() < 2 {
            return at;
        }
        let (head, length) = match left[1] & 0x7f {
            126 if left.len() >= 4 => (4, usize::from(u16::from_be_bytes([left[2], left[3]]))),
            127 if left.len() >= 10 => {
                let mut length = [0; 8];
                length.copy_from_slice(&left[2..10]);
                (10, usize::try_from(u64::from_be_bytes(length)).unwrap_or(usize::MAX))
            }
            126 | 127 => return at,
            short => (2, usize::from(short)),
        };
        if left.len() - head < length {
            return at;
        }
        each(left[0] & 0x0f, &left[head..head + length]);
        at += head + length;
    }
}

/// A frame from a client. The mask is zero: it hides nothing, which is nobody's concern on one machine.
pub fn client_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap_or(0)),
        length => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// Where `needle` first stands.
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut at = 0;
    while let Some(next) = haystack[at..].iter().position(|byte| *byte == first) {
        at += next;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_however_they_are_cut() {
        let mut stream = Vec::new();
        let long = vec![b'x'; 300];
        let huge = vec![b'y'; 70_000];
        for payload in [b"hello".as_slice(), b"", &long, &huge] {
            stream.push(0x81);
            match payload.len() {
                length @ 0..126 => stream.push(length as u8),
                length @ 126..=65_535 => {
                    stream.push(126);
                    stream.extend_from_slice(&(length as u16).to_be_bytes());
                }
                length => {
                    stream.push(127);
                    stream.extend_from_slice(&(length as u64).to_be_bytes());
                }
            }
            stream.extend_from_slice(payload);
        }
        for size in [1, 2, 3, 7, 1_000, stream.len()] {
            let (mut frames, mut found) = (Frames::default(), Vec::new());
            for part in stream.chunks(size) {
                frames.feed(part, |opcode, payload| found.push((opcode, payload.len())));
            }
            assert_eq!(found, [(1, 5), (1, 0), (1, 300), (1, 70_000)], "in parts of {size}");
        }
    }

    #[test]
    fn a_needle_is_found_behind_its_first_letters() {
        assert_eq!(find(b"ttt-1", b"t-"), Some(2));
        assert_eq!(find(b"ttt", b"t-"), None);
        assert_eq!(find(b"", b"t-"), None);
    }
}
