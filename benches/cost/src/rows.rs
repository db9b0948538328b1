//! The rows of the tables: what is measured, against what, and how good it shall be.

use std::error::Error;

use crate::measure::Bench;

pub struct Row {
    pub what: &'static str,
    pub figures: Vec<Figure>,
}

pub struct Figure {
    pub value: f64,
    pub goal: f64,
    pub unit: &'static str,
}

impl Figure {
    pub fn goal(&self) -> String {
        format!("{}{}", number(self.goal), self.unit)
    }

    pub fn reached(&self) -> String {
        let missed = if self.value > self.goal {
            " (missed)"
        } else {
            ""
        };
        format!("{}{}{missed}", number(self.value), self.unit)
    }
}

fn number(value: f64) -> String {
    let value = value.max(0.0);
    if value < 20.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn figure(value: f64, goal: f64, unit: &'static str) -> Figure {
    Figure { value, goal, unit }
}

pub fn rows(bench: &Bench) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = vec![
        small(bench)?,
        unsampled(bench, "off")?,
        unsampled(bench, "unsampled")?,
    ];
    rows.push(sampled(bench)?);
    rows.push(written(bench)?);
    rows.extend(prompt(bench)?);
    rows.push(reply(bench)?);
    rows.extend(embeddings(bench)?);
    rows.extend(streams(bench)?);
    rows.push(decoder(bench)?);
    rows.push(linearity(bench)?);
    rows.push(memory(bench)?);
    Ok(rows)
}

fn small(bench: &Bench) -> Result<Row, Box<dyn Error>> {
    let floor = bench.call("ours floor absent", "small", 200)?;
    let ours = bench.call("ours absent", "small", 200)?;
    let mut figures = vec![
        figure(ours.instructions / floor.instructions, 1.4, "x floor"),
        figure(ours.allocations, 78.0, " allocations"),
    ];
    if bench.peers {
        let peer = bench.call("async_openai", "small", 200)?;
        let other = bench.call("genai", "small", 200)?;
        figures.push(figure(
            ours.instructions / peer.instructions,
            0.92,
            "x async-openai",
        ));
        figures.push(figure(
            ours.instructions / other.instructions,
            0.92,
            "x genai",
        ));
    }
    Ok(Row {
        what: "small chat call, Sentry absent",
        figures,
    })
}

fn unsampled(bench: &Bench, state: &str) -> Result<Row, Box<dyn Error>> {
    let tx = bench.call(&format!("ours tx {state}"), "small", 200)?;
    let ours = bench.call(&format!("ours {state}"), "small", 200)?;
    let over = ours - tx;
    Ok(Row {
        what: match state {
            "off" => "small chat call, tracing off, over tx",
            _ => "small chat call, unsampled, over tx",
        },
        figures: vec![
            figure(over.instructions, 3_000.0, " instructions"),
            figure(over.allocations, 5.0, " allocations"),
        ],
    })
}

fn sampled(bench: &Bench) -> Result<Row, Box<dyn Error>> {
    let tx = bench.call("ours tx sampled", "small", 200)?;
    let ours = bench.call("ours sampled", "small", 200)?;
    let one = bench.call("ours sampled one-span", "small", 200)? - tx;
    let over = ours - tx;
    Ok(Row {
        what: "small chat call, sampled, no content, over tx",
        figures: vec![
            figure(over.instructions, 36_000.0, " instructions"),
            figure(over.allocations, 60.0, " allocations"),
            figure(ours.instructions / tx.instructions, 1.35, "x tx"),
            figure(
                one.instructions,
                36_000.0,
                " instructions without `http_spans`",
            ),
            figure(one.allocations, 60.0, " allocations without `http_spans`"),
        ],
    })
}

/// As [`sampled`], with what Sentry's transport does on a thread of its own.
fn written(bench: &Bench) -> Result<Row, Box<dyn Error>> {
    let tx = bench.call("ours tx sampled written", "small", 200)?;
    let ours = bench.call("ours sampled written", "small", 200)?;
    Ok(Row {
        what: "the same, with the envelope written as JSON",
        figures: vec![figure(ours.instructions / tx.instructions, 1.85, "x tx")],
    })
}

