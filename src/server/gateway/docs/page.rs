//! `/docs`: the document as a page. No script, and nothing from elsewhere.

use super::schema;
use super::text::{blocks, escape, inline, slug};
use crate::protocol::ProblemCode;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// What only this page is styled by: the client's sheet stays small for those who come for their chats. A file of its
/// own, for the page's policy lets no other styles in.
const STYLES: &str = "/docs.css";

/// One operation of the document, where it is.
struct Operation<'d> {
    method: &'d str,
    path: &'d str,
    says: &'d Value,
}

/// Everything after `<html lang="en"`, whose other attributes are the reader's.
pub fn render(document: &Value, stylesheet: &str) -> String {
    let tags: Vec<&Value> = document["tags"].as_array().into_iter().flatten().collect();
    let mut nav = String::from("<a href=\"#introduction\">Introduction</a>");
    let mut main = format!(
        "<section id=\"introduction\"><h2>Introduction</h2>{}</section>",
        blocks(document["info"]["description"].as_str().unwrap_or(""))
    );
    for tag in tags {
        let name = tag["name"].as_str().unwrap_or("");
        let of_tag: Vec<Operation> = operations(document).filter(|one| one.says["tags"][0] == name).collect();
        if of_tag.is_empty() {
            continue;
        }
        let id = format!("tag-{}", slug(name));
        let links: String = of_tag.iter().map(nav_link).collect();
        push(&mut nav, format_args!("<details><summary>{}</summary>{links}</details>", escape(name)));
        let about = tag["description"].as_str().map(inline).unwrap_or_default();
        let articles: String = of_tag.iter().map(article).collect();
        push(
            &mut main,
            format_args!("<section id=\"{id}\"><h2>{}</h2><p>{about}</p>{articles}</section>", escape(name)),
        );
    }
    nav.push_str(
        "<a href=\"#problems\">Errors</a><a href=\"#schemas\">Schemas</a><a href=\"/docs-json\">OpenAPI</a>",
    );
    main.push_str(&problems());
    main.push_str(&schemas(document));
    let head = format!(
        "<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Switchboard API</title>\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\"><link rel=\"stylesheet\" href=\"{}\">\
         <link rel=\"stylesheet\" href=\"{STYLES}\"></head>",
        escape(stylesheet)
    );
    format!(
        "{head}<body><div class=\"docs\"><header class=\"docs-head\"><h1>Switchboard API</h1>\
         <p class=\"docs-quiet\">Version {}</p></header><nav class=\"docs-nav\" aria-label=\"Contents\">{nav}</nav>\
         <main class=\"docs-main\">{main}</main></div></body></html>",
        escape(document["info"]["version"].as_str().unwrap_or(""))
    )
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = out.write_fmt(text);
}

fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flat_map(Map::iter);
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flat_map(Map::iter);
        methods.map(move |(method, says)| Operation { method, path, says })
    })
}

impl Operation<'_> {
    fn anchor(&self) -> String {
        format!("op-{}", escape(self.says["operationId"].as_str().unwrap_or("")))
    }

    fn method_mark(&self) -> String {
        let method = escape(self.method);
        format!("<span class=\"docs-method\" data-method=\"{method}\">{}</span>", method.to_uppercase())
    }
}

fn nav_link(operation: &Operation<'_>) -> String {
    format!(
        "<a href=\"#{}\">{} <span>{}</span></a>",
        operation.anchor(),
        operation.method_mark(),
        escape(operation.path.strip_prefix("/api/v1").unwrap_or(operation.path))
    )
}

