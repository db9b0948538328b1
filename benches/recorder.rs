//! Times of what is recorded: `cargo bench --bench recorder`. An agent and a tool are recorded without any HTTP,
//! by the recorder that records the calls. Counts of whole calls are in `benches/cost`.

use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use futures::FutureExt;
use sentry::{ClientOptions, Hub};
use sentry_openai::{OpenAiIntegration, agent};

/// Sends nothing.
struct Nowhere;

impl sentry::Transport for Nowhere {
    fn send_envelope(&self, _: sentry::Envelope) {}
}

fn hub(sample_rate: f32) -> Arc<Hub> {
    let options = ClientOptions::new()
        .dsn("https://public@example.com/1")
        .transport(|_: &_| Arc::new(Nowhere) as Arc<dyn sentry::Transport>)
        .traces_sample_rate(sample_rate)
        .add_integration(
            OpenAiIntegration::new()
                .record_inputs(true)
                .record_outputs(true),
        );
    let client = Arc::new(sentry::Client::with_options(options));
    Arc::new(Hub::new(Some(client), Arc::default()))
}

fn tool(criterion: &mut Criterion) {
    let arguments = r#"{"city":"Oslo","days":[1,2,3]}"#.repeat(40);
    for (name, rate) in [
        ("a tool, sampled", 1.0),
        ("a tool, not sampled", f32::MIN_POSITIVE),
    ] {
        let hub = hub(rate);
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                Hub::run(hub.clone(), || {
                    let tool = agent::execute_tool("weather").arguments(&arguments);
                    tool.run(async { Ok::<_, std::fmt::Error>("snow") })
                        .now_or_never()
                })
            });
        });
    }
}

/// All of them in some seconds.
fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
}

criterion_group! {
    name = benches;
    config = quick();
    targets = tool
}
criterion_main!(benches);
