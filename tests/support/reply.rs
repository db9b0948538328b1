//! What the test server answers, step by step, errors of any kind included.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use bytes::Bytes;
use serde_json::Value;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

/// One answer of the server: a status, headers, and a body that is written step by step.
///
/// The body has its content length unless told otherwise, and the connection stays open after it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    framing: Framing,
    before_head: Vec<Step>,
    body: Vec<Step>,
    at_accept: bool,
}

/// Whole replies.
impl Reply {
    /// An empty reply, to which headers and steps can be added.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            framing: Framing::ContentLength(None),
            before_head: Vec::new(),
            body: Vec::new(),
            at_accept: false,
        }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    pub fn text(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::new(status)
            .header("content-type", content_type)
            .chunk(body)
    }

    /// An event stream with these data, each event in a chunk of its own; add [`done`](Self::done) for the
    /// end mark.
    pub fn sse<T: ToString>(events: impl IntoIterator<Item = T>) -> Self {
        let stream = Self::sse_raw([] as [Bytes; 0]);
        events
            .into_iter()
            .fold(stream, |stream, data| stream.data(data.to_string()))
    }

    /// An event stream of these bytes, each piece in a chunk of its own.
    pub fn sse_raw<T: Into<Bytes>>(pieces: impl IntoIterator<Item = T>) -> Self {
        let stream = Self::new(200)
            .header("content-type", "text/event-stream; charset=utf-8")
            .chunked();
        pieces.into_iter().fold(stream, Self::chunk)
    }

    /// No HTTP at all: these bytes, then the end of the connection.
    pub fn garbage(bytes: impl Into<Bytes>) -> Self {
        let mut reply = Self::new(0).chunk(bytes);
        reply.framing = Framing::None;
        reply
    }

    /// The connection is closed as soon as it is accepted. Only in the queue for all paths; on a connection that
    /// is open already, it is closed after the request.
    pub fn close_at_accept() -> Self {
        let mut reply = Self::new(0).close_before_head();
        reply.at_accept = true;
        reply
    }
}

/// The head, and what happens before it.
impl Reply {
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Announces this length, whatever the body has; the connection is closed after the body.
    pub fn content_length(mut self, length: usize) -> Self {
        self.framing = Framing::ContentLength(Some(length));
        self
    }

    /// Sends the body with `transfer-encoding: chunked`.
    pub fn chunked(mut self) -> Self {
        self.framing = Framing::Chunked;
        self
    }

    /// Sends the body without length: it ends with the connection.
    pub fn until_close(mut self) -> Self {
        self.framing = Framing::UntilClose;
        self
    }

    /// Waits until the gate is open before anything is sent.
    pub fn pause_before_head(mut self, gate: &Gate) -> Self {
        self.before_head.push(Step::Pause(gate.clone()));
        self
    }

    /// Never answers.
    pub fn stall_before_head(mut self) -> Self {
        self.before_head.push(Step::Stall);
        self
    }

    /// Closes the connection after the request, without an answer.
    pub fn close_before_head(mut self) -> Self {
        self.before_head.push(Step::Close);
        self
    }

    /// Resets the connection after the request, without an answer.
    pub fn reset_before_head(mut self) -> Self {
        self.before_head.push(Step::Reset);
        self
    }
}

/// The steps of the body.
impl Reply {
    /// Writes these bytes.
    pub fn chunk(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body.push(Step::Chunk(bytes.into()));
        self
    }

    /// Writes an event with this data.
    pub fn data(self, data: impl ToString) -> Self {
        self.chunk(format!("data: {}\n\n", data.to_string()))
    }

    /// Writes an event with this name and data.
    pub fn event(self, name: &str, data: impl ToString) -> Self {
        self.chunk(format!("event: {name}\ndata: {}\n\n", data.to_string()))
    }

    /// Writes the end mark of an event stream.
    pub fn done(self) -> Self {
        self.data("[DONE]")
    }

    /// Writes these bytes over and over, and counts what the client's side has taken.
    pub fn repeat(mut self, bytes: impl Into<Bytes>, times: usize, meter: &Meter) -> Self {
        self.body
            .push(Step::Repeat(bytes.into(), times, meter.clone()));
        self
    }

    /// Waits until the gate is open.
    pub fn pause(mut self, gate: &Gate) -> Self {
        self.body.push(Step::Pause(gate.clone()));
        self
    }

    /// Sends nothing more and keeps the connection open, until the client closes it.
    pub fn stall(mut self) -> Self {
        self.body.push(Step::Stall);
        self
    }

    /// Closes the connection here: in the midst of the body if more was announced.
    pub fn cut(mut self) -> Self {
        self.body.push(Step::Close);
        self
    }

    /// Resets the connection here. The client may lose bytes that it has not read yet.
    pub fn reset(mut self) -> Self {
        self.body.push(Step::Reset);
        self
    }

    /// Closes the connection after the whole body, and says so in the head.
    pub fn close(mut self) -> Self {
        self.headers.push(("connection".into(), "close".into()));
        self
    }
}

impl Reply {
    pub(super) fn is_at_accept(&self) -> bool {
        self.at_accept
    }

