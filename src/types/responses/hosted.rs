//! Calls of tools that run on the API's side: searches, code, images.

use serde_json::{Map, Value};

use super::ItemStatus;
use crate::types::open::{object, union};

object! {
    /// A search in files.
    pub struct FileSearchCall {
        /// The item's id.
        pub id: Option<String>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// What was looked for.
        pub queries: Vec<String>,
        /// What was found, if asked for.
        pub results: Option<Vec<FileSearchResult>>,
    }
}

object! {
    /// A piece of a file that a search found.
    pub struct FileSearchResult {
        /// The file's id.
        pub file_id: Option<String>,
        /// The file's name.
        pub filename: Option<String>,
        /// The text that was found.
        pub text: Option<String>,
        /// What is noted about the file.
        pub attributes: Option<Map<String, Value>>,
        /// How well it fits, from 0 to 1.
        pub score: Option<f64>,
    }
}

object! {
    /// A search in the web.
    pub struct WebSearchCall {
        /// The item's id.
        pub id: Option<String>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// What was done.
        pub action: Option<WebSearchAction>,
    }
}

union! {
    /// What is done in the web.
    pub enum WebSearchAction by "type" {
        /// A search.
        Search(WebSearch) = "search",
        /// A page is opened.
        OpenPage(OpenPage) = "open_page",
        /// A text is looked for in a page.
        FindInPage(FindInPage) = "find_in_page",
    }
}

object! {
    /// A search for pages.
    pub struct WebSearch {
        /// What is looked for.
        pub query: Option<String>,
        /// All that is looked for.
        pub queries: Option<Vec<String>>,
        /// The pages that were used, if asked for: `{type, url}`.
        pub sources: Option<Vec<Value>>,
    }
}

object! {
    /// A page is opened.
    pub struct OpenPage {
        /// Its address.
        pub url: Option<String>,
    }
}

object! {
    /// A text is looked for in a page.
    pub struct FindInPage {
        /// The page's address.
        pub url: Option<String>,
        /// The text.
        pub pattern: Option<String>,
    }
}

object! {
    /// An image is made.
    pub struct ImageGenerationCall {
        nullable {
            /// The image in base64.
            pub result: Option<String>,
        }
        /// The item's id.
        pub id: Option<String>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// What was done: `generate` or `edit`.
        pub action: Option<String>,
        /// `png`, `webp` or `jpeg`.
        pub output_format: Option<String>,
        /// The prompt as the model rewrote it.
        pub revised_prompt: Option<String>,
    }
}

object! {
    /// Code is run.
    pub struct CodeInterpreterCall {
        nullable {
            /// The code.
            pub code: Option<String>,
            /// What it put out, if asked for.
            pub outputs: Option<Vec<CodeInterpreterOutput>>,
        }
        /// The item's id.
        pub id: Option<String>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// The id of the container that it runs in.
        pub container_id: Option<String>,
    }
}

union! {
    /// What code put out.
    pub enum CodeInterpreterOutput by "type" {
        /// Text.
        Logs(CodeLogs) = "logs",
        /// An image.
        Image(CodeImage) = "image",
    }
}

object! {
    /// Text that code put out.
    pub struct CodeLogs {
        /// The text.
        pub logs: String,
    }
}

object! {
    /// An image that code made.
    pub struct CodeImage {
        /// Its address; may be a `data:` URL.
        pub url: String,
    }
}
