//! A message's text on the page: its spans become elements, never markup.

use crate::model::text::{Line, Span, Style, spans};
use leptos::prelude::*;

/// The text with its marks and links.
#[must_use]
pub fn rich_text(text: &str) -> AnyView {
    nodes(spans(text))
}

fn nodes(spans: Vec<Span>) -> AnyView {
    // Most messages are one run of plain text.
    if let [Span::Text(_)] = spans.as_slice() {
        return spans.into_iter().map(node).next().into_any();
    }
    spans.into_iter().map(node).collect_view().into_any()
}

fn node(span: Span) -> AnyView {
    match span {
        Span::Text(text) => text.into_any(),
        Span::Mono(text) => view! { <code class="mono">{text}</code> }.into_any(),
        Span::Code(text) => view! { <code>{text}</code> }.into_any(),
        Span::Link(address) => {
            let shown = address.clone();
            view! { <a href=address target="_blank" rel="noopener noreferrer nofollow">{shown}</a> }
                .into_any()
        }
        Span::Styled(Style::Bold, inner) => view! { <strong>{nodes(inner)}</strong> }.into_any(),
        Span::Styled(Style::Italic, inner) => view! { <em>{nodes(inner)}</em> }.into_any(),
        Span::Styled(Style::Struck, inner) => view! { <s>{nodes(inner)}</s> }.into_any(),
        // As wide as all lines, so that the break behind it begins no line of its own.
        Span::Line(Line::Quote, inner) => {
            view! { <span class="line line--quote">{nodes(inner)}</span> }.into_any()
        }
        Span::Line(line, inner) => {
            let mark = line.shown();
            view! { <span class="line line--item"><span class="line__mark">{mark}</span><span>{nodes(inner)}</span></span> }
                .into_any()
        }
    }
}
