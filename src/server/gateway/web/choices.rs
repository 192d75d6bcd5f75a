//! What this browser chose, in cookies: so that a page is right from its first byte.

use crate::i18n::Locale;
use crate::server::auth;
use crate::ui::{Look, Theme};
use axum::http::{HeaderMap, header};
use leptos::prelude::provide_context;

/// Colours, look and language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choices {
    theme: Theme,
    look: Look,
    locale: Locale,
}

impl Choices {
    /// Those of a request. Whoever has not chosen a language gets the first of ours that their browser asks for.
    pub fn of(headers: &HeaderMap) -> Self {
        let cookie = |name: &str| auth::cookie(headers, name);
        let theme = match cookie("theme").as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::Auto,
        };
        let asked = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().and_then(Locale::asked);
        let locale = cookie("lang").and_then(|tag| Locale::of_tag(&tag)).or_else(asked);
        let look = cookie("look").map(|look| Look::parse(&look)).unwrap_or_default();
        Self { theme, look, locale: locale.unwrap_or_default() }
    }

    /// Hands them to the page.
    pub fn provide(self) {
        provide_context(self.theme);
        provide_context(self.look);
        provide_context(self.locale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cookie: &str, language: &str) -> Choices {
        let headers = [(header::COOKIE, cookie), (header::ACCEPT_LANGUAGE, language)];
        Choices::of(&headers.into_iter().map(|(name, value)| (name, value.parse().unwrap())).collect())
    }

    #[test]
    fn a_choice_counts_before_what_the_browser_asks_for() {
        assert_eq!(of("lang=es; theme=dark", "de").locale, Locale::Spanish);
        assert_eq!(of("theme=dark", "de-AT,en;q=0.5").locale, Locale::German);
        assert_eq!(of("lang=xx", "fr").locale, Locale::English);
        let choices = of("look=compact.blue.waves; theme=dark", "");
        assert_eq!((choices.theme, choices.look.accent), (Theme::Dark, "blue"));
    }
}
