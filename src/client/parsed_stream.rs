//! Streams of values: the events as the model writes them, and the value in the end.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::FusedFuture;
use futures_util::stream::{FusedStream, Stream, StreamExt};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::folded::Folded;
use super::stream::EventStream;
use super::{ChatCompletions, Responses};
use crate::error::Error;
use crate::structured::{Parsed, with_format, with_response_format};
use crate::types::{chat, responses};

/// The events of a reply that is a value of the type `T`, as `parse_stream` gives them: read them, then take the value
/// with its method `parsed`.
///
/// `F` is [`chat::Fold`] or [`responses::Fold`].
#[must_use = "a stream that is not read gives nothing, and its call is recorded as cancelled"]
pub struct ParsedStream<T, E, F> {
    events: Folded<E, F>,
    value: PhantomData<fn() -> T>,
}

impl<T, E, F> fmt::Debug for ParsedStream<T, E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ParsedStream").field(&self.events).finish()
    }
}

impl ChatCompletions<'_> {
    /// Asks for an answer that is a value of this type, chunk by chunk: the type's schema is the reply's format,
    /// unless the request has a format of its own.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
    /// # #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// # struct City { name: String }
    /// # let request = sentry_openai::chat::Request::new("gpt-4o", []);
    /// let mut stream = client.chat().completions().parse_stream::<City>(&request).await?;
    /// while let Some(chunk) = stream.next().await {
    ///     print!("{}", chunk?.text_delta());
    /// }
    /// let city = stream.parsed().await?.value;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if strict schemas have no words for the type.
    pub async fn parse_stream<T: JsonSchema>(
        &self,
        request: &chat::Request,
    ) -> Result<ParsedStream<T, chat::Chunk, chat::Fold>, Error> {
        let request = with_response_format::<T>(request)?;
        Ok(ParsedStream::<T, chat::Chunk, chat::Fold>::new(
            self.create_stream(&request).await?,
        ))
    }
}

impl Responses<'_> {
    /// Asks for a response that is a value of this type, event by event: the type's schema is the format of the
    /// text, unless the request has a format of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if strict schemas have no words for the type.
    pub async fn parse_stream<T: JsonSchema>(
        &self,
        request: &responses::Request,
    ) -> Result<ParsedStream<T, responses::Event, responses::Fold>, Error> {
        let request = with_format::<T>(request)?;
        Ok(ParsedStream::<T, responses::Event, responses::Fold>::new(
            self.create_stream(&request).await?,
        ))
    }
}

/// The events of a stream, their fold, and the reply that they become.
macro_rules! values {
    ($event:ty, $fold:ty, $whole:ty) => {
        impl<T> ParsedStream<T, $event, $fold> {
            fn new(events: EventStream<$event>) -> Self {
                Self {
                    events: events.folded(),
                    value: PhantomData,
                }
            }

            /// The next event; `None` after the last one.
            #[expect(clippy::should_implement_trait, reason = "the name that streams have")]
            pub fn next(
                &mut self,
            ) -> impl FusedFuture<Output = Option<Result<$event, Error>>> + Unpin {
                self.events.next()
            }

            /// Reads what is left of the stream, and gives the value.
            ///
            /// # Errors
            ///
            /// The stream's; [`Error::Parse`] if the model declines, is cut off or writes something else: it has the
            /// reply.
            pub async fn parsed(self) -> Result<Parsed<T, $whole>, Error>
            where
                T: DeserializeOwned,
            {
                self.events.parsed().await
            }

            /// The reply as far as it has come.
            pub fn so_far(&self) -> $whole {
                self.events.so_far()
            }
        }

        impl<T> Stream for ParsedStream<T, $event, $fold> {
            type Item = Result<$event, Error>;

            fn poll_next(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                self.events.poll_next_unpin(cx)
            }
        }

        impl<T> FusedStream for ParsedStream<T, $event, $fold> {
            fn is_terminated(&self) -> bool {
                self.events.is_terminated()
            }
        }
    };
}

values!(chat::Chunk, chat::Fold, chat::Completion);
values!(responses::Event, responses::Fold, responses::Response);

const _: () = {
    const fn is_sent<T: Send + Unpin>() {}
    is_sent::<ParsedStream<String, chat::Chunk, chat::Fold>>();
};
