//! Batches: many requests in a file, answered within a day at a lower price.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::files::ExpiresAfter;
use super::open::{object, setters, strings};
use super::page::Listed;

object! {
    /// A batch of requests.
    pub struct Batch {
        /// Its id.
        pub id: String,
        /// The kind of this object: `batch`.
        pub object: Option<String>,
        /// The endpoint of its requests.
        pub endpoint: Option<String>,
        /// The model that answers.
        pub model: Option<String>,
        /// What is wrong with its input, if it can't be run.
        pub errors: Option<Errors>,
        /// The file with its requests.
        pub input_file_id: Option<String>,
        /// How soon it is to be answered: `24h`.
        pub completion_window: Option<String>,
        /// How far it is.
        pub status: Option<Status>,
        /// The file with the replies, once there are some.
        pub output_file_id: Option<String>,
        /// The file with the requests that failed, if there are some.
        pub error_file_id: Option<String>,
        /// When it was made, in seconds since the Unix epoch, as all times here.
        pub created_at: Option<f64>,
        /// When it began to run.
        pub in_progress_at: Option<f64>,
        /// When it will expire.
        pub expires_at: Option<f64>,
        /// When its replies began to be put together.
        pub finalizing_at: Option<f64>,
        /// When it was done.
        pub completed_at: Option<f64>,
        /// When it failed.
        pub failed_at: Option<f64>,
        /// When it expired.
        pub expired_at: Option<f64>,
        /// When it began to be cancelled.
        pub cancelling_at: Option<f64>,
        /// When it was cancelled.
        pub cancelled_at: Option<f64>,
        /// How many of its requests are done.
        pub request_counts: Option<RequestCounts>,
        /// The tokens used.
        pub usage: Option<super::responses::Usage>,
        /// The caller's notes on it.
        pub metadata: Option<Map<String, Value>>,
    }
}

strings! {
    /// How far a batch is.
    pub enum Status {
        /// Its input is being looked at.
        Validating = "validating",
        /// Its input can't be used.
        Failed = "failed",
        /// It runs.
        InProgress = "in_progress",
        /// Its replies are being put together.
        Finalizing = "finalizing",
        /// Its replies are there.
        Completed = "completed",
        /// It was not done in time; what is done is there.
        Expired = "expired",
        /// It is being cancelled.
        Cancelling = "cancelling",
        /// It was cancelled; what was done is there.
        Cancelled = "cancelled",
    }
}

impl Status {
    /// Whether it will not change any more.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Completed | Self::Expired | Self::Cancelled
        )
    }
}

object! {
    /// What is wrong with a batch's input.
    pub struct Errors {
        /// The kind of this object: `list`.
        pub object: Option<String>,
        /// One for each line.
        pub data: Vec<LineError>,
    }
}

object! {
    /// What is wrong with a line of a batch's input.
    pub struct LineError {
        /// A name for it.
        pub code: Option<String>,
        /// A text for people.
        pub message: Option<String>,
        /// The parameter that caused it.
        pub param: Option<String>,
        /// The line's number.
        pub line: Option<u64>,
    }
}

object! {
    /// How many requests of a batch are done.
    pub struct RequestCounts {
        /// All.
        pub total: Option<u64>,
        /// Those that were answered.
        pub completed: Option<u64>,
        /// Those that failed.
        pub failed: Option<u64>,
    }
}

object! {
    /// Makes a batch of the requests in a file.
    pub struct CreateRequest {
        /// The file, uploaded for the purpose `batch`.
        pub input_file_id: String,
        /// The endpoint of its requests, as `/v1/responses`.
        pub endpoint: String,
        /// How soon it is to be answered: `24h`.
        pub completion_window: String,
        /// Up to 16 notes on it.
        pub metadata: Option<Map<String, Value>>,
        /// When the files with its replies are to be deleted.
        pub output_expires_after: Option<ExpiresAfter>,
    }
}

setters! {
    CreateRequest {
        value { output_expires_after: ExpiresAfter, }
        into {}
    }
}

impl CreateRequest {
    /// The requests in this file, which are for this endpoint (`/v1/responses`), within a day.
    pub fn new(input_file_id: impl Into<String>, endpoint: impl Into<String>) -> Self {
        Self {
            input_file_id: input_file_id.into(),
            endpoint: endpoint.into(),
            completion_window: "24h".to_owned(),
            ..Self::default()
        }
    }

    /// Sets [`metadata`](Self::metadata).
    #[must_use]
    pub fn metadata<K: Into<String>, V: Into<Value>>(
        mut self,
        metadata: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let pairs = metadata.into_iter();
        self.metadata = Some(
            pairs
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        );
        self
    }
}

impl Listed for Batch {
    fn id(&self) -> Option<&str> {
        Some(self.id.as_str()).filter(|id| !id.is_empty())
    }
}

