//! What calls inherit while they are polled: the enclosing agent, its conversation, and whether a call above
//! already records them.
//!
//! It lives in a thread-local that is set for the length of one poll, so it follows the future and not the
//! task or thread: a spawned task inherits nothing, siblings in one `join!` see nothing of each other.

use std::any::Any;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

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

impl Ambient {
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
