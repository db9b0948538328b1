//! Other decoders of event streams, from memory, doing what `decoder` does with whole frames.

use std::convert::Infallible;

use cost::{Counting, Task, live, report};
use eventsource_stream::Eventsource;
use futures_util::{FutureExt, StreamExt, stream};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let task = Task::from_args();
    let body = cost::events();
    let size = cost::EVENT_BYTES;
    let frames = (0..task.times / cost::EVENTS)
        .flat_map(|_| (0..body.len()).step_by(size))
        .map(|start| Ok::<_, Infallible>(body.slice(start..start + size)));
    let frames = stream::iter(frames);
    let before = live();
    let events = if task.has("sse-stream") {
        let events = sse_stream::SseStream::from_bytes_stream(frames);
        count(events.map(|event| event.expect("an event").data)).now_or_never()
    } else {
        let events = frames.eventsource();
        count(events.map(|event| event.expect("an event").data)).now_or_never()
    };
    assert_eq!(events, Some(task.times));
    report(before);
}

async fn count<T>(events: impl stream::Stream<Item = T>) -> usize {
    let events = events.map(std::hint::black_box);
    events.fold(0, |count, _| async move { count + 1 }).await
}
