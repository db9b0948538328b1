//! The user's transport with our lane beside it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sentry_core::{Envelope, Transport};

use super::stream::{Stream, after};
use super::{carrier, lane};

/// What the client sends with.
pub(super) struct Both {
    user: Option<Arc<dyn Transport>>,
    stream: Arc<Stream>,
    /// Everything was sent when it was last asked for.
    is_clean: AtomicBool,
}

/// What is done at the end of a program, or in between.
#[derive(Clone)]
enum Task {
    Lane(Arc<Stream>),
    User(Arc<dyn Transport>, End),
    /// One after the other: both send by the same transport.
    LaneThenUser(Arc<Stream>, Arc<dyn Transport>, End),
}

#[derive(Clone, Copy)]
enum End {
    Flush,
    Shutdown,
}

impl Both {
    pub(super) fn new(user: Arc<dyn Transport>, stream: Arc<Stream>) -> Self {
        Self {
            user: Some(user),
            stream,
            is_clean: AtomicBool::new(false),
        }
    }

    /// Empties both within one timeout.
    fn end(&self, end: End, timeout: Duration) -> bool {
        let Some(user) = &self.user else { return true };
        let is_clean = if self.stream.is_idle() {
            end.of(user, timeout)
        } else {
            let (stream, user) = (self.stream.clone(), user.clone());
            let tasks = if stream.sends_by(&user) {
                vec![Task::LaneThenUser(stream, user, end)]
            } else {
                vec![Task::Lane(stream), Task::User(user, end)]
            };
            run(&tasks, after(timeout))
        };
        self.is_clean.store(is_clean, Ordering::Relaxed);
        is_clean
    }
}

impl Transport for Both {
    fn send_envelope(&self, envelope: Envelope) {
        self.is_clean.store(false, Ordering::Relaxed);
        if let Some(user) = &self.user
            && let Some(envelope) = carrier::take_apart(envelope, &self.stream)
        {
            user.send_envelope(envelope);
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        self.end(End::Flush, timeout)
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        self.end(End::Shutdown, timeout)
    }
}

impl Drop for Both {
    fn drop(&mut self) {
        self.stream.stop();
        if let Some(user) = self.user.take()
            && !self.is_clean.load(Ordering::Relaxed)
        {
            lane::drop_elsewhere(user);
        }
    }
}

impl fmt::Debug for Both {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Both").finish_non_exhaustive()
    }
}

impl End {
    fn of(self, transport: &Arc<dyn Transport>, timeout: Duration) -> bool {
        match self {
            Self::Flush => transport.flush(timeout),
            Self::Shutdown => transport.shutdown(timeout),
        }
    }
}

impl Task {
    fn run(&self, deadline: Instant) -> bool {
        let left = || deadline.saturating_duration_since(Instant::now());
        match self {
            Self::Lane(stream) => stream.flush_by(deadline),
            Self::User(user, end) => end.of(user, left()),
            Self::LaneThenUser(stream, user, end) => {
                let is_sent = stream.flush_by(deadline);
                end.of(user, left()) && is_sent
            }
        }
    }
}

/// Runs each task on a thread of its own, because sentry's transports may wait longer than they are told to. What
/// has no thread is run here. Returns whether all succeeded in time.
fn run(tasks: &[Task], deadline: Instant) -> bool {
    let (sender, receiver) = mpsc::channel();
    let mut all = true;
    let mut running = 0;
    for task in tasks {
        let (sender, task_there) = (sender.clone(), task.clone());
        let started = thread::Builder::new()
            .name("sentry-openai-flush".to_owned())
            // Nobody listens any more if it is too late.
            .spawn(move || {
                let _ = sender.send(task_there.run(deadline));
            });
        match started {
            Ok(_) => running += 1,
            Err(_) => all &= task.run(deadline),
        }
    }
    drop(sender);
    for _ in 0..running {
        let left = deadline.saturating_duration_since(Instant::now());
        all &= receiver.recv_timeout(left).unwrap_or(false);
    }
    all
}
