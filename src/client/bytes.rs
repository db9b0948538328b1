//! A reply's body as it arrives: files, speech, and whatever else is no JSON.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{FusedStream, Stream, StreamExt};
use http::HeaderMap;

use super::stream::Source;
use super::transport::Answer;
use crate::decode::{self, Head};
use crate::error::{Error, request_id, shown_request_id};
use crate::wire::Wire;

/// The bytes of a reply, as they arrive.
///
/// It ends after the reply's last byte, or after its first error. Nothing is read ahead of the consumer. Dropping it
/// closes the connection.
#[must_use = "a stream that is not read gives nothing"]
pub struct ByteStream {
    head: Head,
    open: Option<(Source, Wire)>,
}

impl ByteStream {
    pub(super) fn new(answer: Answer<reqwest::Response>, idle: Duration, wire: Wire) -> Self {
        Self {
            open: Some((Source::new(answer.body, answer.deadline, idle), wire)),
            head: answer.head.detached(),
        }
    }

    /// The HTTP status of the reply.
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// The headers of the reply.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The media type of the reply, without parameters: `audio/mpeg`.
    pub fn content_type(&self) -> Option<String> {
        decode::content_type(&self.head)
    }

    /// The server's id of the request (`x-request-id`), for its support.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.head.headers)
    }

    /// Reads to the end, and gives all bytes that are left.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let Some(first) = self.next().await.transpose()? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.next().await.transpose()? else {
            return Ok(first);
        };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(bytes) = self.next().await.transpose()? {
            all.extend_from_slice(&bytes);
        }
        Ok(all.freeze())
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some((source, wire)) = &mut self.open else {
            return Poll::Ready(None);
        };
        let next = ready!(source.poll_bytes(cx));
        match &next {
            Some(Ok(bytes)) => {
                wire.bytes(bytes.clone());
                return Poll::Ready(next);
            }
            Some(Err(error)) => wire.fail(error),
            None => wire.end(),
        }
        self.open = None;
        Poll::Ready(next)
    }
}

impl FusedStream for ByteStream {
    fn is_terminated(&self) -> bool {
        self.open.is_none()
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream")
            .field("status", &self.head.status)
            .field("request_id", &shown_request_id(&self.head.headers))
            .field("has_ended", &self.open.is_none())
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn is_sent<T: Send + Unpin>() {}
    is_sent::<ByteStream>();
};