object! {
    /// A line of a batch's input: one request.
    ///
    /// ```
    /// use sentry_openai::{batches, chat};
    ///
    /// # fn main() -> Result<(), serde_json::Error> {
    /// let lines = ["Hello!", "Good morning!"].iter().enumerate().map(|(place, text)| {
    ///     let request = chat::Request::new("gpt-4o", [chat::Message::user(*text)]);
    ///     batches::RequestLine::new(format!("line-{place}"), "/v1/chat/completions", &request)
    /// });
    /// let lines = lines.collect::<Result<Vec<_>, _>>()?;
    /// let file: String = batches::write_lines(&lines)?;
    /// # Ok(())
    /// # }
    /// ```
    pub struct RequestLine {
        /// By which its reply is known; each is unique in a batch.
        pub custom_id: String,
        /// The method: `POST`.
        pub method: String,
        /// The endpoint: that of the batch.
        pub url: String,
        /// The request, as JSON.
        pub body: Option<Value>,
    }
}

impl RequestLine {
    /// This request to this endpoint (`/v1/responses`).
    ///
    /// # Errors
    ///
    /// The request is not JSON: none of this crate's own is such.
    pub fn new(
        custom_id: impl Into<String>,
        endpoint: impl Into<String>,
        request: &impl Serialize,
    ) -> serde_json::Result<Self> {
        Ok(Self {
            custom_id: custom_id.into(),
            method: "POST".to_owned(),
            url: endpoint.into(),
            body: Some(serde_json::to_value(request)?),
            ..Self::default()
        })
    }
}

object! {
    /// A line of a batch's output, or of its errors: the reply to one request.
    pub struct ResponseLine {
        /// Its id.
        pub id: Option<String>,
        /// That of the request that it answers.
        pub custom_id: String,
        /// The reply; none if the request could not be made.
        pub response: Option<LineResponse>,
        /// Why the request could not be made.
        pub error: Option<LineError>,
    }
}

object! {
    /// The reply to one request of a batch.
    pub struct LineResponse {
        /// Its HTTP status.
        pub status_code: Option<u64>,
        /// The server's id of the request, for its support.
        pub request_id: Option<String>,
        /// The reply, or an error, as JSON.
        pub body: Option<Value>,
    }
}

impl LineResponse {
    /// The body as a reply: `chat::Completion`, `responses::Response`.
    ///
    /// # Errors
    ///
    /// It is no such reply; of an error by its [status](Self::status_code) it says so as well.
    pub fn reply<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        T::deserialize(self.body.as_ref().unwrap_or(&Value::Null))
    }
}

/// Writes the lines of a batch's input, for an upload.
///
/// # Errors
///
/// A line is not JSON: no [`RequestLine`] is such.
pub fn write_lines(lines: &[RequestLine]) -> serde_json::Result<String> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(line)?);
        text.push('\n');
    }
    Ok(text)
}

/// Reads the lines of a batch's output, or of its errors; also of its input, as [`RequestLine`]s. Each line is read by
/// itself, so that one that can't be read costs itself alone; blank lines are passed over.
pub fn read_lines<T: DeserializeOwned>(file: &[u8]) -> impl Iterator<Item = serde_json::Result<T>> {
    let lines = file.split(|byte| *byte == b'\n');
    let lines = lines
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    lines.map(serde_json::from_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_written_and_read_again() {
        let lines: Vec<_> = ["a", "b\nc"]
            .map(|id| RequestLine::new(id, "/v1/embeddings", &json!({"model": "m"})).unwrap())
            .into();
        let text = write_lines(&lines).unwrap();
        assert_eq!(
            text.lines().next().unwrap(),
            r#"{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"m"}}"#
        );
        assert_eq!(text.lines().count(), 2);
        let read: Result<Vec<RequestLine>, _> = read_lines(text.as_bytes()).collect();
        assert_eq!(read.unwrap(), lines);
    }

    #[test]
    fn a_line_that_cannot_be_read_costs_itself_alone() {
        let file = b"{\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"body\":{\"choices\":[]}},\"error\":null}\r\n\n{\n\
            {\"custom_id\":\"b\",\"error\":{\"code\":\"batch_expired\"}}";
        let lines: Vec<serde_json::Result<ResponseLine>> = read_lines(file).collect();
        assert_eq!(lines.len(), 3);
        let first = lines[0].as_ref().unwrap().response.as_ref().unwrap();
        let reply: crate::types::chat::Completion = first.reply().unwrap();
        assert!(reply.choices.is_empty());
        assert!(lines[1].is_err());
        let error = lines[2].as_ref().unwrap().error.as_ref().unwrap();
        assert_eq!(error.code.as_deref(), Some("batch_expired"));
    }
}
