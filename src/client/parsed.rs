//! Structured output of streams: the events as the model writes them, and the value in the end.

use serde::de::DeserializeOwned;

use super::folded::Folded;
use super::stream::EventStream;
use crate::error::Error;
use crate::structured::Parsed;
use crate::types::{chat, responses};

/// What a stream's reply is read into: the events, their fold, the reply, and how it is read.
macro_rules! parsed {
    ($event:ty, $fold:ty, $whole:ty, $read:ident) => {
        impl EventStream<$event> {
            /// Reads to the end, and reads the reply's text, which is JSON, into a type.
            ///
            /// # Errors
            ///
            /// The stream's; [`Error::Parse`] if the model declines, is cut off or writes something else: it has the
            /// reply.
            pub async fn parsed<T: DeserializeOwned>(self) -> Result<Parsed<T, $whole>, Error> {
                self.folded().parsed().await
            }
        }

        impl Folded<$event, $fold> {
            /// Reads what is left of the stream, and reads the reply's text, which is JSON, into a type.
            ///
            /// # Errors
            ///
            /// The stream's; [`Error::Parse`] if the model declines, is cut off or writes something else: it has the
            /// reply.
            pub async fn parsed<T: DeserializeOwned>(self) -> Result<Parsed<T, $whole>, Error> {
                Ok(Parsed::$read(self.whole().await?)?)
            }
        }
    };
}

parsed!(chat::Chunk, chat::Fold, chat::Completion, of_completion);
parsed!(
    responses::Event,
    responses::Fold,
    responses::Response,
    of_response
);
