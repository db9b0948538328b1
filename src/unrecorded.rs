//! Why nothing is recorded, in the debug output of Sentry's SDK.
//!
//! A call that leaves no span says nothing, by design. Who sets Sentry's `debug` wants to know why.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use sentry_core::Client;

/// A reason why calls are not recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unrecorded {
    NoIntegration,
    TracingOff,
    Unsampled,
}

impl Unrecorded {
    /// Writes the reason to stderr, where Sentry's own lines go: once in a process, and only for a client that debugs.
    pub(crate) fn say(self, client: &Client) {
        static SAID: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];
        let (said, reason) = match self {
            Self::NoIntegration => (
                &SAID[0],
                "OpenAiIntegration is missing; add it by ClientOptions::add_integration",
            ),
            Self::TracingOff => (
                &SAID[1],
                "tracing is off; set ClientOptions::traces_sample_rate or traces_sampler",
            ),
            Self::Unsampled => (
                &SAID[2],
                "their trace is not sampled; that is up to traces_sample_rate, traces_sampler, or the service whose trace \
                 is continued",
            ),
        };
        if client.options().debug && !said.swap(true, Ordering::Relaxed) {
            // Where nobody reads stderr there is nobody to tell.
            let _ = writeln!(
                io::stderr(),
                "[sentry] sentry-openai: calls are not recorded: {reason}"
            );
        }
    }
}
