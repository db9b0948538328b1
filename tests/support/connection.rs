//! One connection of the test server: requests in, replies out.

use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::ReadHalf;

use super::reply::After;
use super::server::State;

/// A request as the server got it.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// On which connection it came: 0 for the first that was accepted.
    pub connection: usize,
    /// When it had come whole.
    pub received: Instant,
}

impl Request {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body of a request is JSON")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name)?;
        Some(value.to_str().expect("a header's value is text"))
    }

    pub(super) fn path_without_query(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

/// Answers requests until either side closes the connection.
pub(super) async fn serve(mut stream: TcpStream, connection: usize, state: &State) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = BytesMut::new();
    loop {
        let input = Input {
            stream: &mut stream,
            buffer: &mut buffer,
        };
        let request = match input.request(connection).await {
            Ok(request) => request,
            Err(BadRequest::Closed) => return,
            Err(BadRequest::Malformed(what)) => return state.complain(what),
        };
        let last = request.header("connection") == Some("close");
        let reply = state.reply_to(request);

        let (mut read, mut write) = stream.split();
        let after = tokio::select! {
            biased;
            after = reply.write(&mut write) => after.ok(),
            () = closed(&mut read, &mut buffer) => None,
        };
        match after {
            Some(After::KeepAlive) if !last => state.replied(),
            Some(After::KeepAlive | After::Close) => return,
            Some(After::Reset) => {
                let _ = stream.set_zero_linger();
                return;
            }
            None => return state.disconnected(),
        }
    }
}

/// Waits until the client closes the connection; what it sends before is kept.
async fn closed(read: &mut ReadHalf<'_>, buffer: &mut BytesMut) {
    while !matches!(read.read_buf(buffer).await, Ok(0) | Err(_)) {}
}

struct Input<'a> {
    stream: &'a mut TcpStream,
    buffer: &'a mut BytesMut,
}

impl Input<'_> {
    async fn request(mut self, connection: usize) -> Result<Request, BadRequest> {
        let line = self.line().await?;
        let [method, path, "HTTP/1.1"] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(BadRequest::Malformed(format!("the request line {line:?}")));
        };
        let (method, path) = (method.to_owned(), path.to_owned());
        let headers = self.headers().await?;
        let body = self.body(&headers).await?;
        Ok(Request {
            method,
            path,
            headers,
            body,
            connection,
            received: Instant::now(),
        })
    }

    async fn headers(&mut self) -> Result<HeaderMap, BadRequest> {
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(headers);
            }
            let malformed = || BadRequest::Malformed(format!("the header line {line:?}"));
            let (name, value) = line.split_once(':').ok_or_else(malformed)?;
            let name = HeaderName::try_from(name).map_err(|_| malformed())?;
            let value = HeaderValue::try_from(value.trim()).map_err(|_| malformed())?;
            headers.append(name, value);
        }
    }

    async fn body(&mut self, headers: &HeaderMap) -> Result<Bytes, BadRequest> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if text("transfer-encoding") != Some("chunked") {
            let length = text("content-length").unwrap_or("0");
            let malformed = || BadRequest::Malformed(format!("the content length {length:?}"));
            return self.exactly(length.parse().map_err(|_| malformed())?).await;
        }
        let mut body = BytesMut::new();
        loop {
            let size = self.line().await?;
            let malformed = || BadRequest::Malformed(format!("the chunk size {size:?}"));
            let size = usize::from_str_radix(&size, 16).map_err(|_| malformed())?;
            let chunk = self.exactly(size).await?;
            let end = self.line().await?;
            if !end.is_empty() {
                return Err(BadRequest::Malformed(format!("the chunk end {end:?}")));
            }
            if size == 0 {
                return Ok(body.freeze());
            }
            body.extend_from_slice(&chunk);
        }
    }

    /// A line without its CRLF.
    async fn line(&mut self) -> Result<String, BadRequest> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.buffer.split_to(end);
                self.buffer.advance(2);
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            self.more().await?;
        }
    }

    async fn exactly(&mut self, length: usize) -> Result<Bytes, BadRequest> {
        while self.buffer.len() < length {
            self.more().await?;
        }
        Ok(self.buffer.split_to(length).freeze())
    }

    async fn more(&mut self) -> Result<(), BadRequest> {
        match self.stream.read_buf(self.buffer).await {
            Ok(0) | Err(_) => Err(BadRequest::Closed),
            Ok(_) => Ok(()),
        }
    }
}

enum BadRequest {
    Closed,
    Malformed(String),
}
