//! A response whose body is recorded while it is read.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::ResponseBuilderExt;

use super::{Failure, Recording};

/// The same response; its body tells `recording` what is read of it.
pub(super) fn tap(mut recording: Recording, response: reqwest::Response) -> reqwest::Response {
    recording.head(response.status().as_u16(), response.headers());
    if !recording.is_listening() {
        return response;
    }
    let url = response.url().clone();
    let (mut parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
    // The URL is lost on the way through `http::Response`, unless it is among the extensions.
    if let Ok(bearer) = http::Response::builder().url(url).body(()) {
        parts.extensions.extend(bearer.into_parts().0.extensions);
    }
    let body = reqwest::Body::wrap(Tap {
        body,
        recording: Some(recording),
    });
    http::Response::from_parts(parts, body).into()
}

struct Tap {
    body: reqwest::Body,
    /// Taken at the end of the body.
    recording: Option<Recording>,
}

impl Tap {
    fn finish(&mut self) {
        if let Some(recording) = self.recording.take() {
            recording.finish();
        }
    }
}

impl Body for Tap {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let (Some(recording), Some(bytes)) = (&mut self.recording, frame.data_ref()) {
                    recording.bytes(bytes.clone());
                }
                // A reader that knows the length may not ask for the end.
                if self.body.is_end_stream() {
                    self.finish();
                }
            }
            Some(Err(error)) => {
                if let Some(recording) = self.recording.take() {
                    recording.fail(&Failure::of(error));
                }
            }
            None => self.finish(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
