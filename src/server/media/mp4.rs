//! What the boxes of MP4, 3GPP and QuickTime say of a film: how large it is, and how long (ISO/IEC 14496-12).

use std::io::{Read, Seek, SeekFrom};

/// How many boxes are looked at: a film that is in order has some dozens before all is known.
const MAX_BOXES: u32 = 4_096;

/// What is known of a film.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Film {
    /// In pixels, as it is shown.
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<u64>,
}

/// One box: its name, and where what is in it begins and ends.
struct Part {
    name: [u8; 4],
    start: u64,
    end: u64,
}

struct Reader<R> {
    file: R,
    left: u32,
}

/// Reads what the boxes say. What is damaged or not there is left open.
///
/// # Errors
/// What reading the file said.
pub fn describe(mut file: impl Read + Seek) -> std::io::Result<Film> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut reader = Reader { file, left: MAX_BOXES };
    let mut film = Film::default();
    let Some(movie) = reader.find(0, end, *b"moov")? else { return Ok(film) };
    let mut at = movie.start;
    while let Some(part) = reader.part(at, movie.end)? {
        match &part.name {
            b"mvhd" => film.duration_ms = reader.duration(&part)?,
            b"trak" if film.width.is_none() => {
                if let Some(header) = reader.find(part.start, part.end, *b"tkhd")? {
                    (film.width, film.height) = reader.size(&header)?.unzip();
                }
            }
            _ => {}
        }
        at = part.end;
    }
    Ok(film)
}

impl<R: Read + Seek> Reader<R> {
    /// The box that begins here, unless there is none in these bounds.
    fn part(&mut self, at: u64, end: u64) -> std::io::Result<Option<Part>> {
        if self.left == 0 || end.saturating_sub(at) < 8 {
            return Ok(None);
        }
        self.left -= 1;
        let head = self.bytes::<8>(at)?;
        let (size, name) = head.split_at(4);
        let name = [name[0], name[1], name[2], name[3]];
        let (start, length) = match number(size) {
            0 => (at + 8, end - at),
            1 if end - at >= 16 => (at + 16, number(&self.bytes::<8>(at + 8)?)),
            size => (at + 8, size),
        };
        let stop = at.saturating_add(length);
        Ok((stop >= start && stop <= end).then_some(Part { name, start, end: stop }))
    }

    fn find(&mut self, mut at: u64, end: u64, name: [u8; 4]) -> std::io::Result<Option<Part>> {
        while let Some(part) = self.part(at, end)? {
            if part.name == name {
                return Ok(Some(part));
            }
            at = part.end;
        }
        Ok(None)
    }

    /// Of the movie's header.
    fn duration(&mut self, header: &Part) -> std::io::Result<Option<u64>> {
        let long = self.is_long(header)?;
        // After the version, its flags and two times: units a second, and how many of them.
        let fields = if long { (20, 24, 32) } else { (12, 16, 20) };
        if header.end - header.start < fields.2 {
            return Ok(None);
        }
        let scale = number(&self.bytes::<4>(header.start + fields.0)?);
        let at = header.start + fields.1;
        let (units, unknown) = if long {
            (number(&self.bytes::<8>(at)?), u64::MAX)
        } else {
            (number(&self.bytes::<4>(at)?), u64::from(u32::MAX))
        };
        let known = scale > 0 && units > 0 && units != unknown;
        Ok(known.then(|| units.saturating_mul(1_000) / scale))
    }

    /// Of a track's header; `None` for what is not seen.
    fn size(&mut self, header: &Part) -> std::io::Result<Option<(u32, u32)>> {
        // At the end: a matrix of nine numbers, then width and height with 16 binary places each.
        if header.end - header.start < 44 {
            return Ok(None);
        }
        let sides = self.bytes::<8>(header.end - 8)?;
        let side = |at: usize| u32::from(u16::from_be_bytes([sides[at], sides[at + 1]]));
        let (width, height) = (side(0), side(4));
        if width == 0 || height == 0 {
            return Ok(None);
        }
        // Turned by a quarter, the matrix has nothing on its diagonal.
        let turned = self.bytes::<4>(header.end - 44)? == [0; 4];
        Ok(Some(if turned { (height, width) } else { (width, height) }))
    }

    fn is_long(&mut self, header: &Part) -> std::io::Result<bool> {
        Ok(header.end > header.start && self.bytes::<1>(header.start)? == [1])
    }

    fn bytes<const N: usize>(&mut self, at: u64) -> std::io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn part(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
    }

    fn movie_header(scale: u32, units: u32) -> Vec<u8> {
        let mut body = vec![0; 12];
        body.extend(scale.to_be_bytes());
        body.extend(units.to_be_bytes());
        body.resize(100, 0);
        part(b"mvhd", &body)
    }

    fn track(width: u16, height: u16, turned: bool) -> Vec<u8> {
        let mut body = vec![0; 40];
        let mut matrix = [0_u32; 9];
        matrix[if turned { 1 } else { 0 }] = 0x1_0000;
        matrix[if turned { 3 } else { 4 }] = 0x1_0000;
        body.extend(matrix.iter().flat_map(|value| value.to_be_bytes()));
        body.extend(
            [u32::from(width) << 16, u32::from(height) << 16].iter().flat_map(|side| side.to_be_bytes()),
        );
        part(b"trak", &[part(b"tkhd", &body), part(b"mdia", b"")].concat())
    }

    fn film(parts: &[Vec<u8>]) -> Vec<u8> {
        // As phones write it: what is shown first, then what says how.
        let large = [&1_u32.to_be_bytes()[..], b"mdat", &(16_u64 + 99).to_be_bytes(), &[7; 99]].concat();
        [part(b"ftyp", b"isom\0\0\0\0"), large, part(b"moov", &parts.concat())].concat()
    }

    #[test]
    fn films_say_how_large_and_how_long_they_are() {
        let sound = track(0, 0, false);
        let upright = film(&[movie_header(600, 900), sound.clone(), track(640, 360, false)]);
        let expected = Film { width: Some(640), height: Some(360), duration_ms: Some(1_500) };
        assert_eq!(describe(Cursor::new(upright)).unwrap(), expected);
        let turned = film(&[track(640, 360, true), movie_header(1_000, u32::MAX)]);
        let expected = Film { width: Some(360), height: Some(640), duration_ms: None };
        assert_eq!(describe(Cursor::new(turned)).unwrap(), expected);
        assert_eq!(describe(Cursor::new(film(&[sound]))).unwrap(), Film::default());
        assert_eq!(describe(Cursor::new(b"")).unwrap(), Film::default());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes: Vec<u8>, cut in 0_usize..400) {
            let _ = describe(Cursor::new(bytes));
            let mut film = film(&[movie_header(600, 900), track(640, 360, false)]);
            film.truncate(cut);
            let _ = describe(Cursor::new(film));
        }
    }
}
