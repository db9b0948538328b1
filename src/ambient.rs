//! What calls inherit while they are polled: the enclosing agent, its conversation, and whether a call above
//! already records them.
//!
//! It lives in a thread-local that is set for the length of one poll, so it follows the future and not the
//! task or thread: siblings in one `join!` see nothing of each other. In a task of its own, whose hub is bound to that of
//! an agent or a tool, it is known by the active span.

use std::any::Any;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::bounded::Bounded;

/// What a call inherits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ambient {
    pub(crate) agent: Option<Arc<str>>,
    pub(crate) pipeline: Option<Arc<str>>,
    pub(crate) conversation_id: Option<Arc<str>>,
    /// A call above records this one: another door below it must not record it again.
    pub(crate) recorded: bool,
    /// What the attempts of the call above are told to, if it does not make them itself.
    pub(crate) attempts: Option<Arc<dyn Any + Send + Sync>>,
}

thread_local! {
    static AMBIENT: RefCell<Ambient> = RefCell::default();
}

/// What a call that starts now inherits; nothing while its thread shuts down.
pub(crate) fn current() -> Ambient {
    AMBIENT
        .try_with(|ambient| ambient.borrow().clone())
        .unwrap_or_default()
}

/// What is inherited below the spans of agents and of what runs in them, by the bytes of their ids.
static BELOW: LazyLock<Mutex<Bounded<[u8; 8], Ambient>>> = LazyLock::new(Mutex::default);
/// Whether there was ever one.
static IS_ANY_BELOW: AtomicBool = AtomicBool::new(false);

impl Ambient {
    /// What else inherits of the agent, in a task of its own: no call above records it.
    pub(crate) fn of_agent(self) -> Self {
        Self {
            recorded: false,
            attempts: None,
            ..self
        }
    }

    /// Lets what runs below this span inherit this, whatever task it runs in.
    pub(crate) fn hold_below(&self, span: [u8; 8]) {
        if self.agent.is_none() {
            return;
        }
        let mut below = BELOW.lock().unwrap_or_else(PoisonError::into_inner);
        below.entry(span, || self.clone().of_agent());
        IS_ANY_BELOW.store(true, Ordering::Relaxed);
    }

    /// This, or without an agent what is inherited below the active span.
    pub(crate) fn or_below(self, active: impl FnOnce() -> Option<[u8; 8]>) -> Self {
        if self.agent.is_some() || !IS_ANY_BELOW.load(Ordering::Relaxed) {
            return self;
        }
        let Some(span) = active() else { return self };
        let below = BELOW.lock().unwrap_or_else(PoisonError::into_inner);
        match below.get(&span) {
            Some(ambient) => Self {
                recorded: self.recorded,
                attempts: self.attempts,
                ..ambient.clone()
            },
            None => self,
        }
    }

    /// What a call's own client or layer is polled with: no door below records the call once more.
    pub(crate) fn below_a_call() -> Self {
        Self {
            recorded: true,
            attempts: None,
            ..current()
        }
    }
}

/// Runs `f` with `ambient` in force, and puts back what was before, also when `f` panics.
pub(crate) fn within<R>(ambient: Ambient, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Ambient>);

    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some(before) = self.0.take() {
                let _ = AMBIENT.try_with(|ambient| ambient.replace(before));
            }
        }
    }

    let _restore = Restore(AMBIENT.try_with(|now| now.replace(ambient)).ok());
    f()
}

/// Awaits `future` with `ambient` in force whenever it is polled.
pub(crate) async fn within_future<F: Future>(ambient: Ambient, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| within(ambient.clone(), || future.as_mut().poll(cx))).await
}
