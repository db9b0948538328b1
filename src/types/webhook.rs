//! What the API tells by itself.

use super::open::{object, strings};

object! {
    /// Something that has happened.
    pub struct Event {
        /// Its id; an event that is sent again has the same one.
        pub id: String,
        /// When it happened, in seconds since the Unix epoch.
        pub created_at: Option<f64>,
        /// The kind of this object: `event`.
        pub object: Option<String>,
        /// What has happened.
        pub r#type: Option<EventType>,
        /// To what.
        pub data: Option<Data>,
    }
}

strings! {
    /// What has happened.
    pub enum EventType {
        /// A batch was cancelled.
        BatchCancelled = "batch.cancelled",
        /// A batch is done.
        BatchCompleted = "batch.completed",
        /// A batch was not done in time.
        BatchExpired = "batch.expired",
        /// A batch failed.
        BatchFailed = "batch.failed",
        /// A run of an evaluation was cancelled.
        EvalRunCanceled = "eval.run.canceled",
        /// A run of an evaluation failed.
        EvalRunFailed = "eval.run.failed",
        /// A run of an evaluation is done.
        EvalRunSucceeded = "eval.run.succeeded",
        /// A fine-tuning was cancelled.
        FineTuningJobCancelled = "fine_tuning.job.cancelled",
        /// A fine-tuning failed.
        FineTuningJobFailed = "fine_tuning.job.failed",
        /// A fine-tuning is done.
        FineTuningJobSucceeded = "fine_tuning.job.succeeded",
        /// Somebody calls by SIP.
        LiveCallIncoming = "live.call.incoming",
        /// Somebody calls by SIP.
        RealtimeCallIncoming = "realtime.call.incoming",
        /// A response in the background was cancelled.
        ResponseCancelled = "response.cancelled",
        /// A response in the background is done.
        ResponseCompleted = "response.completed",
        /// A response in the background failed.
        ResponseFailed = "response.failed",
        /// A response in the background was cut off.
        ResponseIncomplete = "response.incomplete",
    }
}

object! {
    /// To what something has happened.
    pub struct Data {
        /// The id of the batch, response, fine-tuning or run.
        pub id: Option<String>,
        /// The id of a call by SIP, for the Realtime API.
        pub call_id: Option<String>,
        /// The id of a call by SIP.
        pub session_id: Option<String>,
        /// The headers of a call by SIP.
        pub sip_headers: Option<Vec<SipHeader>>,
    }
}

object! {
    /// A header of a call by SIP.
    pub struct SipHeader {
        /// Its name.
        pub name: String,
        /// Its value.
        pub value: String,
    }
}
