//! What a reply's head says, for callers who want it beside the value.
//!
//! It is passed through a thread-local that is set for the length of one poll: so it comes along with every
//! method's future, whatever that method is, and costs nothing where nobody asks.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;

use http::HeaderMap;

use crate::decode::Head;
use crate::error::{Error, request_id};

/// A value together with the HTTP reply that it came in, as [`WithResponse::with_response`] gives it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Received<T> {
    /// What was asked for.
    pub value: T,
    head: Head,
    retries: u32,
}

impl<T> Received<T> {
    /// A value in a reply with this status and these headers, for tests of code that takes one; no request was sent
    /// again for it.
    pub fn new(value: T, status: u16, headers: HeaderMap) -> Self {
        Self {
            value,
            head: Head { status, headers },
            retries: 0,
        }
    }

    /// The HTTP status of the reply.
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// The headers of the reply, with limits, versions and times for instance.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The server's id of the request (`x-request-id`), for its support.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.head.headers)
    }

    /// How often the request was sent again until this reply came; 0 if the first attempt gave it.
    pub fn retries(&self) -> u32 {
        self.retries
    }
}

/// Headers may hold secrets, so they are left out.
impl<T: fmt::Debug> fmt::Debug for Received<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("status", &self.head.status)
            .field("request_id", &self.request_id())
            .field("retries", &self.retries)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

/// Gives the HTTP reply beside the value, for each method of the client that makes a call.
///
/// ```no_run
/// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
/// use sentry_openai::{WithResponse, chat};
///
/// let request = chat::Request::new("gpt-4o", [chat::Message::user("Hello!")]);
/// let reply = client.chat().completions().create(&request).with_response().await?;
/// println!("request {:?}, retries: {}", reply.request_id(), reply.retries());
/// println!("requests left: {:?}", reply.headers().get("x-ratelimit-remaining-requests"));
/// println!("{}", reply.value.text().unwrap_or_default());
/// # Ok(())
/// # }
/// ```
///
/// A stream has the head of its reply as well. An error tells of its reply itself: see [`Error::headers`].
pub trait WithResponse<T>: Future<Output = Result<T, Error>> + Sized {
    /// The same call, whose result comes with the HTTP reply that it was in.
    ///
    /// It is for the future of one call. Of a future that makes several, the last call's reply is given; calls in
    /// tasks that it spawns are not seen, and without any call there is no reply: that is an [`Error::Config`].
    fn with_response(self) -> impl Future<Output = Result<Received<T>, Error>>;
}

impl<T, F: Future<Output = Result<T, Error>>> WithResponse<T> for F {
    async fn with_response(self) -> Result<Received<T>, Error> {
        let mut future = pin!(self);
        let mut noted = None;
        let value = poll_fn(|cx| listening(&mut noted, || future.as_mut().poll(cx))).await?;
        match noted {
            Some(Noted { head, retries }) => Ok(Received {
                value,
                head,
                retries,
            }),
            None => Err(Error::Config(
                "`with_response` was given a future that made no call of its own".to_owned(),
            )),
        }
    }
}

/// The head of a reply, and how many attempts were made again before it.
#[derive(Clone)]
struct Noted {
    head: Head,
    retries: u32,
}

/// Whether somebody listens, and what there was to hear.
enum Slot {
    Deaf,
    Listening(Option<Noted>),
}

thread_local! {
    static SLOT: RefCell<Slot> = const { RefCell::new(Slot::Deaf) };
}

/// Tells who listens of a reply.
pub(super) fn note(head: &Head, retries: u32) {
    let _ = SLOT.try_with(|slot| {
        if let Slot::Listening(noted) = &mut *slot.borrow_mut() {
            *noted = Some(Noted {
                head: head.clone(),
                retries,
            });
        }
    });
}

/// Runs `f` and keeps in `noted` what it tells; who listens above hears it too.
fn listening<R>(noted: &mut Option<Noted>, f: impl FnOnce() -> R) -> R {
    struct Restore<'a> {
        above: Option<Slot>,
        noted: &'a mut Option<Noted>,
    }

    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            let Some(mut above) = self.above.take() else {
                return;
            };
            let _ = SLOT.try_with(|slot| {
                let mut slot = slot.borrow_mut();
                if let Slot::Listening(Some(heard)) = &mut *slot {
                    if let Slot::Listening(noted) = &mut above {
                        *noted = Some(heard.clone());
                    }
                    *self.noted = Some(heard.clone());
                }
                *slot = above;
            });
        }
    }

    let above = SLOT
        .try_with(|slot| slot.replace(Slot::Listening(None)))
        .ok();
    let _restore = Restore { above, noted };
    f()
}
