//! What stream events carry; events of the same shape share one type.

use serde_json::Value;

use super::{Annotation, Item, Logprob, Part, Response, ShellOutput};
use crate::types::open::{Field, object};

object! {
    /// The response as it stands.
    pub struct ResponseEvent {
        /// The response.
        pub response: Response,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// An item begins or is done.
    pub struct ItemEvent {
        /// The item; null if there is none.
        pub item: Item,
        /// Where it stands in the output.
        pub output_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// A part of an item begins or is done.
    pub struct PartEvent {
        /// The part; null if there is none.
        pub part: Part,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// Where the part stands in the item's content.
        pub content_index: Option<u64>,
        /// Where the part stands in the reasoning's summary.
        pub summary_index: Option<u64>,
        /// `incomplete` if it broke off.
        pub status: Option<String>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// A piece of text, of arguments, of code or of sound.
    pub struct Delta {
        /// The piece.
        pub delta: String,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// Where the part stands in the item's content.
        pub content_index: Option<u64>,
        /// Filling that hides the length of the piece.
        pub obfuscation: Option<String>,
        /// The probabilities of its tokens, if asked for.
        pub logprobs: Option<Vec<Logprob>>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// A piece of a reasoning's summary.
    pub struct SummaryDelta {
        /// The piece.
        pub delta: String,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// Where the part stands in the summary.
        pub summary_index: Option<u64>,
        /// Filling that hides the length of the piece.
        pub obfuscation: Option<String>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// A piece of a shell's command.
    pub struct CommandDelta {
        /// The piece.
        pub delta: String,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// Where the command stands among the item's commands.
        pub command_index: Option<u64>,
        /// Filling that hides the length of the piece.
        pub obfuscation: Option<String>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// A text is done.
    pub struct TextDone {
        /// The whole text.
        pub text: String,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// Where the part stands in the item's content.
        pub content_index: Option<u64>,
        /// The probabilities of its tokens, if asked for.
        pub logprobs: Option<Vec<Logprob>>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// A part of a reasoning's summary is done.
    pub struct SummaryDone {
        /// The whole text.
        pub text: String,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// Where the part stands in the summary.
        pub summary_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// A refusal is done.
    pub struct RefusalDone {
        /// The whole refusal.
        pub refusal: String,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// Where the part stands in the item's content.
        pub content_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// The arguments of a call are done.
    pub struct ArgumentsDone {
        /// The whole arguments: JSON as the model wrote it.
        pub arguments: String,
        /// The function's name.
        pub name: Option<String>,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// The input of a custom tool's call is done.
    pub struct InputDone {
        /// The whole input.
        pub input: String,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// The code of a code interpreter's call is done.
    pub struct CodeDone {
        /// The whole code.
        pub code: String,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// A shell's command begins or is done.
    pub struct CommandEvent {
        /// The command as far as it is known.
        pub command: String,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// Where the command stands among the item's commands.
        pub command_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// A piece of what a command gave.
    pub struct ShellOutputDelta {
        /// The piece.
        pub delta: Option<ShellOutputPiece>,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// Where the command stands among the call's commands.
        pub command_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// A piece of what a command wrote.
    pub struct ShellOutputPiece {
        /// To the standard output.
        pub stdout: Option<String>,
        /// To the standard error.
        pub stderr: Option<String>,
    }
}

object! {
    /// What a command gave is done.
    pub struct ShellOutputDone {
        /// What it gave.
        pub output: Vec<ShellOutput>,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// Where the command stands among the call's commands.
        pub command_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// A text refers to something.
    pub struct AnnotationEvent {
        /// What it refers to.
        pub annotation: Option<Annotation>,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// Where the text stands in the item's content.
        pub content_index: Option<u64>,
        /// Where the annotation stands among the text's annotations.
        pub annotation_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// The call of a built-in tool goes on.
    pub struct Progress {
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

object! {
    /// An image that is not done yet.
    pub struct PartialImage {
        /// The image in base64.
        pub partial_image_b64: String,
        /// Which of the unfinished images it is.
        pub partial_image_index: Option<u64>,
        /// Width and height in pixels as `1024x1024`.
        pub size: Option<String>,
        /// How good it is.
        pub quality: Option<String>,
        /// What is behind it.
        pub background: Option<String>,
        /// `png`, `webp` or `jpeg`.
        pub output_format: Option<String>,
        /// The item's id.
        pub item_id: Option<String>,
        /// Where the item stands in the output.
        pub output_index: Option<u64>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

/// An item inside an event: null if there is none.
impl Field for Item {
    fn read<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(crate::types::open::read(from)?.unwrap_or(Self::Unknown(Value::Null)))
    }

    fn is_absent(&self) -> bool {
        *self == Self::Unknown(Value::Null)
    }
}

impl Default for Item {
    fn default() -> Self {
        Self::Unknown(Value::Null)
    }
}

/// A part inside an event: null if there is none.
impl Field for Part {
    fn read<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(crate::types::open::read(from)?.unwrap_or(Self::Unknown(Value::Null)))
    }

    fn is_absent(&self) -> bool {
        *self == Self::Unknown(Value::Null)
    }
}

impl Default for Part {
    fn default() -> Self {
        Self::Unknown(Value::Null)
    }
}
