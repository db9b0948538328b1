//! The spans of one client on their way: held by trace, sent by a thread of their own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use sentry_core::client_report::{Reason as LossReason, Recorder};
use sentry_core::protocol::ClientReport;
use sentry_core::protocol::client_report::{Category, Item as Loss, Reason};
use sentry_core::{ClientOptions, TransportFactory, TransportOptions};

use super::buffer::{Batch, Buffer};
use super::envelope::Head;
use super::item::{self, Item, Writer};
use super::lane::{self, Lane};

/// The envelopes that are given to the lane before it is waited for: fewer than its queue holds.
const AT_ONCE: usize = 8;

/// Where the spans of one Sentry client go.
#[derive(Debug)]
pub(crate) struct Stream {
    lane: Lane,
    public_key: String,
    user_agent: String,
    known: OnceLock<Known>,
    recorder: Recorder,
    state: Mutex<State>,
    wake: Condvar,
    /// Held from taking a batch until it is in the lane, so that whoever waits for the lane waits for all of it.
    sending: Mutex<()>,
}

/// What all spans and envelopes of the client say.
#[derive(Debug)]
struct Known {
    head: Head,
    attributes: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    buffer: Buffer,
    /// The envelopes that the lane may not have sent yet.
    in_lane: usize,
    worker: Worker,
    /// The client has been closed.
    is_stopped: bool,
}

/// The thread that sends what is due.
#[derive(Clone, Copy, Debug, Default)]
enum Worker {
    /// It starts with the first span.
    #[default]
    Unneeded,
    Running,
    /// No thread could be started: who adds a span sends what is due.
    Missing,
}

impl Stream {
    pub(super) fn new(factory: Arc<dyn TransportFactory>, options: &TransportOptions) -> Self {
        Self {
            lane: Lane::new(factory, lane::copy(options)),
            public_key: options.dsn.public_key().to_owned(),
            user_agent: options.user_agent.to_string(),
            known: OnceLock::new(),
            recorder: options.client_report_recorder.clone(),
            state: Mutex::default(),
            wake: Condvar::new(),
            sending: Mutex::default(),
        }
    }

    /// Takes over what the client's options say. They are complete when the first span starts.
    pub(super) fn complete(&self, options: &ClientOptions) {
        self.known.get_or_init(|| self.known(options));
    }

    fn known(&self, options: &ClientOptions) -> Known {
        let (name, version) = self
            .user_agent
            .split_once('/')
            .unwrap_or((&self.user_agent, "unknown"));
        let release = options.release.as_deref();
        let environment = options.environment.as_deref();
        Known {
            attributes: item::common((name, version), release, environment),
            head: Head {
                public_key: self.public_key.clone(),
                sdk: (name.to_owned(), version.to_owned()),
                release: release.map(str::to_owned),
                environment: environment.map(str::to_owned),
            },
        }
    }

