//! Lists: one page, or all elements as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_util::future::FusedFuture;
use futures_util::stream::{FusedStream, Stream, StreamExt};
use http::HeaderMap;
use serde::de::DeserializeOwned;

use super::Client;
use crate::error::{DecodeError, Error};
use crate::types::page::{ListQuery, Listed, Page};

/// All elements of a list, page after page.
///
/// The next page is asked for when the elements of the last one are used up, never before. An error ends the
/// stream. Dropped, it asks for nothing more.
#[must_use = "a list that is not read asks for nothing"]
pub struct ListStream<T> {
    request: Box<Request<T>>,
    id: fn(&T) -> Option<&str>,
    elements: vec::IntoIter<T>,
    next: Next<T>,
}

/// Asks for the page after the element with this id.
type Request<T> = dyn FnMut(Option<&str>) -> Answer<T> + Send;

type Answer<T> = Pin<Box<dyn Future<Output = Result<Page<T>, Error>> + Send>>;

/// What comes when the elements are used up.
enum Next<T> {
    /// The page after this element; the first one without it.
    Page(Option<String>),
    /// The page that was asked for, after this element.
    Coming(Option<String>, Answer<T>),
    /// The end, or an error before it.
    End(Option<Error>),
}

impl<T: Unpin> ListStream<T> {
    /// The next element; `None` after the last one.
    #[expect(clippy::should_implement_trait, reason = "the name that streams have")]
    pub fn next(&mut self) -> impl FusedFuture<Output = Option<Result<T, Error>>> + Unpin
    where
        Self: FusedStream<Item = Result<T, Error>>,
    {
        StreamExt::next(self)
    }
}

impl Client {
    /// All elements of the list at this path.
    pub(super) fn list_all<T, Q>(&self, path: &[&str], query: &Q) -> ListStream<T>
    where
        T: Listed + DeserializeOwned + Send + 'static,
        Q: ListQuery + Send + Sync + 'static,
    {
        let client = self.clone();
        let path: Vec<String> = path.iter().map(ToString::to_string).collect();
        let query = query.clone();
        ListStream {
            request: Box::new(move |after| {
                let client = client.clone();
                let path = path.clone();
                let mut query = query.clone();
                if let Some(after) = after {
                    query.page().after = Some(after.to_owned());
                }
                Box::pin(async move {
                    let path: Vec<_> = path.iter().map(String::as_str).collect();
                    client.get(&path, &query).await
                })
            }),
            id: T::id,
            elements: Vec::new().into_iter(),
            next: Next::Page(None),
        }
    }
}

impl<T> ListStream<T> {
    /// Takes over a page that came after the element `after`.
    fn turn(&mut self, after: Option<&str>, page: Page<T>) {
        let is_last = page.has_more == Some(false);
        let must_go_on = page.has_more == Some(true);
        let last = page.last_id.filter(|id| !id.is_empty());
        let last = last.or_else(|| Some((self.id)(page.data.last()?)?.to_owned()));
        if after.is_some() && last.as_deref() == after {
            // A server that knows no pages sends the same one again and again.
            self.next = Next::End(must_go_on.then(|| unending("the same page came again")));
            return;
        }
        self.next = match last {
            _ if is_last || page.data.is_empty() => Next::End(None),
            Some(id) => Next::Page(Some(id)),
            None if must_go_on => Next::End(Some(unending(
                "there are more pages, but no id says after what",
            ))),
            None => Next::End(None),
        };
        self.elements = page.data.into_iter();
    }
}

/// The error for a list that can't be read to its end.
fn unending(reason: &str) -> Error {
    Error::Decode(Box::new(DecodeError::new(
        reason.to_owned(),
        200,
        HeaderMap::new(),
        &[],
    )))
}

impl<T> Stream for ListStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(element) = this.elements.next() {
                return Poll::Ready(Some(Ok(element)));
            }
            match &mut this.next {
                Next::Page(after) => {
                    let after = after.take();
                    let answer = (this.request)(after.as_deref());
                    this.next = Next::Coming(after, answer);
                }
                Next::Coming(after, answer) => {
                    let page = ready!(answer.as_mut().poll(cx));
                    let after = after.take();
                    match page {
                        Ok(page) => this.turn(after.as_deref(), page),
                        Err(error) => this.next = Next::End(Some(error)),
                    }
                }
                Next::End(error) => return Poll::Ready(error.take().map(Err)),
            }
        }
    }
}

impl<T> FusedStream for ListStream<T> {
    fn is_terminated(&self) -> bool {
        self.elements.len() == 0 && matches!(self.next, Next::End(None))
    }
}

/// Nothing in it is pinned in place.
impl<T> Unpin for ListStream<T> {}

impl<T> fmt::Debug for ListStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListStream")
            .field("has_ended", &self.is_terminated())
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn is_sent<T: Send + Unpin>() {}
    is_sent::<ListStream<()>>();
};
