//! The decoder of event streams, from memory.

use cost::{Counting, Task, live, report};

#[path = "../../../../src/sse/mod.rs"]
#[expect(dead_code, reason = "the client uses all of it")]
mod sse;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let task = Task::from_args();
    let (body, size, count) = cost::frames(&task);
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