fn prompt(bench: &Bench) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    if bench.peers {
        let ours = bench.call("ours absent prompt", "small", 20)?;
        let peer = bench.call("async_openai prompt", "small", 20)?;
        rows.push(Row {
            what: "200 kB prompt, Sentry absent",
            figures: vec![
                figure(
                    ours.instructions / peer.instructions,
                    0.93,
                    "x async-openai",
                ),
                figure(ours.bytes / peer.bytes, 0.6, "x its allocated bytes"),
            ],
        });
        let ours = bench.call("ours absent escapes", "small", 20)?;
        let peer = bench.call("async_openai escapes", "small", 20)?;
        rows.push(Row {
            what: "the same, with an escape every 23 bytes",
            figures: vec![figure(
                ours.instructions / peer.instructions,
                0.6,
                "x async-openai",
            )],
        });
    }
    let tx = bench.call("ours tx sampled prompt", "small", 20)?;
    let ours = bench.call("ours content prompt", "small", 20)?;
    rows.push(Row {
        what: "200 kB prompt, sampled with content, over tx",
        figures: vec![figure(ours.instructions / tx.instructions, 1.15, "x tx")],
    });
    Ok(rows)
}

fn reply(bench: &Bench) -> Result<Row, Box<dyn Error>> {
    let tx = bench.call("ours tx sampled", "reply", 20)?;
    let ours = bench.call("ours content", "reply", 20)?;
    Ok(Row {
        what: "200 kB reply, sampled with content, over tx",
        figures: vec![figure(ours.instructions / tx.instructions, 1.15, "x tx")],
    })
}

