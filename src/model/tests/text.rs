//! Marks, links and emoji: nothing lost, nothing read that was not written.

use crate::model::text::{Line, Span, Style, emoji_only, hue, initials, phone, plain, spans};
use proptest::prelude::*;

fn text(text: &str) -> Span {
    Span::Text(text.into())
}

fn styled(style: Style, inner: &str) -> Span {
    Span::Styled(style, vec![text(inner)])
}

/// The text that the spans were read from.
fn source(spans: &[Span]) -> String {
    let mut out = String::new();
    for span in spans {
        match span {
            Span::Text(text) | Span::Link(text) => out.push_str(text),
            Span::Mono(text) => out.push_str(&format!("```{text}```")),
            Span::Code(text) => out.push_str(&format!("`{text}`")),
            Span::Styled(style, inner) => {
                out.push(style.mark());
                out.push_str(&source(inner));
                out.push(style.mark());
            }
            Span::Line(line, inner) => {
                out.push_str(&line.mark());
                out.push_str(&source(inner));
            }
        }
    }
    out
}

#[test]
fn lines_are_quotes_and_lists_by_their_beginning() {
    let line = |line: Line, inner: &str| Span::Line(line, vec![text(inner)]);
    let number = |digits: &str| Line::Number(digits.into());
    assert_eq!(spans("> said"), [line(Line::Quote, "said")]);
    assert_eq!(
        spans("buy\n- eggs\n- milk\nsoon"),
        [text("buy\n"), line(Line::Bullet, "eggs"), text("\n"), line(Line::Bullet, "milk"), text("\nsoon")]
    );
    assert_eq!(spans("1. a\n12. b"), [line(number("1"), "a"), text("\n"), line(number("12"), "b")]);
    let bold = Span::Styled(Style::Bold, vec![text("now")]);
    assert_eq!(spans("> *now* or"), [Span::Line(Line::Quote, vec![bold, text(" or")])]);
    assert_eq!(plain(&spans("> *a*\n- b\n3. c")), "a\n• b\n3. c");
    for bare in
        [">", "> ", ">a", "-", "- ", "-a", "a - b", "a > b", " - a", "1.", "1. ", "1.5", "1234. a", "*- a*"]
    {
        let lines = spans(bare).iter().any(|span| matches!(span, Span::Line(..)));
        assert!(!lines, "{bare}");
    }
    // What stands in a block is not looked into.
    assert_eq!(spans("```\n- a\n```"), [Span::Mono("\n- a\n".into())]);
}

#[test]
fn marks_at_the_edge_of_words() {
    assert_eq!(spans("*now*"), [styled(Style::Bold, "now")]);
    assert_eq!(spans("a _b c_, d"), [text("a "), styled(Style::Italic, "b c"), text(", d")]);
    assert_eq!(spans("~no~ ~yes~"), [styled(Style::Struck, "no"), text(" "), styled(Style::Struck, "yes")]);
    let nested = Span::Styled(Style::Bold, vec![text("very "), styled(Style::Italic, "much")]);
    assert_eq!(spans("*very _much_*"), [nested]);
}

#[test]
fn what_only_looks_like_a_mark_stays_text() {
    for plain in [
        "2*3*4",
        "snake_case_name",
        "* not",
        "*not *",
        "*",
        "**",
        "a*",
        "*two\nlines*",
        "~~",
        "_ _",
        "``",
        "```",
        "5*",
        "``````",
    ] {
        assert_eq!(spans(plain), [text(plain)], "{plain}");
    }
}

#[test]
fn backticks_keep_what_they_hold() {
    assert_eq!(spans("```let *x* = 1;\n  y```"), [Span::Mono("let *x* = 1;\n  y".into())]);
    assert_eq!(spans("run `a_b*c` now"), [text("run "), Span::Code("a_b*c".into()), text(" now")]);
}

