//! The little Markdown that our descriptions use, as HTML: headings, paragraphs, lists, fences, `code`, **bold**
//! and [links](#).

/// Text as HTML shows it.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// What stands in an address's fragment for a text.
pub fn slug(text: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    text.chars().map(fit).collect()
}

/// A whole text. Its headings become `<h3>` with an anchor each.
pub fn blocks(text: &str) -> String {
    let (mut out, mut open) = (String::new(), Open::Nothing);
    for line in text.lines() {
        if open == Open::Fence {
            if line.starts_with("```") {
                open.close(&mut out);
            } else {
                out.push_str(&escape(line));
                out.push('\n');
            }
            continue;
        }
        let trimmed = line.trim();
        if trimmed.is_empty() {
            open.close(&mut out);
        } else if trimmed.starts_with("```") {
            open.start(&mut out, Open::Fence);
        } else if let Some(heading) = trimmed.strip_prefix("## ") {
            open.close(&mut out);
            let slug = slug(heading);
            out.push_str(&format!("<h3 id=\"{slug}\"><a href=\"#{slug}\">{}</a></h3>", inline(heading)));
        } else if let Some(item) = trimmed.strip_prefix("- ") {
            if open == Open::List {
                out.push_str("</li><li>");
            } else {
                open.start(&mut out, Open::List);
            }
            out.push_str(&inline(item));
        } else {
            if open == Open::Nothing {
                open.start(&mut out, Open::Paragraph);
            } else {
                out.push(' ');
            }
            out.push_str(&inline(trimmed));
        }
    }
    open.close(&mut out);
    out
}

/// What a line goes on with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Paragraph,
    List,
    Fence,
}

impl Open {
    fn start(&mut self, out: &mut String, next: Self) {
        self.close(out);
        *self = next;
        out.push_str(match next {
            Self::Nothing => "",
            Self::Paragraph => "<p>",
            Self::List => "<ul><li>",
            Self::Fence => "<pre><code>",
        });
    }

    fn close(&mut self, out: &mut String) {
        out.push_str(match self {
            Self::Nothing => "",
            Self::Paragraph => "</p>",
            Self::List => "</li></ul>",
            Self::Fence => "</code></pre>",
        });
        *self = Self::Nothing;
    }
}

/// One line's text.
pub fn inline(text: &str) -> String {
    let (mut out, mut code) = (String::new(), false);
    for part in text.split('`') {
        if code {
            out.push_str(&format!("<code>{}</code>", escape(part)));
        } else {
            out.push_str(&links(&bold(part)));
        }
        code = !code;
    }
    out
}

fn bold(text: &str) -> String {
    let (mut out, mut strong) = (String::new(), false);
    for part in text.split("**") {
        let part = escape(part);
        out.push_str(&if strong { format!("<b>{part}</b>") } else { part });
        strong = !strong;
    }
    out
}

/// `[text](target)`, where the target stays on this server.
fn links(html: &str) -> String {
    let Some((before, rest)) = html.split_once('[') else { return html.to_owned() };
    let Some((label, rest)) = rest.split_once("](") else { return html.to_owned() };
    let Some((target, rest)) = rest.split_once(')') else { return html.to_owned() };
    if !target.starts_with(['#', '/']) || target.starts_with("//") {
        return html.to_owned();
    }
    format!("{before}<a href=\"{target}\">{label}</a>{}", links(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html_and_html_stays_text() {
        assert_eq!(
            blocks("One\ntwo `a<b` **c**.\n\n## A b\n- x\n  y\n- [z](#q)\n"),
            "<p>One two <code>a&lt;b</code> <b>c</b>.</p><h3 id=\"a-b\"><a href=\"#a-b\">A b</a></h3>\
             <ul><li>x y</li><li><a href=\"#q\">z</a></li></ul>"
        );
        assert_eq!(blocks("```\n<x>\n```"), "<pre><code>&lt;x&gt;\n</code></pre>");
        assert_eq!(inline("<script>\"'&"), "&lt;script&gt;&quot;&#39;&amp;");
        assert_eq!(inline("[a](https://evil.example)"), "[a](https://evil.example)");
        assert_eq!(inline("[a](//evil.example)"), "[a](//evil.example)");
    }
}