fn article(operation: &Operation<'_>) -> String {
    let says = operation.says;
    let anchor = operation.anchor();
    let deprecated =
        if says["deprecated"] == true { "<b class=\"docs-deprecated\">deprecated</b>" } else { "" };
    let mut out = format!(
        "<article class=\"docs-op\" id=\"{anchor}\"><h3><a href=\"#{anchor}\">{} <code>{}</code></a>{deprecated}</h3>\
         <p>{}</p>{}<p class=\"docs-quiet\">{}</p>",
        operation.method_mark(),
        escape(operation.path),
        inline(says["summary"].as_str().unwrap_or("")),
        blocks(says["description"].as_str().unwrap_or("")),
        credentials(says),
    );
    let parameters: Vec<&Value> = says["parameters"].as_array().into_iter().flatten().collect();
    for (place, title) in [("path", "Path"), ("query", "Query"), ("header", "Headers"), ("cookie", "Cookies")]
    {
        let rows: String =
            parameters.iter().filter(|one| one["in"] == place).map(|one| parameter(one)).collect();
        if !rows.is_empty() {
            push(&mut out, format_args!("<h4>{title}</h4><dl class=\"docs-fields\">{rows}</dl>"));
        }
    }
    if let Some(body) = says.get("requestBody") {
        push(&mut out, format_args!("<h4>Body</h4>{}", contents(&body["content"], true)));
    }
    let responses = says["responses"].as_object().into_iter().flat_map(Map::iter);
    let rows: String = responses.map(|(status, response)| answer(status, response)).collect();
    push(&mut out, format_args!("<h4>Answers</h4><dl class=\"docs-answers\">{rows}</dl></article>"));
    out
}

fn credentials(says: &Value) -> &'static str {
    match says.get("security").and_then(Value::as_array) {
        None => "Needs a credential.",
        Some(ways) if ways.len() > 1 => "Needs a credential in some cases.",
        Some(_) => "Open to everybody.",
    }
}

fn parameter(parameter: &Value) -> String {
    schema::row(
        parameter["name"].as_str().unwrap_or(""),
        &parameter["schema"],
        parameter["required"] == true,
        parameter["description"].as_str().unwrap_or(""),
    )
}

fn answer(status: &str, response: &Value) -> String {
    format!(
        "<div><dt data-class=\"{}\">{}</dt><dd>{} {}</dd></div>",
        escape(status.get(..1).unwrap_or("")),
        escape(status),
        inline(response["description"].as_str().unwrap_or("")),
        contents(&response["content"], false)
    )
}

/// What is sent, by type; a schema without a name is shown in full where it matters.
fn contents(content: &Value, in_full: bool) -> String {
    let types = content.as_object().into_iter().flat_map(Map::iter);
    let one = |(kind, media): (&String, &Value)| {
        let schema = &media["schema"];
        let words = if schema.is_null() { String::new() } else { schema::in_words(schema) };
        let detail =
            if in_full && schema.get("properties").is_some() { schema::body(schema) } else { String::new() };
        format!("<span class=\"docs-quiet\"><code>{}</code> {words}</span>{detail}", escape(kind))
    };
    types.map(one).collect::<Vec<_>>().join("<br>")
}

/// Every code: a problem's `type` leads here.
fn problems() -> String {
    let row = |code: ProblemCode| {
        let name = code.as_str();
        format!(
            "<div id=\"problem-{name}\"><dt><a href=\"#problem-{name}\"><code>{name}</code></a></dt>\
             <dd><span class=\"docs-quiet\">{}</span> {}</dd></div>",
            code.status(),
            escape(code.title())
        )
    };
    let rows: String = ProblemCode::ALL.into_iter().map(row).collect();
    format!("<section id=\"problems\"><h2>Errors</h2><dl class=\"docs-fields\">{rows}</dl></section>")
}

fn schemas(document: &Value) -> String {
    let all = document["components"]["schemas"].as_object().into_iter().flat_map(Map::iter);
    let one = |(name, schema): (&String, &Value)| {
        let name = escape(name);
        format!(
            "<article class=\"docs-op\" id=\"schema-{name}\"><h3><a href=\"#schema-{name}\"><code>{name}</code></a></h3>{}{}</article>",
            blocks(schema["description"].as_str().unwrap_or("")),
            schema::body(schema)
        )
    };
    format!("<section id=\"schemas\"><h2>Schemas</h2>{}</section>", all.map(one).collect::<String>())
}
