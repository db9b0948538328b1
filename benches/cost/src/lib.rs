//! What the measured programs share: an allocator that counts, and how a program is told what to do.

pub mod sentry;

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, counted. Growing in place counts as an allocation of what is added.
#[derive(Debug)]
pub struct Counting;

// SAFETY: every call is passed on to the system's allocator as it came; counting touches atomics alone.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as u64, Relaxed);
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() {
            add(size - layout.size());
        } else {
            LIVE.fetch_sub((layout.size() - size) as u64, Relaxed);
        }
        unsafe { System.realloc(at, layout, size) }
    }
}

fn add(size: usize) {
    let size = size as u64;
    COUNT.fetch_add(1, Relaxed);
    BYTES.fetch_add(size, Relaxed);
    PEAK.fetch_max(LIVE.fetch_add(size, Relaxed) + size, Relaxed);
}

/// Bytes that are allocated now.
pub fn live() -> u64 {
    LIVE.load(Relaxed)
}

/// What a program is told: words that say what to do, how often, and the base URL of the server.
#[derive(Debug)]
pub struct Task {
    pub words: Vec<String>,
    pub times: usize,
    pub url: String,
}

impl Task {
    pub fn from_args() -> Self {
        let mut words: Vec<_> = std::env::args().skip(1).collect();
        let url = words.pop().expect("an address");
        let times = words.pop().and_then(|n| n.parse().ok()).expect("a count");
        Self { words, times, url }
    }

    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|known| known == word)
    }

    /// Runs `call` so often, each after the other, and prints the allocations: their number, their bytes, and the
    /// peak above what was live before.
    pub fn run<F: Future<Output = ()>>(&self, mut call: impl FnMut() -> F) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let before = live();
            PEAK.store(before, Relaxed);
            for _ in 0..self.times {
                call().await;
            }
            report(before);
        });
    }
}

/// Prints the allocations so far, and the peak above `before`.
pub fn report(before: u64) {
    let peak = PEAK.load(Relaxed).saturating_sub(before);
    println!("{} {} {peak}", COUNT.load(Relaxed), BYTES.load(Relaxed));
}

/// The texts of the messages: one that is short, 200 kB in messages of about 10 kB (`prompt`; `escapes` for a text with
/// an escape every 22 bytes), or many of 100 bytes (`messages-100`).
pub fn prompt(task: &Task) -> Vec<String> {
    let many = |word: &String| word.strip_prefix("messages-")?.parse::<usize>().ok();
    if let Some(count) = task.words.iter().find_map(many) {
        let text = "The quick brown fox jumps over the lazy dog. ".repeat(3);
        return vec![text[..100].to_owned(); count];
    }
    let text = match (task.has("prompt"), task.has("escapes")) {
        (true, _) => {
            "The quick brown fox jumps over the lazy dog, and the dog sleeps on. ".repeat(148)
        }
        (_, true) => {
            "The quick brown fox jumps over the lazy dog, and \"the dog\" sleeps on.\n".repeat(143)
        }
        _ => return vec!["Hello!".to_owned()],
    };
    vec![text[..10_000].to_owned(); 20]
}

/// 200 tools: names, descriptions and schemas of about 300 bytes.
pub fn tools() -> impl Iterator<Item = (String, &'static str, serde_json::Value)> {
    (0..200).map(|number| {
        let parameters = serde_json::json!({
            "type": "object",
            "properties": {
                "city": { "type": "string", "description": "The city, as it is called there." },
                "days": { "type": "integer", "description": "How many days ahead, at most ten." },
                "unit": { "type": "string", "enum": ["celsius", "fahrenheit"] }
            },
            "required": ["city", "days", "unit"],
            "additionalProperties": false
        });
        let description = "Tells the weather of a city for some days.";
        (format!("weather_{number}"), description, parameters)
    })
}

/// The size of each of [`events`].
pub const EVENT_BYTES: usize = 256;

/// How many [`events`] there are.
pub const EVENTS: usize = 500;

/// The bytes that a decoder is fed, the size of each frame and how many events that is: events of a chat, or one of
/// so many MB (`1MB`, `5MB`); frames of `1`, `17` or `1460` bytes, else of an event, or of 16 kB.
pub fn frames(task: &Task) -> (bytes::Bytes, usize, usize) {
    let megabytes = |megabytes: usize| format!("data: {}\n\n", "x".repeat(megabytes << 20)).into();
    let (body, count) = match () {
        () if task.has("1MB") => (megabytes(1), 1),
        () if task.has("5MB") => (megabytes(5), 1),
        () => (events(), EVENTS),
    };
    let size = match () {
        () if task.has("1") => 1,
        () if task.has("17") => 17,
        () if task.has("1460") => 1460,
        () if count == 1 => 16_384,
        () => EVENT_BYTES,
    };
    (body, size, count)
}

/// Events of a chat's stream.
pub fn events() -> bytes::Bytes {
    let one = r#"data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4o-2024-08-06","system_fingerprint":"fp_07871e2ad8","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}"#;
    let mut one = one.to_owned();
    one.truncate(EVENT_BYTES - 2);
    one.push_str("\n\n");
    one.repeat(EVENTS).into()
}
