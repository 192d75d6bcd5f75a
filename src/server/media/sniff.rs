//! What a file is, by its first bytes.
//!
//! The signatures are those of <https://mimesniff.spec.whatwg.org> and of the formats' own specifications.

/// How many of a file's first bytes are looked at.
pub const HEAD: usize = 4_096;
/// What nobody knows better.
pub const UNKNOWN: &str = "application/octet-stream";
/// The longest content type that is taken from a claim, in bytes.
const MAX_CLAIM: usize = 100;

/// Content types that hold no script and that browsers show by themselves.
const INLINE: [&str; 16] = [
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "audio/ogg",
    "audio/mpeg",
    "audio/mp4",
    "audio/aac",
    "audio/amr",
    "audio/wav",
    "audio/webm",
    "audio/flac",
    "video/mp4",
    "video/webm",
    "video/3gpp",
    "video/quicktime",
];

/// Content types that are served under their own names but never shown inline.
const NAMED: [&str; 12] = [
    "application/pdf",
    "application/zip",
    "application/gzip",
    "application/json",
    "application/msword",
    "application/epub+zip",
    "application/x-7z-compressed",
    "application/vnd.rar",
    "image/heic",
    "image/avif",
    "text/plain",
    "text/csv",
];

/// Whether a browser may show it in a page of its own.
#[must_use]
pub fn is_shown_inline(content_type: &str) -> bool {
    INLINE.contains(&content_type)
}

/// The content type that a file is served with: its own if no browser makes a page or a script of it, else
/// bytes.
#[must_use]
pub fn served_as(content_type: &str) -> &str {
    let office = content_type.starts_with("application/vnd.") && !content_type.ends_with("+xml");
    if office || INLINE.contains(&content_type) || NAMED.contains(&content_type) {
        content_type
    } else {
        UNKNOWN
    }
}

/// The content type of a file that starts like this. `claim` is what whoever brought it says.
#[must_use]
pub fn content_type(head: &[u8], claim: Option<&str>) -> String {
    let claim = claim.and_then(essence);
    let claim = claim.as_deref();
    let claimed = |types: &[&str]| claim.filter(|claim| types.iter().any(|start| claim.starts_with(start)));
    let office =
        ["application/vnd.", "application/msword", "application/epub+zip", "application/java-archive"];
    let found = match signature(head) {
        Some("application/zip") => claimed(&office).unwrap_or("application/zip"),
        Some("application/x-ole-storage") => claimed(&office).unwrap_or(UNKNOWN),
        Some("video/mp4") if claimed(&["audio/mp4", "audio/x-m4a", "audio/aac"]).is_some() => "audio/mp4",
        Some("video/webm") if claimed(&["audio/webm"]).is_some() => "audio/webm",
        Some(found) => found,
        None => match text(head) {
            Some("text/plain") => {
                let texts = ["text/", "application/json", "application/xml", "application/javascript"];
                claimed(&texts).unwrap_or("text/plain")
            }
            Some(markup) => markup,
            // What could be told by its bytes and was not, is not what is claimed.
            None => claimed(&["application/"]).unwrap_or(UNKNOWN),
        },
    };
    found.to_owned()
}

/// `type/subtype` in lower case, without parameters, if that is what it is.
#[must_use]
pub fn essence(claim: &str) -> Option<String> {
    let claim = claim.split(';').next()?.trim();
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let (kind, sub) = claim.split_once('/')?;
    (claim.len() <= MAX_CLAIM && token(kind) && token(sub)).then(|| claim.to_ascii_lowercase())
}

fn signature(head: &[u8]) -> Option<&'static str> {
    const STARTS: [(&[u8], &str); 20] = [
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"BM", "image/bmp"),
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        (b"\x1f\x8b", "application/gzip"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07", "application/vnd.rar"),
        (b"fLaC", "audio/flac"),
        (b"#!AMR", "audio/amr"),
        (b"ID3", "audio/mpeg"),
        (b"\xff\xfb", "audio/mpeg"),
        (b"\xff\xf3", "audio/mpeg"),
        (b"\xff\xf2", "audio/mpeg"),
        (b"\xff\xfa", "audio/mpeg"),
        (b"\xff\xf1", "audio/aac"),
        (b"\xff\xf9", "audio/aac"),
    ];
    let has = |at: usize, what: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(what));
    if has(0, b"RIFF") {
        return match head.get(8..12) {
            Some(b"WEBP") => Some("image/webp"),
            Some(b"WAVE") => Some("audio/wav"),
            Some(b"AVI ") => Some("video/x-msvideo"),
            _ => None,
        };
    }
    if has(4, b"ftyp") {
        return Some(brand(head.get(8..12).unwrap_or_default()));
    }
    if has(0, b"\x1a\x45\xdf\xa3") {
        let names = |name: &[u8]| {
            head.iter().take(64).copied().collect::<Vec<_>>().windows(name.len()).any(|w| w == name)
        };
        return Some(if names(b"webm") { "video/webm" } else { "video/x-matroska" });
    }
    if has(0, b"OggS") {
        return Some(if has(28, b"\x80theora") { "video/ogg" } else { "audio/ogg" });
    }
    // Two bytes are few: a bitmap says its length, and the length of its header, too.
    STARTS
        .iter()
        .find(|(start, kind)| has(0, start) && (*kind != "image/bmp" || has(14, b"\x28\0\0\0")))
        .map(|found| found.1)
}

