//! Replies of many servers.
