//! The hub of the running thread, also while the thread shuts down.
//!
//! sentry-core keeps it in a thread-local and panics when that is used after its destruction, and so does the
//! generator of its ids: a call that is dropped by another thread-local's destructor would abort the process.
//! So a thread on which a call has run is marked, and the mark is taken back before these go. On any other
//! thread nothing is known, and what needs a hub or an id is done on a thread of its own.

use std::cell::Cell;
use std::sync::Arc;
use std::thread;

use sentry_core::Hub;
use sentry_core::protocol::SpanId;

thread_local! {
    /// Whether this thread's hub can be used. It has no destructor, so it can be asked at any time.
    static MARK: Cell<bool> = const { Cell::new(false) };

    /// First used after the thread's hub and its random numbers, and so destroyed before them.
    static UNMARK: Unmark = const { Unmark };
}

struct Unmark;

impl Drop for Unmark {
    fn drop(&mut self) {
        MARK.set(false);
    }
}

/// The hub of the running thread. Only for code that a thread-local's destructor does not run.
pub(crate) fn hub() -> Arc<Hub> {
    let hub = Hub::current();
    if !MARK.get() {
        // The generator of Sentry's ids is a thread-local too, and must not go before the mark.
        let _ = SpanId::default();
        MARK.set(UNMARK.try_with(|_| ()).is_ok());
    }
    hub
}

/// Marks the running thread as one whose hub can be used. Only for code that a thread-local's destructor does
/// not run.
#[inline]
pub(crate) fn mark() {
    if !MARK.get() {
        hub();
    }
}

/// The hub of the running thread, if it can be used for certain.
pub(super) fn certain_hub() -> Option<Arc<Hub>> {
    MARK.get().then(Hub::current)
}

/// Runs `f` with `hub` as the current one, wherever we are.
pub(super) fn run_in(hub: Arc<Hub>, f: impl FnOnce() + Send + 'static) {
    if MARK.get() {
        Hub::run(hub, f);
        return;
    }
    // Without a thread there is no hub to run in, and nobody to tell.
    if let Ok(thread) = thread::Builder::new().spawn(|| Hub::run(hub, f)) {
        let _ = thread.join();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    struct RunWhenDropped(Option<mpsc::Sender<bool>>, Arc<Hub>);

    impl Drop for RunWhenDropped {
        fn drop(&mut self) {
            let (sender, hub) = (self.0.take().unwrap(), self.1.clone());
            run_in(self.1.clone(), move || {
                sender.send(Arc::ptr_eq(&Hub::current(), &hub)).unwrap();
            });
        }
    }

    thread_local! {
        static LAST: Cell<Option<RunWhenDropped>> = const { Cell::new(None) };
    }

    fn dropped_at_the_end_of_a_thread(before: fn(), after: fn()) -> bool {
        let (sender, receiver) = mpsc::channel();
        let hub = Arc::new(Hub::new(None, Arc::default()));
        thread::spawn(move || {
            before();
            LAST.set(Some(RunWhenDropped(Some(sender), hub)));
            after();
        })
        .join()
        .unwrap();
        receiver.recv().unwrap()
    }

    #[test]
    fn a_thread_that_ends_can_still_run_in_a_hub() {
        fn nothing() {}
        fn marked() {
            hub();
        }
        fn unmarked() {
            Hub::current();
        }
        assert!(dropped_at_the_end_of_a_thread(marked, nothing));
        assert!(dropped_at_the_end_of_a_thread(nothing, marked));
        assert!(dropped_at_the_end_of_a_thread(unmarked, nothing));
        assert!(dropped_at_the_end_of_a_thread(nothing, unmarked));
        assert!(dropped_at_the_end_of_a_thread(nothing, nothing));
    }
}
