//! What goes out in transactions of its own, paced: sentry's transports send one envelope after the other and hold 30
//! of them, and what comes when they are full is lost, ours and the user's.
//!
//! A few go out at once. What follows quickly waits a little, and what waits of one trace shares a transaction; a
//! thread of ours then hands over some at a time, and waits until the transport has sent them. When a Tokio runtime
//! that such a span ended in shuts down, all that waits is handed over before that is done, for which it takes no longer
//! than Sentry's client for its own shutdown: a guard of Sentry's that outlives the runtime still sends it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use sentry_core::protocol::TraceId;
use sentry_core::{Client, Hub};

use super::alone::Alone;

/// How many envelopes the transport gets before it must have sent them.
const BATCH: usize = 8;

/// How long what waits is waited with, for others of its trace to join it.
const LINGER: Duration = Duration::from_millis(200);

/// How long the transport is waited for at a time: as long, sentry's client can't be closed.
const FLUSH: Duration = Duration::from_secs(1);

/// The longest time in between.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The most that waits, in transactions; what is more goes out at once, and the transport counts what it loses.
const MOST_WAITING: usize = 1_000;

/// The lanes of all clients.
static LANES: LazyLock<Mutex<Vec<Arc<Lane>>>> = LazyLock::new(Mutex::default);

/// Sends it now or soon.
pub(super) fn send(alone: Box<Alone>) {
    let lane = Lane::of(&alone.client);
    if let Some(alone) = lane.keep_waiting(alone) {
        alone.send();
    }
}

/// What one client is to send.
struct Lane {
    client: Weak<Client>,
    state: Mutex<State>,
    /// Held while something is handed over, so that who finds nothing waiting knows that all has been.
    handing_over: Mutex<()>,
}

#[derive(Default)]
struct State {
    /// What went out at once in the last moments, oldest first.
    recent: VecDeque<(TraceId, Instant)>,
    /// Oldest first.
    waiting: VecDeque<Box<Alone>>,
    /// Whether a thread is at it.
    is_draining: bool,
    watched: Watched,
    /// How many were handed over since the transport had sent all, while runtimes shut down; and how long it is waited
    /// for then.
    unsent: usize,
    patience: Option<Instant>,
}

/// Whether a task of a runtime will see that runtime shut down.
#[derive(Default)]
enum Watched {
    #[default]
    No,
    /// The task is to start.
    Soon,
    /// It waits, and this wakes it.
    Yes(Waker),
}

impl Lane {
    fn of(client: &Arc<Client>) -> Arc<Self> {
        let mut lanes = lock(&LANES);
        lanes.retain(|lane| lane.client.strong_count() > 0);
        let known = lanes
            .iter()
            .find(|lane| std::ptr::eq(lane.client.as_ptr(), Arc::as_ptr(client)));
        if let Some(lane) = known {
            return lane.clone();
        }
        let lane = Arc::new(Self {
            client: Arc::downgrade(client),
            state: Mutex::default(),
            handing_over: Mutex::default(),
        });
        lanes.push(lane.clone());
        lane
    }

    /// Lets it wait, unless it may go out now: then it is given back.
    fn keep_waiting(self: &Arc<Self>, mut alone: Box<Alone>) -> Option<Box<Alone>> {
        let mut state = lock(&self.state);
        let now = Instant::now();
        while let Some((_, at)) = state.recent.front()
            && now.duration_since(*at) >= LINGER
        {
            state.recent.pop_front();
        }
        let is_of_recent_trace = state
            .recent
            .iter()
            .any(|(trace_id, _)| *trace_id == alone.trace_id);
        if state.waiting.is_empty() && !is_of_recent_trace && state.recent.len() < BATCH {
            state.recent.push_back((alone.trace_id, now));
            return Some(alone);
        }
        for waiting in &mut state.waiting {
            match waiting.join(alone) {
                Ok(()) => return None,
                Err(other) => alone = other,
            }
        }
        if state.waiting.len() >= MOST_WAITING || !self.ensure_drained(&mut state) {
            return Some(alone);
        }
        state.waiting.push_back(alone);
        let is_watched = !matches!(state.watched, Watched::No);
        if !is_watched {
            state.watched = Watched::Soon;
        }
        drop(state);
        if !is_watched {
            self.watch();
        }
        None
    }

    /// Sees that a thread sends what waits; `false` if there can be none.
    fn ensure_drained(self: &Arc<Self>, state: &mut State) -> bool {
        if !state.is_draining {
            let lane = self.clone();
            let thread = thread::Builder::new().name("sentry-openai".to_owned());
            state.is_draining = thread.spawn(move || lane.drain()).is_ok();
        }
        state.is_draining
    }

    /// Sends what waits, some at a time, until nothing does.
    fn drain(&self) {
        while let Some(client) = self.client.upgrade() {
            thread::sleep(LINGER);
            let sent = (0..BATCH).take_while(|_| self.hand_over_one()).count();
            let mut pause = LINGER;
            while sent > 0 && client.is_enabled() && !client.flush(Some(FLUSH)) {
                thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            let mut state = lock(&self.state);
            if state.waiting.is_empty() {
                state.is_draining = false;
                if let Watched::Yes(watcher) = std::mem::take(&mut state.watched) {
                    watcher.wake();
                }
                return;
            }
        }
    }

    /// Gives the oldest to the transport; `false` if nothing waits.
    fn hand_over_one(&self) -> bool {
        let _handing_over = lock(&self.handing_over);
        let oldest = lock(&self.state).waiting.pop_front();
        // A transport that panics must not take the others with it.
        oldest
            .map(|oldest| catch_unwind(AssertUnwindSafe(|| oldest.send())))
            .is_some()
    }

    /// Gives all that waits to the transport, and waits in between until it has sent some, for a limited time.
    fn hand_over_all(&self, client: &Client) {
        while self.hand_over_one() {
            let mut state = lock(&self.state);
            state.unsent += 1;
            if state.unsent < BATCH {
                continue;
            }
            state.unsent = 0;
            let (now, limit) = (Instant::now(), client.options().shutdown_timeout);
            let is_over = |until: &Instant| now.duration_since(*until) > limit;
            let until = match state.patience {
                // Spent, but long ago: that was another shutdown.
                Some(until) if !is_over(&until) => until,
                _ => now + limit,
            };
            state.patience = Some(until);
            drop(state);
            client.flush(Some(until.duration_since(now)));
        }
    }

    /// Has a task of the running runtime, if there is one, hand over all that waits when it is dropped.
    fn watch(self: &Arc<Self>) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let watcher = Watcher {
                lane: self.clone(),
                is_done: false,
            };
            runtime.spawn(watcher.until_drained());
        } else {
            lock(&self.state).watched = Watched::No;
        }
    }
}

/// Sees its runtime shut down while something waits.
struct Watcher {
    lane: Arc<Lane>,
    is_done: bool,
}

impl Watcher {
    async fn until_drained(mut self) {
        poll_fn(|cx| {
            let mut state = lock(&self.lane.state);
            let is_over = match &state.watched {
                // Drained, or another one is there by now.
                Watched::No => true,
                Watched::Yes(other) => !other.will_wake(cx.waker()),
                Watched::Soon => {
                    state.watched = Watched::Yes(cx.waker().clone());
                    false
                }
            };
            if is_over {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        self.is_done = true;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        lock(&self.lane.state).watched = Watched::No;
        if let Some(client) = self.lane.client.upgrade() {
            let hub = Arc::new(Hub::new(Some(client.clone()), Arc::default()));
            let lane = self.lane.clone();
            super::thread::run_in(hub, move || lane.hand_over_all(&client));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
