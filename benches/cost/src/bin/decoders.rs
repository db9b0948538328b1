//! Other decoders of event streams, from memory, doing what `decoder` does.

use std::convert::Infallible;

use cost::{Counting, Task, live, report};
use eventsource_stream::Eventsource;
use futures_util::{FutureExt, StreamExt, stream};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let task = Task::from_args();
    let (body, size, count) = cost::frames(&task);
    let frames = (0..task.times / count)
        .flat_map(|_| (0..body.len()).step_by(size))
        .map(|start| Ok::<_, Infallible>(body.slice(start..body.len().min(start + size))));
    let frames = stream::iter(frames);
    let before = live();
    let events = if task.has("sse-stream") {
        let events = sse_stream::SseStream::from_bytes_stream(frames);
        counted(events.map(|event| event.expect("an event").data)).now_or_never()
    } else {
        let events = frames.eventsource();
        counted(events.map(|event| event.expect("an event").data)).now_or_never()
    };
    assert_eq!(events, Some(task.times));
    report(before);
}

async fn counted<T>(events: impl stream::Stream<Item = T>) -> usize {
    let events = events.map(std::hint::black_box);
    events.fold(0, |count, _| async move { count + 1 }).await
}
