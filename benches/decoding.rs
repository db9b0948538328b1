//! Times of what happens to the bytes of a reply: `cargo bench --bench decoding`. Counts are in `benches/cost`.

#![expect(clippy::expect_used, reason = "a bench, not an interface")]

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sentry_openai::{chat, responses};

#[path = "../src/sse/mod.rs"]
#[expect(dead_code, reason = "the client uses all of it")]
#[allow(unreachable_pub, clippy::pedantic, reason = "checked with the crate")]
mod sse;

const CHUNK: &str = r#"{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4o-2024-08-06","system_fingerprint":"fp_07871e2ad8","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}"#;
const EVENT: &str = r#"{"type":"response.output_text.delta","sequence_number":7,"item_id":"msg_67c9fdcf37fc8190ba82116e33fb28c507b8b0ad4e5eb654","output_index":0,"content_index":0,"delta":" word","logprobs":[],"obfuscation":"aX3kQ9"}"#;

/// The decoder, in frames of one event, and of a few bytes.
fn decoder(criterion: &mut Criterion) {
    let stream = Bytes::from(format!("data: {CHUNK}\n\n").repeat(100));
    let mut group = criterion.benchmark_group("decoder, 100 events");
    group.throughput(Throughput::Bytes(stream.len() as u64));
    for size in [stream.len() / 100, 17] {
        group.bench_function(format!("frames of {size} bytes"), |bencher| {
            bencher.iter(|| {
                let mut decoder = sse::Decoder::new(64 << 20);
                for start in (0..stream.len()).step_by(size) {
                    decoder.feed(stream.slice(start..stream.len().min(start + size)));
                    while let Ok(Some(event)) = decoder.next() {
                        black_box(event.data);
                    }
                }
            });
        });
    }
    group.finish();
}

/// JSON to types.
fn types(criterion: &mut Criterion) {
    criterion.bench_function("a chunk", |bencher| {
        bencher.iter(|| serde_json::from_str::<chat::Chunk>(black_box(CHUNK)).expect("a chunk"));
    });
    criterion.bench_function("an event", |bencher| {
        bencher
            .iter(|| serde_json::from_str::<responses::Event>(black_box(EVENT)).expect("an event"));
    });
}

/// Chunks to the whole reply, as the recorder keeps it.
fn fold(criterion: &mut Criterion) {
    let chunk: chat::Chunk = serde_json::from_str(CHUNK).expect("a chunk");
    criterion.bench_function("fold of 100 chunks", |bencher| {
        bencher.iter(|| {
            let mut fold = chat::Fold::new();
            for _ in 0..100 {
                fold.push(black_box(&chunk));
            }
            fold.finish()
        });
    });
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
    targets = decoder, types, fold
}
criterion_main!(benches);
