//! The Responses API: its requests, items, tools, replies and stream events.

mod call;
mod choice;
mod command;
mod computer;
mod error_event;
mod event;
mod fill;
mod fold;
mod hosted;
mod hosted_tool;
mod item;
mod keep;
mod mcp;
mod message;
mod options;
mod part;
mod payload;
mod place;
mod reader;
mod request;
mod response;
mod secret;
mod sent_back;
mod slot;
mod stored;
mod tool;
mod usage;

pub use call::*;
pub use choice::*;
pub use command::*;
pub use computer::*;
pub use error_event::*;
pub use event::*;
pub use fold::*;
pub use hosted::*;
pub use hosted_tool::*;
pub use item::*;
pub use mcp::*;
pub use message::*;
pub use options::*;
pub use part::*;
pub use payload::*;
pub(crate) use reader::EventReader;
pub use request::*;
pub(crate) use response::Reply;
pub use response::*;
pub use secret::*;
pub(in crate::types) use sent_back::input_items;
pub use stored::*;
pub use tool::*;
pub use usage::*;

#[cfg(test)]
mod tests;
