//! Requests that only look at a link: the previews that chats make of it, and what browsers fetch before anybody asked.

use axum::http::HeaderMap;

/// Headers that say what a request is for.
const PURPOSES: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
/// What they say where nobody has opened the page.
const AHEAD: [&str; 3] = ["prefetch", "preview", "prerender"];
/// What those call themselves who show something of a page beside its link, in lower case.
const FETCHERS: [&str; 3] = ["whatsapp", "facebookexternalhit", "embedly"];
/// How the names of the others end (Slackbot, BingPreview), and of those who read every page.
const ENDINGS: [&str; 4] = ["bot", "crawler", "spider", "preview"];
/// People hold it in their hands: a telephone.
const NO_FETCHER: &str = "cubot";
/// How much of a header is read, in bytes.
const READ: usize = 512;

/// Whether this only looks: no person has opened it.
pub fn is_preview(headers: &HeaderMap) -> bool {
    PURPOSES.iter().any(|name| has_word(headers, name, |word| AHEAD.contains(&word)))
        || has_word(headers, "user-agent", is_fetcher)
}

fn is_fetcher(word: &str) -> bool {
    let ends = || word != NO_FETCHER && ENDINGS.iter().any(|ending| word.ends_with(ending));
    FETCHERS.contains(&word) || ends()
}

/// Whether a word of a header, in lower case, is such a one.
fn has_word(headers: &HeaderMap, name: &str, is_one: impl Fn(&str) -> bool) -> bool {
    headers.get_all(name).iter().any(|value| {
        let value = value.as_bytes();
        let read = String::from_utf8_lossy(value.get(..READ).unwrap_or(value)).to_ascii_lowercase();
        read.split(|c: char| !c.is_ascii_alphanumeric()).any(&is_one)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn looks(name: &'static str, value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        is_preview(&headers)
    }

    #[test]
    fn previews_and_prefetches_say_so() {
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "prefetch;anonymous-client-ip"),
            ("purpose", "prefetch"),
            ("purpose", "Preview"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
        ] {
            assert!(looks(name, value), "{name}: {value}");
        }
        assert!(!looks("purpose", "reading"));
        assert!(!looks("accept", "prefetch"));
        assert!(!is_preview(&HeaderMap::new()));
    }

    #[test]
    fn fetchers_are_known_by_name() {
        for agent in [
            "WhatsApp/2.24.6.77 A",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "Mozilla/5.0 (Macintosh) Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
            "TelegramBot (like TwitterBot)",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
            "LinkedInBot/1.0 (compatible; Mozilla/5.0)",
            "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
            "Mozilla/5.0 (Macintosh) Safari/600.2.5 (Applebot/0.1)",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; bingbot/2.0)",
            "Mozilla/5.0 AppleWebKit/534+ BingPreview/1.0b",
            "somebodys-bot/1",
            "A CRAWLER",
            "spider_7",
        ] {
            assert!(looks("user-agent", agent), "{agent}");
        }
        for agent in [
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (X11) robots and botany, previews and spiders",
            "curl/8.5.0",
            "node",
            "",
        ] {
            assert!(!looks("user-agent", agent), "{agent}");
        }
        // Nobody has us read a long text.
        assert!(!looks("user-agent", &format!("{} bot", "x".repeat(READ))));
    }
}
