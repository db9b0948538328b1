//! Files that the API keeps.

use super::open::{object, setters, strings};
use super::page::{ListQuery as Paged, Listed, Order, PageQuery, Pairs, Query};
use super::upload::Upload;

object! {
    /// A file that the API keeps.
    pub struct File {
        /// Its id, for requests that refer to it.
        pub id: String,
        /// Its size in bytes.
        pub bytes: Option<u64>,
        /// When it was uploaded, in seconds since the Unix epoch.
        pub created_at: Option<f64>,
        /// When it will be deleted, in seconds since the Unix epoch.
        pub expires_at: Option<f64>,
        /// Its name.
        pub filename: Option<String>,
        /// The kind of this object: `file`.
        pub object: Option<String>,
        /// What it is for.
        pub purpose: Option<Purpose>,
        /// Whether it can be used. Deprecated by OpenAI.
        pub status: Option<Status>,
        /// Why it can't be used for fine-tuning. Deprecated by OpenAI.
        pub status_details: Option<String>,
    }
}

strings! {
    /// What a file is for.
    pub enum Purpose {
        /// Assistants.
        Assistants = "assistants",
        /// Made by an assistant.
        AssistantsOutput = "assistants_output",
        /// The requests of a batch.
        Batch = "batch",
        /// The replies of a batch.
        BatchOutput = "batch_output",
        /// Examples for fine-tuning.
        FineTune = "fine-tune",
        /// Figures of a fine-tuning.
        FineTuneResults = "fine-tune-results",
        /// Images for fine-tuning.
        Vision = "vision",
        /// Any input of a model.
        UserData = "user_data",
        /// Data of evaluations.
        Evals = "evals",
    }
}

strings! {
    /// Whether a file can be used.
    pub enum Status {
        /// It has come.
        Uploaded = "uploaded",
        /// It can be used.
        Processed = "processed",
        /// It can't be used.
        Error = "error",
    }
}

object! {
    /// Uploads a file.
    ///
    /// ```
    /// use sentry_openai::{Upload, files};
    ///
    /// let request = files::UploadRequest::new(Upload::path("report.pdf"), "user_data");
    /// ```
    pub struct UploadRequest {
        /// The file.
        #[serde(skip_serializing)]
        pub file: Option<Upload>,
        /// What it is for.
        pub purpose: Option<Purpose>,
        /// When it is to be deleted; never by default, except for batches (30 days).
        pub expires_after: Option<ExpiresAfter>,
    }
}

setters! {
    UploadRequest {
        value { expires_after: ExpiresAfter, }
        into {}
    }
}

impl UploadRequest {
    /// Uploads this file for this purpose.
    pub fn new(file: Upload, purpose: impl Into<Purpose>) -> Self {
        Self {
            file: Some(file),
            purpose: Some(purpose.into()),
            ..Self::default()
        }
    }
}

object! {
    /// When a file is to be deleted.
    pub struct ExpiresAfter {
        /// From when the time counts.
        pub anchor: Option<Anchor>,
        /// The seconds that it is kept: an hour up to 30 days.
        pub seconds: Option<u64>,
    }
}

impl ExpiresAfter {
    /// So many seconds after the upload.
    pub fn seconds(seconds: u64) -> Self {
        Self {
            anchor: Some(Anchor::CreatedAt),
            seconds: Some(seconds),
            ..Self::default()
        }
    }
}

strings! {
    /// From when a file's time counts.
    pub enum Anchor {
        /// The upload.
        CreatedAt = "created_at",
    }
}

object! {
    /// A file that is gone.
    pub struct Deleted {
        /// Its id.
        pub id: String,
        /// Whether it is.
        pub deleted: Option<bool>,
        /// The kind of this object: `file`.
        pub object: Option<String>,
    }
}

/// Which files are listed.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ListQuery {
    /// Only those for this purpose.
    pub purpose: Option<Purpose>,
    /// Where the list begins, how long its pages are (10,000 by default), and its order.
    pub page: PageQuery,
}

setters! {
    ListQuery {
        value {}
        into { purpose: Purpose, }
    }
}

impl ListQuery {
    /// All files, from the newest.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins after the file with this id.
    #[must_use]
    pub fn after(mut self, id: impl Into<String>) -> Self {
        self.page = self.page.after(id);
        self
    }

    /// How many files a page has at most.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.page = self.page.limit(limit);
        self
    }

    /// The order, by the time of the upload.
    #[must_use]
    pub fn order(mut self, order: impl Into<Order>) -> Self {
        self.page = self.page.order(order);
        self
    }
}

impl Query for ListQuery {
    fn pairs(&self) -> Pairs {
        let mut pairs = self.page.pairs();
        if let Some(purpose) = &self.purpose {
            pairs.push(("purpose".to_owned(), purpose.to_string()));
        }
        pairs
    }
}

impl Paged for ListQuery {
    fn page(&mut self) -> &mut PageQuery {
        &mut self.page
    }
}

impl Listed for File {
    fn id(&self) -> Option<&str> {
        Some(self.id.as_str()).filter(|id| !id.is_empty())
    }
}
