//! What people want of a stream: its text alone, or the whole reply that it becomes.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::future::FusedFuture;
use futures_util::stream::{FusedStream, Stream, StreamExt};

use super::stream::EventStream;
use crate::error::Error;
use crate::types::{chat, completions, responses};

/// The text of a reply, piece by piece, as [`EventStream::text_deltas`] gives it.
///
/// Like the stream that it reads, it ends after the reply's last event or its first error, and the call is
/// recorded as if the events were read by hand.
#[must_use = "a stream that is not read gives nothing, and its call is recorded as cancelled"]
pub struct TextDeltas<T> {
    stream: EventStream<T>,
    text: fn(&T) -> String,
}

impl<T> TextDeltas<T> {
    /// The next piece of the text; `None` after the last one.
    #[expect(clippy::should_implement_trait, reason = "the name that streams have")]
    pub fn next(&mut self) -> impl FusedFuture<Output = Option<Result<String, Error>>> + Unpin {
        StreamExt::next(self)
    }
}

impl<T> Stream for TextDeltas<T> {
    type Item = Result<String, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return Poll::Ready(match ready!(self.stream.poll_next_unpin(cx)) {
                Some(Ok(event)) => match (self.text)(&event) {
                    text if text.is_empty() => continue,
                    text => Some(Ok(text)),
                },
                Some(Err(error)) => Some(Err(error)),
                None => None,
            });
        }
    }
}

impl<T> FusedStream for TextDeltas<T> {
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}

impl<T> fmt::Debug for TextDeltas<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TextDeltas").field(&self.stream).finish()
    }
}

/// The events of a stream, which become the whole reply as they pass: see [`EventStream::folded`].
///
/// `F` is [`chat::Fold`], [`responses::Fold`] or [`completions::Fold`].
#[must_use = "a stream that is not read gives nothing, and its call is recorded as cancelled"]
pub struct Folded<T, F> {
    stream: EventStream<T>,
    fold: F,
}

impl<T, F> fmt::Debug for Folded<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Folded").field(&self.stream).finish()
    }
}

/// The helpers of a stream: its events, their fold, the reply that they become, and the text of an event.
macro_rules! helpers {
    ($event:ty, $fold:ty, $whole:ty, $text:expr) => {
        impl EventStream<$event> {
            /// The text alone, without the events around it: of several answers, the first one's. Empty pieces are
            /// left out.
            pub fn text_deltas(self) -> TextDeltas<$event> {
                TextDeltas {
                    stream: self,
                    text: $text,
                }
            }

            /// The same events, which become the whole reply as they pass.
            pub fn folded(self) -> Folded<$event, $fold> {
                Folded {
                    stream: self,
                    fold: <$fold>::new(),
                }
            }

            /// Reads to the end, and gives what the plain call would have given.
            ///
            /// # Errors
            ///
            /// The stream's. To keep what had come before it, read it [`folded`](Self::folded).
            pub async fn whole(self) -> Result<$whole, Error> {
                self.folded().whole().await
            }
        }

        impl Folded<$event, $fold> {
            /// The next event; `None` after the last one.
            #[expect(clippy::should_implement_trait, reason = "the name that streams have")]
            pub fn next(
                &mut self,
            ) -> impl FusedFuture<Output = Option<Result<$event, Error>>> + Unpin {
                StreamExt::next(self)
            }

            /// Reads what is left of the stream, and gives the whole reply.
            ///
            /// # Errors
            ///
            /// The stream's; what had come before it is lost. To keep it, read the events and
            /// [`finish`](Self::finish).
            pub async fn whole(mut self) -> Result<$whole, Error> {
                while let Some(event) = self.next().await {
                    event?;
                }
                Ok(self.finish())
            }

            /// The reply as far as it has come: all of it after the stream's end. Before it, the connection is
            /// closed.
            pub fn finish(self) -> $whole {
                self.fold.finish()
            }

            /// The reply as far as it has come.
            pub fn so_far(&self) -> $whole {
                self.fold.clone().finish()
            }
        }

        impl Stream for Folded<$event, $fold> {
            type Item = Result<$event, Error>;

            fn poll_next(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                let event = ready!(self.stream.poll_next_unpin(cx));
                if let Some(Ok(event)) = &event {
                    self.fold.push(event);
                }
                Poll::Ready(event)
            }
        }

        impl FusedStream for Folded<$event, $fold> {
            fn is_terminated(&self) -> bool {
                self.stream.is_terminated()
            }
        }
    };
}

helpers!(
    chat::Chunk,
    chat::Fold,
    chat::Completion,
    chat::Chunk::text_delta
);
helpers!(
    completions::Completion,
    completions::Fold,
    completions::Completion,
    first_text
);
helpers!(
    responses::Event,
    responses::Fold,
    responses::Response,
    |event| event.text_delta().unwrap_or_default().to_owned()
);

/// The next piece of the first continuation.
fn first_text(piece: &completions::Completion) -> String {
    let mut choices = piece.choices.iter();
    let first = choices.find(|choice| choice.index.is_none_or(|index| index == 0));
    first.map_or_else(String::new, |choice| choice.text.clone())
}

const _: () = {
    const fn is_sent<T: Send + Unpin>() {}
    is_sent::<TextDeltas<chat::Chunk>>();
    is_sent::<Folded<chat::Chunk, chat::Fold>>();
    is_sent::<Folded<responses::Event, responses::Fold>>();
};
