//! The report: what Sentry received, as trees that say what each span tells.

use std::env;
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Duration;

use sentry::protocol::SpanStatus;

use super::details::{Detail, details};
use super::sentry::Received;
use super::tree::{Node, trees};

/// How many columns the report takes where `COLUMNS` says nothing.
const WIDTH: usize = 80;

/// The least that it takes, however narrow the terminal is.
const LEAST_WIDTH: usize = 60;

/// Before the tree: the duration of each span.
const MARGIN: usize = 9;

/// Before each detail: what it is.
const LABEL: usize = 11;

/// How many lines a recorded text may take.
const LINES: usize = 2;

/// How the report looks: with colours or not, drawn with Unicode or ASCII, and how wide it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colours: bool,
    unicode: bool,
    width: usize,
}

impl Style {
    /// Colours if this goes to a terminal that wants them; ASCII if the locale is one without UTF-8; as wide as `COLUMNS`
    /// says.
    pub(crate) fn of_stdout() -> Self {
        let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|terminal| terminal == "dumb");
        let locale = set("LC_ALL")
            .or_else(|| set("LC_CTYPE"))
            .or_else(|| set("LANG"));
        let locale = locale.map(|locale| locale.to_uppercase().replace('-', ""));
        Self {
            colours: std::io::stdout().is_terminal() && set("NO_COLOR").is_none() && !dumb,
            unicode: locale.is_none_or(|locale| locale.contains("UTF8")),
            width: set("COLUMNS")
                .and_then(|columns| columns.trim().parse().ok())
                .map_or(WIDTH, |columns: usize| columns.max(LEAST_WIDTH)),
        }
    }

    /// The text in a colour, or faint or bold: an ANSI code.
    pub(crate) fn paint(self, code: &str, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// A branch, the last branch, a trunk and the gap below the last branch.
    fn branches(self) -> [&'static str; 4] {
        if self.unicode {
            ["├─ ", "└─ ", "│  ", "   "]
        } else {
            ["|- ", "`- ", "|  ", "   "]
        }
    }

    fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

/// The whole report.
pub(crate) fn report(received: &Received, style: Style) -> String {
    let trees = trees(received);
    let spans: usize = trees.iter().map(|tree| tree.all().len()).sum();
    let title = format!(
        "What Sentry received: {} in {} ({}, {})",
        counted(spans, "span"),
        counted(received.transactions.len(), "transaction"),
        counted(received.envelopes, "envelope"),
        counted(received.bytes, "byte"),
    );
    let legend =
        "How long it took, what kind of work it was, which, and how it ended; then what it tells.";
    let mut page = Page {
        text: String::new(),
        style,
    };
    for line in wrapped(&title, style.width) {
        let _ = writeln!(page.text, "{}", style.bold(&line));
    }
    for line in wrapped(legend, style.width) {
        let _ = writeln!(page.text, "{}", style.faint(&line));
    }
    for tree in &trees {
        page.text.push('\n');
        page.node(tree, "", "");
    }
    for event in &received.events {
        let exception = event.exception.values.first();
        let what = exception.map(|exception| exception.ty.as_str());
        page.text.push('\n');
        let _ = writeln!(page.text, "an error event: {}", what.unwrap_or("a message"));
    }
    page.text
}

/// The report as far as it is written.
struct Page {
    text: String,
    style: Style,
}

impl Page {
    /// A span, what it tells, and those below it. `first` stands before its own line, `rest` before all others.
    fn node(&mut self, node: &Node, first: &str, rest: &str) {
        let [branch, last_branch, trunk, gap] = self.style.branches();
        let inner = if node.children.is_empty() { gap } else { trunk };
        self.heading(node, first, &format!("{rest}{inner}"));
        for detail in details(node) {
            self.detail(&detail, &format!("{rest}{inner}"));
        }
        for (index, child) in node.children.iter().enumerate() {
            let (first, below) = if index + 1 == node.children.len() {
                (last_branch, gap)
            } else {
                (branch, trunk)
            };
            self.node(child, &format!("{rest}{first}"), &format!("{rest}{below}"));
        }
    }

    /// Duration, op, name and status; what has no room on the line stands below it, behind `rest`.
    fn heading(&mut self, node: &Node, first: &str, rest: &str) {
        let style = self.style;
        let duration = format!("{:>7}  ", shown(node.duration));
        let _ = write!(
            self.text,
            "{}{}",
            style.faint(&duration),
            style.faint(first)
        );
        let (mut column, mut gap) = (MARGIN + length(first), 0);
        for word in words(node) {
            if gap > 0 && column + gap + length(&word.text) > style.width {
                let _ = write!(self.text, "\n{:MARGIN$}{}  ", "", style.faint(rest));
                (column, gap) = (MARGIN + length(rest) + 2, 0);
            }
            let text = cut(
                &word.text,
                style.width.saturating_sub(column + gap),
                style.ellipsis(),
            );
            let _ = write!(self.text, "{:gap$}{}", "", style.paint(word.colour, &text));
            (column, gap) = (column + gap + length(&text), word.gap);
        }
        self.text.push('\n');
    }

    fn detail(&mut self, detail: &Detail, before: &str) {
        let taken = MARGIN + length(before) + LABEL;
        let width = self.style.width.saturating_sub(taken);
        let lines = shortened(&detail.text, width, self.style.ellipsis());
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { detail.label } else { "" };
            let colour = if detail.label == "error" { "31" } else { "34" };
            let _ = writeln!(
                self.text,
                "{:MARGIN$}{}{}{line}",
                "",
                self.style.faint(before),
                self.style.paint(colour, &format!("{label:<LABEL$}")),
            );
        }
    }
}

