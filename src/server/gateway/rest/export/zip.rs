//! A ZIP archive that is written while it is sent: entries as they are, with their sizes and checksums behind them,
//! in the 64-bit form that has no limits (APPNOTE 4.3.9, 4.5.3). Of memory it takes what its table of contents does.

use flate2::Crc;

/// Sizes stand behind the entry, and names are UTF-8.
const FLAGS: u16 = (1 << 3) | (1 << 11);
/// Of the version that knows the 64-bit form.
const VERSION: u16 = 45;
/// What stands in a 32-bit field whose value is in the 64-bit one.
const ELSEWHERE: u32 = u32::MAX;

/// A moment as MS-DOS wrote it.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    time: u16,
    date: u16,
}

impl Stamp {
    /// Of an ISO time, for example `2025-11-21T10:42:00.000Z`.
    pub fn of(iso: &str) -> Self {
        let number =
            |from: usize, to: usize| iso.get(from..to).and_then(|text| text.parse().ok()).unwrap_or(0_u16);
        let (year, month, day) = (number(0, 4).clamp(1980, 2107), number(5, 7).max(1), number(8, 10).max(1));
        let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
        Self {
            time: (hour << 11) | (minute << 5) | (second / 2),
            date: ((year - 1980) << 9) | (month << 5) | day,
        }
    }
}

/// A line of the table of contents.
struct Entry {
    name: String,
    at: u64,
    size: u64,
    crc: u32,
}

/// The archive's state between two pieces.
pub struct Zip {
    stamp: Stamp,
    /// Bytes that were given out.
    written: u64,
    entries: Vec<Entry>,
    open: Option<(Entry, Crc)>,
}

impl Zip {
    pub fn new(stamp: Stamp) -> Self {
        Self { stamp, written: 0, entries: Vec::new(), open: None }
    }

    /// Begins an entry, and ends the one before.
    pub fn begin(&mut self, name: &str, into: &mut Vec<u8>) {
        self.end(into);
        let start = into.len();
        let mut head = Fields(into);
        head.long(0x0403_4b50).short(VERSION).short(FLAGS).short(0);
        head.short(self.stamp.time).short(self.stamp.date).long(0).long(ELSEWHERE).long(ELSEWHERE);
        head.short(length(name)).short(20).text(name);
        // That the sizes behind the entry have 64 bits.
        head.short(1).short(16).quad(0).quad(0);
        let entry = Entry { name: name.to_owned(), at: self.written, size: 0, crc: 0 };
        self.open = Some((entry, Crc::new()));
        self.count(into.len() - start);
    }

    /// Appends to the entry that is open.
    pub fn write(&mut self, bytes: &[u8], into: &mut Vec<u8>) {
        if let Some((entry, crc)) = &mut self.open {
            crc.update(bytes);
            entry.size += u64::try_from(bytes.len()).unwrap_or(0);
            into.extend_from_slice(bytes);
            self.count(bytes.len());
        }
    }

    fn end(&mut self, into: &mut Vec<u8>) {
        if let Some((mut entry, crc)) = self.open.take() {
            entry.crc = crc.sum();
            let start = into.len();
            Fields(into).long(0x0807_4b50).long(entry.crc).quad(entry.size).quad(entry.size);
            self.entries.push(entry);
            self.count(into.len() - start);
        }
    }

    /// Ends the archive: its table of contents.
    pub fn finish(&mut self, into: &mut Vec<u8>) {
        self.end(into);
        let (at, start) = (self.written, into.len());
        for entry in &self.entries {
            let wide = entry.size >= u64::from(ELSEWHERE) || entry.at >= u64::from(ELSEWHERE);
            let narrow =
                |value: u64| if wide { ELSEWHERE } else { u32::try_from(value).unwrap_or(ELSEWHERE) };
            let mut line = Fields(into);
            line.long(0x0201_4b50).short(VERSION).short(VERSION).short(FLAGS).short(0);
            line.short(self.stamp.time).short(self.stamp.date).long(entry.crc);
            line.long(narrow(entry.size)).long(narrow(entry.size));
            line.short(length(&entry.name)).short(if wide { 28 } else { 0 }).short(0).short(0).short(0);
            line.long(0).long(narrow(entry.at)).text(&entry.name);
            if wide {
                line.short(1).short(24).quad(entry.size).quad(entry.size).quad(entry.at);
            }
        }
        self.count(into.len() - start);
        let (size, end) = (self.written - at, self.written);
        let count = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        let mut tail = Fields(into);
        tail.long(0x0606_4b50).quad(44).short(VERSION).short(VERSION).long(0).long(0);
        tail.quad(count).quad(count).quad(size).quad(at);
        tail.long(0x0706_4b50).long(0).quad(end).long(1);
        let few = u16::try_from(count).unwrap_or(u16::MAX);
        let narrow = |value: u64| u32::try_from(value).unwrap_or(ELSEWHERE);
        tail.long(0x0605_4b50)
            .short(0)
            .short(0)
            .short(few)
            .short(few)
            .long(narrow(size))
            .long(narrow(at))
            .short(0);
    }

    fn count(&mut self, bytes: usize) {
        self.written += u64::try_from(bytes).unwrap_or(0);
    }
}

/// Names are ours, and short.
fn length(name: &str) -> u16 {
    u16::try_from(name.len()).unwrap_or(u16::MAX)
}

/// Fields as they stand in an archive: the low byte first.
struct Fields<'b>(&'b mut Vec<u8>);

impl Fields<'_> {
    fn short(&mut self, value: u16) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn long(&mut self, value: u32) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn quad(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_fits_into_two_words() {
        let stamp = Stamp::of("2025-11-21T10:42:07.000Z");
        assert_eq!((stamp.date, stamp.time), ((45 << 9) | (11 << 5) | 21, (10 << 11) | (42 << 5) | 3));
        let none = Stamp::of("1970-01-01T00:00:00.000Z");
        assert_eq!((none.date, none.time), ((1 << 5) | 1, 0));
    }

    #[test]
    fn everything_is_where_the_table_says() {
        let (mut zip, mut bytes) = (Zip::new(Stamp::of("2025-11-21T10:42:07.000Z")), Vec::new());
        zip.begin("a/ñ.txt", &mut bytes);
        zip.write(b"Hello ", &mut bytes);
        zip.write(b"World", &mut bytes);
        let first = bytes.len();
        zip.begin("empty", &mut bytes);
        zip.finish(&mut bytes);
        assert_eq!(
            zip.entries.iter().map(|entry| (entry.at, entry.size)).collect::<Vec<_>>(),
            [(0, 11), (u64::try_from(first).unwrap() + 24, 0)]
        );
        assert_eq!(zip.entries[0].crc, 0x4a17_b156, "the checksum of Hello World");
        let at = usize::try_from(zip.entries[1].at).unwrap();
        assert_eq!(bytes[at..at + 4], 0x0403_4b50_u32.to_le_bytes());
    }
}
