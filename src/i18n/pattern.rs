//! Texts with something put in: `{0}` is the first thing, `{0, plural, one {# chat} other {# chats}}` depends on a
//! number and has it as `#`, `{0, time}` writes seconds as minutes and seconds, `{0, two}` the last two digits of
//! a number.

use super::plural::Plural;

/// What is put in.
#[derive(Debug, Clone, Copy)]
pub enum Arg<'a> {
    Word(&'a str),
    Number(i64),
}

impl Arg<'_> {
    fn number(&self) -> i64 {
        match self {
            Self::Number(number) => *number,
            Self::Word(_) => 0,
        }
    }
}

/// Writes the text. What cannot be read is left as it is: a test reads all texts.
#[must_use]
pub fn write(pattern: &str, args: &[Arg<'_>], plural: Plural) -> String {
    let mut out = String::with_capacity(pattern.len());
    write_part(pattern, args, plural, None, &mut out);
    out
}

fn write_part(pattern: &str, args: &[Arg<'_>], plural: Plural, number: Option<i64>, out: &mut String) {
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '#']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix('#') {
            match number {
                Some(number) => out.push_str(&number.to_string()),
                None => out.push('#'),
            }
            rest = after;
            continue;
        }
        let Some(end) = closing(rest) else { break };
        put(&rest[1..end], args, plural, out);
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
}

/// Where the brace that opens a text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn put(inside: &str, args: &[Arg<'_>], plural: Plural, out: &mut String) {
    let mut parts = inside.splitn(3, ',').map(str::trim);
    let arg = parts.next().and_then(|name| args.get(name.parse::<usize>().ok()?));
    let Some(arg) = arg else { return };
    match (parts.next(), parts.next()) {
        (Some("plural"), Some(forms)) => {
            let number = arg.number();
            let form = form_of(forms, plural.form(number)).or_else(|| form_of(forms, "other"));
            write_part(form.unwrap_or_default(), args, plural, Some(number), out);
        }
        (Some("time"), _) => {
            let seconds = arg.number();
            out.push_str(&format!("{}:{:02}", seconds / 60, seconds % 60));
        }
        (Some("two"), _) => out.push_str(&format!("{:02}", arg.number().rem_euclid(100))),
        _ => match arg {
            Arg::Word(word) => out.push_str(word),
            Arg::Number(number) => out.push_str(&number.to_string()),
        },
    }
}

/// The text of a form: what its braces hold.
fn form_of<'t>(forms: &'t str, wanted: &str) -> Option<&'t str> {
    let mut rest = forms;
    while let Some(open) = rest.find('{') {
        let name = rest[..open].trim();
        let end = open + closing(&rest[open..])?;
        if name == wanted {
            return Some(&rest[open + 1..end]);
        }
        rest = &rest[end + 1..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pattern: &str, args: &[Arg<'_>]) -> String {
        write(pattern, args, Plural::Six)
    }

    #[test]
    fn things_are_put_in_where_they_belong() {
        assert_eq!(said("{1} vor {0}", &[Arg::Word("A"), Arg::Word("B")]), "B vor A");
        assert_eq!(said("{0, time} · {1, two}/{2}", &[125, 2026, 7].map(Arg::Number)), "2:05 · 26/7");
        assert_eq!(said("100 % {x} {9}#", &[]), "100 %  #");
        // What was put in is not read again.
        assert_eq!(said("{0}!", &[Arg::Word("{0}#")]), "{0}#!");
        assert_eq!(said("open {0", &[Arg::Word("A")]), "open {0");
    }

    #[test]
    fn numbers_choose_their_form() {
        let chats = "{0, plural, one {محادثة} two {محادثتان} few {# محادثات} other {# محادثة}} في {1}";
        let of = |count| said(chats, &[Arg::Number(count), Arg::Word("X")]);
        assert_eq!(of(1), "محادثة في X");
        assert_eq!(of(2), "محادثتان في X");
        assert_eq!(of(5), "5 محادثات في X");
        assert_eq!(of(50), "50 محادثة في X");
    }
}