/// A part of a span's line, and how far from it the next one stands.
struct Word {
    text: String,
    colour: &'static str,
    gap: usize,
}

/// What a span's line says, word by word: op, name, HTTP status and retry, status.
fn words(node: &Node) -> Vec<Word> {
    let word = |text: String, colour, gap| Word { text, colour, gap };
    let mut words = vec![word(node.op.clone(), "36", 2)];
    let name = node.name.split_whitespace();
    words.extend(name.map(|text| word(text.to_owned(), "1", 1)));
    if let Some(code) = node.count("http.response.status_code") {
        words.push(word(code.to_string(), "", 1));
    }
    if let Some(resent) = node.count("http.request.resend_count") {
        words.push(word(format!("(retry {resent})"), "", 1));
    }
    if let Some(last) = words.last_mut() {
        last.gap = 2;
    }
    let colour = match &node.status {
        Some(SpanStatus::Ok) => "32",
        Some(SpanStatus::Cancelled) => "33",
        Some(_) => "31",
        None => "2",
    };
    let status = node.status.as_ref();
    let status = status.map_or("no status".to_owned(), ToString::to_string);
    words.push(word(status, colour, 0));
    words
}

/// The first lines of a text, with an ellipsis where there is more of it.
fn shortened(text: &str, width: usize, ellipsis: &str) -> Vec<String> {
    let mut lines = wrapped(text, width);
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            // Whole words, as many as leave room for the ellipsis.
            while length(last) + length(ellipsis) > width
                && let Some(end) = last.rfind(' ')
            {
                last.truncate(end);
            }
            *last = cut(&format!("{last}{ellipsis}"), width, ellipsis);
        }
    }
    lines
}

/// A text in lines of a width. Only a word that is longer than a line is broken.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    for word in words.flat_map(|word| pieces(word, width)) {
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = word,
            Some(line) if length(line) + 1 + length(&word) <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// A word as it is, or in pieces if it is longer than the width: after the last sign that separates, as in JSON and
/// addresses.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut left: Vec<char> = word.chars().collect();
    let mut pieces = Vec::new();
    while left.len() > width {
        let separator = left
            .iter()
            .take(width)
            .rposition(|c| ",;:/&}])".contains(*c));
        let end = separator.map_or(width, |at| at + 1);
        let rest = left.split_off(end);
        pieces.push(String::from_iter(std::mem::replace(&mut left, rest)));
    }
    pieces.push(String::from_iter(left));
    pieces
}

/// A text on one line, with an ellipsis where it is longer than the width.
fn cut(text: &str, width: usize, ellipsis: &str) -> String {
    if length(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(length(ellipsis));
    text.chars().take(room).chain(ellipsis.chars()).collect()
}

/// How many columns a text takes, taking each character for one.
fn length(text: &str) -> usize {
    text.chars().count()
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A duration in words.
pub(crate) fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 0.1 {
        format!("{:.1} ms", seconds * 1_000.0)
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1_000.0)
    } else {
        format!("{seconds:.2} s")
    }
}
