//! The report: what Sentry received, as trees that say what each span tells.

use std::env;
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Duration;

use sentry::protocol::SpanStatus;

use super::details::{Detail, details};
use super::sentry::Received;
use super::tree::{Node, trees};

const WIDTH: usize = 100;

/// Before the tree: the duration of each span.
const MARGIN: usize = 9;

/// Before each detail: what it is.
const LABEL: usize = 11;

/// How many lines a recorded text may take.
const LINES: usize = 2;

/// How the report looks: with colours or not, drawn with Unicode or ASCII.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colours: bool,
    unicode: bool,
}

impl Style {
    /// Colours if this goes to a terminal that wants them; ASCII if the locale is one without UTF-8.
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

    fn status(self, status: Option<&SpanStatus>) -> String {
        let code = match status {
            Some(SpanStatus::Ok) => "32",
            Some(SpanStatus::Cancelled) => "33",
            Some(_) => "31",
            None => "2",
        };
        let text = status.map_or("no status".to_owned(), ToString::to_string);
        self.paint(code, &text)
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
        text: format!("{}\n{}\n", style.bold(&title), style.faint(legend)),
        style,
    };
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
        self.heading(node, first);
        let inner = if node.children.is_empty() { gap } else { trunk };
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

    /// Duration, op, name and status, on one line.
    fn heading(&mut self, node: &Node, before: &str) {
        let style = self.style;
        let mut after = String::new();
        if let Some(code) = node.count("http.response.status_code") {
            let _ = write!(after, " {code}");
        }
        if let Some(resent) = node.count("http.request.resend_count") {
            let _ = write!(after, " (retry {resent})");
        }
        let status = node.status.as_ref();
        let plain = Style {
            colours: false,
            ..style
        }
        .status(status);
        let taken = MARGIN + length(before) + length(&node.op) + length(&after) + plain.len() + 4;
        let name = self.cut(&node.name, WIDTH.saturating_sub(taken));
        let duration = format!("{:>7}", shown(node.duration));
        let _ = writeln!(
            self.text,
            "{}  {}{}  {}{after}  {}",
            style.faint(&duration),
            style.faint(before),
            style.paint("36", &node.op),
            style.bold(&name),
            style.status(status),
        );
    }

    fn detail(&mut self, detail: &Detail, before: &str) {
        let taken = MARGIN + length(before) + LABEL;
        let lines = self.shortened(&detail.text, WIDTH.saturating_sub(taken), LINES);
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

    /// A text in so many lines of a width, cut where it is longer.
    fn shortened(&self, text: &str, width: usize, most: usize) -> Vec<String> {
        let ellipsis = self.style.ellipsis();
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
            if lines.len() > most {
                break;
            }
        }
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                last.push_str(ellipsis);
                *last = self.cut(last, width);
            }
        }
        lines
    }

    /// A text on one line, with an ellipsis where it is longer than the width.
    fn cut(&self, text: &str, width: usize) -> String {
        if length(text) <= width {
            return text.to_owned();
        }
        let ellipsis = self.style.ellipsis();
        let room = width.saturating_sub(length(ellipsis));
        text.chars().take(room).chain(ellipsis.chars()).collect()
    }
}

/// A word as it is, or in pieces of the width if it is longer.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters
        .chunks(width.max(1))
        .map(String::from_iter)
        .collect()
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