#[test]
fn links_are_plain_web_addresses() {
    let link = |address: &str| Span::Link(address.into());
    assert_eq!(
        spans("see https://a.example/x_y_z."),
        [text("see "), link("https://a.example/x_y_z"), text(".")]
    );
    assert_eq!(spans("(http://a.example/q(1))"), [text("("), link("http://a.example/q(1)"), text(")")]);
    assert_eq!(spans("*https://a.example*"), [Span::Styled(Style::Bold, vec![link("https://a.example")])]);
    for plain in
        ["javascript:alert(1)", "https://", "http:// x", "xhttp://a.example", "data:text/html,x", "HTTP"]
    {
        assert_eq!(spans(plain), [text(plain)], "{plain}");
    }
}

#[test]
fn emoji_alone_are_counted_up_to_three() {
    assert_eq!(emoji_only("👍"), Some(1));
    assert_eq!(emoji_only(" ❤️ 👍🏽 "), Some(2));
    assert_eq!(emoji_only("👩‍👩‍👧‍👦"), Some(1));
    assert_eq!(emoji_only("🇪🇸🇫🇷"), Some(2));
    assert_eq!(emoji_only("1️⃣"), Some(1));
    for other in ["", " ", "👍 yes", "👍👍👍👍", "1", "🇪", "*", "3️"] {
        assert_eq!(emoji_only(other), None, "{other}");
    }
}

#[test]
fn names_and_numbers() {
    assert_eq!(initials("Marta Ruiz"), "MR");
    assert_eq!(initials("la bodega · team"), "lb");
    assert_eq!(initials("+34 600 111 222"), "22");
    assert_eq!(initials("👍"), "");
    assert_eq!(phone("34600111222"), "+34 600 111 222");
    assert_eq!(phone("12025550123"), "+1 202 555 0123");
    assert_eq!(phone("351912345678"), "+351 912 345 678");
    assert_eq!(phone("1203630@g.us"), "1203630@g.us");
    assert_eq!(phone("34"), "+34");
    assert_eq!(phone(""), "");
    assert!((0..200).all(|n| hue(&format!("34600111{n}")) < 12));
    let spread: std::collections::HashSet<usize> = (0..60).map(|n| hue(&format!("34600111{n}"))).collect();
    assert!(spread.len() >= 10);
}

#[test]
fn a_hostile_text_is_read_in_a_moment() {
    let started = std::time::Instant::now();
    for hostile in [
        "*a ",
        "_a*",
        "`",
        "```a",
        "https://a)",
        "~*_`",
        "http",
        ")",
        "*_~a~_* ",
        "> a\n",
        "> *a",
        "- _a\n",
        "1. `a\n",
        "9999",
        "-\n",
    ] {
        let long = hostile.repeat(65_536 / hostile.len());
        assert_eq!(source(&spans(&long)), long);
        assert_eq!(source(&spans(&format!("https://a{long}"))), format!("https://a{long}"));
    }
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

proptest! {
    #[test]
    fn nothing_is_lost(text in "[a-c*_~` \n.()🙂]{0,60}|.{0,40}|[*_~a ]{0,40}(https?://[a-z*_().]{0,20})?[*_~ ]{0,10}|([->12. ]{0,4}[a*` ]{0,6}\n?){0,8}") {
        let spans = spans(&text);
        prop_assert_eq!(source(&spans), text);
        let _ = plain(&spans);
    }

    #[test]
    fn links_are_never_anything_else(text in ".{0,20}(javascript:|http://|https://|data:).{0,30}") {
        fn links(spans: &[Span], found: &mut Vec<String>) {
            for span in spans {
                match span {
                    Span::Link(address) => found.push(address.clone()),
                    Span::Styled(_, inner) => links(inner, found),
                    _ => {}
                }
            }
        }
        let mut found = Vec::new();
        links(&spans(&text), &mut found);
        for address in found {
            prop_assert!(address.starts_with("http://") || address.starts_with("https://"));
            prop_assert!(!address.contains(char::is_whitespace));
        }
    }

    #[test]
    fn helpers_never_panic(text in ".{0,30}") {
        let _ = (emoji_only(&text), initials(&text), hue(&text), phone(&text));
    }

    #[test]
    fn numbers_keep_their_digits(digits in "[0-9]{1,20}") {
        prop_assert_eq!(phone(&digits).replace(['+', ' '], ""), digits);
    }
}