    pub(super) async fn write(&self, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<After> {
        for step in &self.before_head {
            if let Some(after) = self.step(step, to).await? {
                return Ok(after);
            }
        }
        to.write_all(self.head().as_bytes()).await?;
        let is_chunked = matches!(self.framing, Framing::Chunked);
        let (last, body) = match self.body.split_last() {
            // In one piece with the body's end, so that whoever has read the one has the other.
            Some((Step::Chunk(bytes), body)) if is_chunked => (Self::framed(bytes), body),
            _ => (Vec::new(), &self.body[..]),
        };
        for step in body {
            if let Some(after) = self.step(step, to).await? {
                return Ok(after);
            }
        }
        if is_chunked {
            to.write_all(&[&last[..], b"0\r\n\r\n"].concat()).await?;
        }
        let stays_open = matches!(
            self.framing,
            Framing::Chunked | Framing::ContentLength(None)
        );
        let closes = self
            .headers
            .iter()
            .any(|(name, value)| name == "connection" && value == "close");
        Ok(if stays_open && !closes {
            After::KeepAlive
        } else {
            After::Close
        })
    }

    fn head(&self) -> String {
        let framing = match self.framing {
            Framing::None => return String::new(),
            Framing::Chunked => "transfer-encoding: chunked".to_owned(),
            Framing::UntilClose => "connection: close".to_owned(),
            Framing::ContentLength(announced) => {
                let length = announced.unwrap_or_else(|| self.body.iter().map(Step::len).sum());
                format!("content-length: {length}")
            }
        };
        let status = http::StatusCode::from_u16(self.status).unwrap();
        let reason = status.canonical_reason().unwrap_or("Status");
        let mut head = format!("HTTP/1.1 {} {reason}\r\n", self.status);
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head + &framing + "\r\n\r\n"
    }

    /// The bytes as they are sent with this framing.
    fn piece(&self, bytes: &Bytes) -> Vec<u8> {
        if matches!(self.framing, Framing::Chunked) {
            Self::framed(bytes)
        } else {
            bytes.to_vec()
        }
    }

    /// The bytes as a chunk; none for none, since that would be the end.
    fn framed(bytes: &Bytes) -> Vec<u8> {
        if bytes.is_empty() {
            return Vec::new();
        }
        let size = format!("{:x}\r\n", bytes.len());
        [size.as_bytes(), bytes, b"\r\n"].concat()
    }

    async fn step(
        &self,
        step: &Step,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<Option<After>> {
        match step {
            Step::Chunk(bytes) => to.write_all(&self.piece(bytes)).await?,
            Step::Repeat(bytes, times, meter) => {
                let piece = self.piece(bytes);
                for _ in 0..*times {
                    meter.write(&piece, to).await?;
                }
            }
            Step::Pause(gate) => gate.pass().await,
            Step::Stall => std::future::pending().await,
            Step::Close => return Ok(Some(After::Close)),
            Step::Reset => return Ok(Some(After::Reset)),
        }
        Ok(None)
    }
}

/// Holds a reply back until the test opens it, for good.
#[derive(Clone, Debug)]
pub struct Gate {
    state: watch::Sender<GateState>,
}

impl Gate {
    pub fn new() -> Self {
        Self {
            state: watch::Sender::new(GateState::default()),
        }
    }

    pub fn open(&self) {
        self.state.send_modify(|state| state.open = true);
    }

    /// Waits until a reply has come to the gate: what stands before it has been written.
    pub async fn reached(&self) {
        super::server::bounded("a reply to come to the gate", async {
            self.state
                .subscribe()
                .wait_for(|state| state.reached)
                .await
                .unwrap();
        })
        .await;
    }

    async fn pass(&self) {
        self.state.send_modify(|state| state.reached = true);
        self.state
            .subscribe()
            .wait_for(|state| state.open)
            .await
            .unwrap();
    }
}

#[derive(Debug, Default)]
struct GateState {
    reached: bool,
    open: bool,
}

/// Counts the bytes of a long body as the client's side takes them.
#[derive(Clone, Debug)]
pub struct Meter {
    state: watch::Sender<MeterState>,
}

impl Meter {
    pub fn new() -> Self {
        Self {
            state: watch::Sender::new(MeterState::default()),
        }
    }

    /// How many bytes have left the server. Buffers of the system and of the client may hold them still.
    pub fn sent(&self) -> usize {
        self.state.borrow().sent
    }

    /// Waits until the server can't send more, because nobody takes it.
    pub async fn stuck(&self) {
        super::server::bounded("the server to get stuck", async {
            self.state
                .subscribe()
                .wait_for(|state| state.stuck)
                .await
                .unwrap();
        })
        .await;
    }

    async fn write(&self, bytes: &[u8], to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = poll_fn(|cx| {
                let polled = Pin::new(&mut *to).poll_write(cx, rest);
                let stuck = polled.is_pending();
                self.state.send_if_modified(|state| {
                    let changed = state.stuck != stuck;
                    state.stuck = stuck;
                    changed
                });
                polled
            })
            .await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            rest = &rest[written..];
            self.state.send_modify(|state| state.sent += written);
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct MeterState {
    sent: usize,
    stuck: bool,
}

/// What becomes of the connection after a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    KeepAlive,
    Close,
    Reset,
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    /// The body's own length, if not another is to be announced.
    ContentLength(Option<usize>),
    Chunked,
    UntilClose,
    /// Not even a head.
    None,
}

#[derive(Clone, Debug)]
enum Step {
    Chunk(Bytes),
    Repeat(Bytes, usize, Meter),
    Pause(Gate),
    Stall,
    Close,
    Reset,
}

impl Step {
    fn len(&self) -> usize {
        match self {
            Self::Chunk(bytes) => bytes.len(),
            Self::Repeat(bytes, times, _) => bytes.len() * times,
            _ => 0,
        }
    }
}