/// The major brand of ISO base media files (ISO/IEC 14496-12).
fn brand(brand: &[u8]) -> &'static str {
    match brand {
        b"M4A " | b"M4B " => "audio/mp4",
        b"qt  " => "video/quicktime",
        b"heic" | b"heix" | b"heim" | b"heis" | b"mif1" | b"hevc" => "image/heic",
        b"avif" | b"avis" => "image/avif",
        [b'3', b'g', ..] => "video/3gpp",
        _ => "video/mp4",
    }
}

/// What kind of text it is, if it is one: UTF-8 without control characters.
fn text(head: &[u8]) -> Option<&'static str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character may be cut in two where we stop looking.
        Err(error) if head.len() >= HEAD && error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0c')) {
        return None;
    }
    let start: String = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .chars()
        .take(512)
        .collect::<String>()
        .to_ascii_lowercase();
    const HTML: [&str; 12] = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<script",
        "<iframe",
        "<title",
        "<style",
        "<!--",
        "<div",
        "<table",
        "<a ",
    ];
    if HTML.iter().any(|tag| start.starts_with(tag)) {
        return Some("text/html");
    }
    if start.starts_with("<svg") || start.starts_with("<?xml") && start.contains("<svg") {
        return Some("image/svg+xml");
    }
    if start.starts_with("<?xml") {
        return Some("application/xml");
    }
    Some("text/plain")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_win_over_the_claim() {
        assert_eq!(content_type(b"\x89PNG\r\n\x1a\n", Some("text/html")), "image/png");
        assert_eq!(content_type(b"<svg onload=alert(1)>", Some("image/png")), "image/svg+xml");
        assert_eq!(content_type(b"\xef\xbb\xbf \n<!DOCTYPE HTML><p>", Some("text/plain")), "text/html");
        assert_eq!(content_type(b"<?xml version='1.0'?><svg/>", None), "image/svg+xml");
        assert_eq!(content_type(b"no picture", Some("image/jpeg")), "text/plain");
        assert_eq!(content_type(&[0, 1, 2, 3], Some("image/jpeg")), UNKNOWN);
        assert_eq!(content_type(b"a,b\n1,2\n", Some("text/csv; charset=utf-8")), "text/csv");
        assert_eq!(content_type(&[0, 1, 2, 3], Some("application/x-Thing")), "application/x-thing");
        assert_eq!(content_type(b"PK\x03\x04...", None), "application/zip");
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        assert_eq!(content_type(b"PK\x03\x04...", Some(docx)), docx);
        assert_eq!(content_type(b"RIFF\0\0\0\0WEBPVP8 ", None), "image/webp");
        assert_eq!(content_type(b"\0\0\0\x18ftypisom", Some("audio/mp4")), "audio/mp4");
        assert_eq!(content_type(b"", Some("nonsense")), "text/plain");
    }

    #[test]
    fn nothing_that_a_browser_runs_is_served_as_such() {
        for kind in [
            "text/html",
            "image/svg+xml",
            "application/xhtml+xml",
            "application/xml",
            "text/xml",
            "application/javascript",
            "text/javascript",
            "text/css",
            "application/vnd.x+xml",
            "nonsense",
            "",
        ] {
            assert_eq!(served_as(kind), UNKNOWN, "{kind}");
            assert!(!is_shown_inline(kind), "{kind}");
        }
        assert_eq!(served_as("image/png"), "image/png");
        assert!(!is_shown_inline("application/pdf") && !is_shown_inline("text/plain"));
        assert!(INLINE.iter().all(|kind| served_as(kind) == *kind));
    }

    #[test]
    fn claims_have_a_form() {
        assert_eq!(essence("Audio/OGG; codecs=opus").as_deref(), Some("audio/ogg"));
        for wrong in ["", "a", "a/", "/b", "a/b c", "a/b\r\nx: y", "é/b", &format!("a/{}", "b".repeat(100))]
        {
            assert_eq!(essence(wrong), None, "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_something(head: Vec<u8>, claim: Option<String>) {
            let found = content_type(&head, claim.as_deref());
            proptest::prop_assert_eq!(essence(&found), Some(found.clone()));
        }
    }
}
