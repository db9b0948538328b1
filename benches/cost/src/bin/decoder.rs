//! The decoder of event streams, from memory: `whole`, `1`, `17` are the frames' sizes; `1MB` and `5MB`
//! are that of the events, in frames of 16 kB.

use bytes::Bytes;
use cost::{Counting, Task, live, report};

#[path = "../../../../src/sse/mod.rs"]
#[expect(dead_code, reason = "the client uses all of it")]
mod sse;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let task = Task::from_args();
    let (body, count) = match () {
        () if task.has("1MB") => (large(1), 1),
        () if task.has("5MB") => (large(5), 1),
        () => (cost::events(), cost::EVENTS),
    };
    let size = match () {
        () if task.has("1") => 1,
        () if task.has("17") => 17,
        () if count == 1 => 16_384,
        () => cost::EVENT_BYTES,
    };
    let before = live();
    let mut decoder = sse::Decoder::new(64 << 20);
    let mut events = 0;
    let starts = (0..task.times / count).flat_map(|_| (0..body.len()).step_by(size));
    for start in starts {
        decoder.feed(body.slice(start..body.len().min(start + size)));
        while let Some(event) = decoder.next().expect("an event") {
            events += 1;
            std::hint::black_box(event.data);
        }
    }
    assert_eq!(events, task.times);
    report(before);
}

/// One event of so many MB.
fn large(megabytes: usize) -> Bytes {
    format!("data: {}\n\n", "x".repeat(megabytes << 20)).into()
}