/// 64 vectors of 1,536 numbers.
fn embeddings(bench: &Bench) -> Result<Vec<Row>, Box<dyn Error>> {
    if !bench.peers {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for (what, reply, peer, goal) in [
        (
            "embeddings as base64, Sentry absent",
            "base64-64",
            "async_openai embeddings base64",
            0.4,
        ),
        (
            "embeddings as numbers, Sentry absent",
            "floats-64",
            "async_openai embeddings",
            0.8,
        ),
    ] {
        let ours = bench.call("ours absent embeddings", reply, 2)?;
        let peer = bench.call(peer, reply, 2)?;
        let ratio = ours.instructions / peer.instructions;
        rows.push(Row {
            what,
            figures: vec![figure(ratio, goal, "x async-openai")],
        });
    }
    Ok(rows)
}

fn streams(bench: &Bench) -> Result<Vec<Row>, Box<dyn Error>> {
    let floor = bench.call("ours floor absent stream", "chunks-2000", 2)?;
    let ours = bench.call("ours absent stream", "chunks-2000", 2)?;
    let mut figures = vec![
        figure(ours.instructions / floor.instructions, 3.0, "x floor"),
        figure(ours.allocations / 2000.0, 3.0, " allocations a chunk"),
    ];
    let mut rows = Vec::new();
    if bench.peers {
        let peer = bench.call("async_openai stream", "chunks-2000", 2)?;
        let other = bench.call("genai stream", "chunks-2000", 2)?;
        figures.push(figure(
            ours.instructions / peer.instructions,
            0.55,
            "x async-openai",
        ));
        figures.push(figure(
            ours.instructions / other.instructions,
            0.55,
            "x genai",
        ));
    }
    rows.push(Row {
        what: "stream, 250-byte chunks, one event a frame, Sentry absent",
        figures,
    });
    if bench.peers {
        let ours = bench.call("ours absent stream", "packed-2000", 2)?;
        let peer = bench.call("async_openai stream", "packed-2000", 2)?;
        let responses = bench.call("ours absent stream events", "events-2000", 2)?;
        let responses_peer = bench.call("async_openai stream events", "events-2000", 2)?;
        rows.push(Row {
            what: "stream, 16 kB frames, Sentry absent",
            figures: vec![figure(
                ours.instructions / peer.instructions,
                0.25,
                "x async-openai",
            )],
        });
        let ratio = responses.instructions / responses_peer.instructions;
        rows.push(Row {
            what: "Responses stream, Sentry absent",
            figures: vec![figure(ratio, 0.55, "x async-openai")],
        });
    }
    let tx = bench.call("ours tx sampled stream", "chunks-20000", 1)?;
    let ours = bench.call("ours content stream", "chunks-20000", 1)?;
    let over = (ours - tx) / 20_000.0;
    rows.push(Row {
        what: "stream of 20,000 chunks, sampled with content, over tx",
        figures: vec![
            figure(ours.instructions / tx.instructions, 1.02, "x tx"),
            figure(over.instructions, 150.0, " instructions a chunk"),
            figure(over.allocations, 0.05, " allocations a chunk"),
        ],
    });
    Ok(rows)
}

fn decoder(bench: &Bench) -> Result<Row, Box<dyn Error>> {
    let ours = bench.call("decoder whole", "", 2000)?;
    let mut figures = vec![
        figure(ours.instructions, 500.0, " instructions an event"),
        figure(ours.allocations, 0.0, " allocations an event"),
    ];
    if bench.peers {
        let peer = bench.call("decoders sse-stream", "", 2000)?;
        let other = bench.call("decoders eventsource-stream", "", 2000)?;
        figures.push(figure(
            ours.instructions / peer.instructions,
            1.0,
            "x sse-stream",
        ));
        for (size, unit) in [
            ("1", "x sse-stream in frames of 1 byte"),
            ("1460", "x sse-stream for 1 MB in frames of 1,460 bytes"),
        ] {
            let (ours, peer) = match size {
                "1" => ("decoder 1", "decoders sse-stream 1"),
                _ => ("decoder 1MB 1460", "decoders sse-stream 1MB 1460"),
            };
            let times = if size == "1" { 2000 } else { 4 };
            let ours = bench.call(ours, "", times)?;
            let peer = bench.call(peer, "", times)?;
            figures.push(figure(ours.instructions / peer.instructions, 1.0, unit));
        }
        figures.push(figure(
            ours.instructions / other.instructions,
            1.0,
            "x eventsource-stream",
        ));
    }
    Ok(Row {
        what: "decoder, from memory",
        figures,
    })
}

fn linearity(bench: &Bench) -> Result<Row, Box<dyn Error>> {
    let small = bench.call("decoder 1MB", "", 4)?;
    let large = bench.call("decoder 5MB", "", 4)?;
    let allocations = |size| bench.call(&format!("decoder {size}"), "", 2000);
    Ok(Row {
        what: "linearity of the decoder",
        figures: vec![
            figure(
                large.instructions / small.instructions,
                6.0,
                "x for 5 MB against 1 MB",
            ),
            figure(
                allocations("1")?.allocations,
                0.0,
                " allocations an event in frames of 1 byte",
            ),
            figure(
                allocations("17")?.allocations,
                0.0,
                " in frames of 17 bytes",
            ),
        ],
    })
}

/// The server sends all at once, so that most of a peak is what hyper reads ahead, with or without us.
fn memory(bench: &Bench) -> Result<Row, Box<dyn Error>> {
    let floor = bench.call("ours floor tx sampled stream", "chunks-20000", 1)?;
    let ours = bench.call("ours content stream", "chunks-20000", 1)?;
    let asleep = bench.call("ours content stream asleep", "chunks-20000", 1)?;
    let captured = 20_000.0;
    let over = ours.peak - floor.peak;
    let mut figures = vec![
        figure(over, 16_384.0 + 3.0 * captured, " bytes over the floor"),
        figure(asleep.peak / ours.peak, 1.05, "x while the consumer sleeps"),
    ];
    if bench.peers {
        let peer = bench.call("async_openai stream asleep", "chunks-20000", 1)?;
        figures.push(figure(asleep.peak / peer.peak, 1.0, "x async-openai"));
    }
    Ok(Row {
        what: "memory of a stream, 20,000 chunks, with content",
        figures,
    })
}
