//! Sentry as the measured programs have it: it sends nothing.

use std::future::Future;
use std::sync::Arc;

use sentry_core::{Client, ClientOptions, Envelope, Hub, TransactionContext, Transport};
use sentry_openai::OpenAiIntegration;

use crate::Task;

/// Sends nothing. Sentry's own transport writes what it is given on a thread of its own; here it is written
/// where the task says `written`.
struct Nowhere {
    written: bool,
}

impl Transport for Nowhere {
    fn send_envelope(&self, envelope: Envelope) {
        if self.written {
            envelope
                .to_writer(std::io::sink())
                .expect("it can be written");
        }
    }
}

/// `tx`: all but the integration. `off`: tracing is. `unsampled`, `sampled`: what becomes of the transaction.
/// `content`: is recorded.
pub fn init_sentry(task: &Task) {
    let written = task.has("written");
    let options = ClientOptions::new()
        .dsn("https://public@example.com/1")
        .transport(move |_: &_| Arc::new(Nowhere { written }) as Arc<dyn Transport>);
    let options = match (task.has("off"), task.has("unsampled")) {
        (true, _) => options,
        (_, true) => options.traces_sample_rate(f32::MIN_POSITIVE),
        _ => options.traces_sample_rate(1.0),
    };
    let options = if task.has("tx") {
        options
    } else {
        let content = task.has("content");
        let integration = OpenAiIntegration::new().http_spans(!task.has("one-span"));
        options.add_integration(integration.record_inputs(content).record_outputs(content))
    };
    let client = Client::with_options(options);
    Hub::current().bind_client(Some(Arc::new(client)));
}

/// Runs `call` inside a transaction of its own, where there is Sentry.
pub async fn in_transaction(task: &Task, call: impl Future<Output = ()>) {
    if task.has("absent") {
        return call.await;
    }
    let transaction = sentry_core::start_transaction(TransactionContext::new("task", "task"));
    sentry_core::configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
    call.await;
    transaction.finish();
    sentry_core::configure_scope(|scope| scope.set_span(None));
}
