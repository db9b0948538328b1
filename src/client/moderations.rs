//! Moderations.

use super::Client;
use crate::error::Error;
use crate::types::moderations::{Moderation, Request};

/// `/moderations`: whether texts and images are harmful.
///
/// Sentry's conventions name no operation for moderations: with an active span these calls are `http.client` spans, without one
/// nothing.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/moderations)
#[derive(Clone, Copy, Debug)]
pub struct Moderations<'a> {
    client: &'a Client,
}

impl<'a> Moderations<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }
}

impl Moderations<'_> {
    /// Asks whether texts or images are harmful.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
    /// use sentry_openai::moderations;
    ///
    /// let request = moderations::Request::new("Is this harmful?");
    /// if client.moderations().create(&request).await?.is_flagged() {
    ///     println!("It is.");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create(&self, request: &Request) -> Result<Moderation, Error> {
        self.client.send(&["moderations"], &(), request).await
    }
}