    /// Adds a span that has ended; `attributes` writes what it holds, and the rate is that at which its trace was
    /// sampled, if it is known.
    pub(crate) fn add(
        self: &Arc<Self>,
        item: &Item<'_>,
        sample_rate: Option<f32>,
        attributes: impl FnOnce(&mut Writer<'_>),
    ) {
        let Some(known) = self.known.get() else {
            return;
        };
        let mut state = self.lock();
        if state.is_stopped {
            return;
        }
        let was_empty = state.buffer.is_empty();
        let lost = state.buffer.add(
            item,
            sample_rate,
            &known.attributes,
            attributes,
            Instant::now(),
        );
        let needs_worker = was_empty || state.buffer.has_due();
        let worker = state.worker;
        if matches!(worker, Worker::Unneeded) {
            state.worker = Worker::Running;
        }
        drop(state);

        self.report(lost);
        match worker {
            Worker::Unneeded => self.start_worker(),
            Worker::Running if needs_worker => self.wake.notify_one(),
            Worker::Running => {}
            Worker::Missing => self.send_here(),
        }
    }

    /// Counts spans that were dropped because too many were held, in the client's next report.
    fn report(&self, lost: usize) {
        if lost == 0 {
            return;
        }
        let lost = u64::try_from(lost).unwrap_or(u64::MAX);
        let report = ClientReport::new([Loss::new(Category::Span, Reason::BufferOverflow, lost)]);
        // A report keeps its own reason.
        self.recorder
            .record_lost_data(&report, LossReason::QueueOverflow);
    }

    fn start_worker(self: &Arc<Self>) {
        let stream = self.clone();
        let started = thread::Builder::new()
            .name("sentry-openai-spans".to_owned())
            .spawn(move || stream.work());
        if started.is_err() {
            self.lock().worker = Worker::Missing;
            self.send_here();
        }
    }

    fn work(&self) {
        while self.wait_until_due() {
            // A transport that panics must not end the delivery.
            let _ = catch_unwind(AssertUnwindSafe(|| self.drain(None)));
        }
    }

    /// Waits until something is due; `false` once the client has been closed.
    fn wait_until_due(&self) -> bool {
        let mut state = self.lock();
        loop {
            if state.is_stopped {
                return false;
            }
            let now = Instant::now();
            state.buffer.take_out_due(now);
            if state.buffer.has_due() {
                return true;
            }
            let wait = state.buffer.next_due().map(|due| due - now);
            state = if let Some(wait) = wait {
                let waited = self.wake.wait_timeout(state, wait);
                waited.unwrap_or_else(PoisonError::into_inner).0
            } else {
                let waited = self.wake.wait(state);
                waited.unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    /// Sends what is due from a thread that must not wait for the lane.
    fn send_here(&self) {
        self.lock().buffer.take_out_due(Instant::now());
        while self.send_next() {}
    }

    /// Gives all that is due to the lane, and waits for it in between; without a deadline as long as it takes.
    /// Returns whether everything is in the lane.
    fn drain(&self, deadline: Option<Instant>) -> bool {
        loop {
            let given = {
                let state = self.lock();
                if !state.buffer.has_due() {
                    return true;
                }
                state.in_lane
            };
            if given >= AT_ONCE {
                let is_empty = self.wait_for_lane(given, deadline);
                if deadline.is_some() && !is_empty {
                    return false;
                }
            } else if !self.send_next() {
                return true;
            }
        }
    }

    /// Waits until the lane has sent what was given to it. Returns whether it has.
    fn wait_for_lane(&self, given: usize, deadline: Option<Instant>) -> bool {
        let left = deadline.map_or(lane::LONG, |deadline| {
            deadline.saturating_duration_since(Instant::now())
        });
        let transport = self.lane.transport();
        let is_empty = transport.is_none_or(|transport| transport.flush(left));
        if is_empty || deadline.is_none() {
            // A transport that says no at once can't be waited for.
            let mut state = self.lock();
            state.in_lane = state.in_lane.saturating_sub(given);
        }
        is_empty
    }

    /// Gives the next envelope to the lane, if one is due.
    fn send_next(&self) -> bool {
        let _sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.lock();
        let Some(batch) = state.buffer.next() else {
            return false;
        };
        state.in_lane += 1;
        drop(state);
        self.send(&batch);
        self.lock().buffer.keep(batch.spans);
        true
    }

    fn send(&self, batch: &Batch) {
        if let Some(known) = self.known.get()
            && let Some(envelope) = known.head.envelope(batch, SystemTime::now())
            && let Some(transport) = self.lane.transport()
        {
            transport.send_envelope(envelope);
        }
    }

    /// Sends everything, and waits for it until the deadline. Returns whether all was sent.
    pub(super) fn flush_by(&self, deadline: Instant) -> bool {
        self.lock().buffer.take_out_all();
        if !self.drain(Some(deadline)) {
            return false;
        }
        // What another thread has taken is in the lane when it lets go of this.
        drop(self.sending.lock().unwrap_or_else(PoisonError::into_inner));
        let given = self.lock().in_lane;
        given == 0 || self.wait_for_lane(given, Some(deadline))
    }

    /// Whether nothing is held and nothing in the lane.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.lock();
        state.buffer.is_empty() && state.in_lane == 0
    }

    /// Whether the lane sends by this transport.
    pub(super) fn sends_by(&self, transport: &Arc<dyn sentry_core::Transport>) -> bool {
        let lane = self.lane.transport();
        lane.is_some_and(|lane| Arc::ptr_eq(&lane, transport))
    }

    /// Ends the delivery: the client has been closed.
    pub(super) fn stop(&self) {
        self.lock().is_stopped = true;
        self.wake.notify_all();
        self.lane.close();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A moment so far away that nothing waits for it in vain.
pub(super) fn after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or(now + lane::LONG)
}
