//! The server that all programs talk to: it runs in this process, not in theirs, and sends prepared bytes.
//!
//! The first segment of the path says what to send: `small`, `reply`, `chunks-2000`, `packed-2000`, `events-2000`,
//! `items-500` (a response), `choices-8` (a completion), `floats-256`, `base64-256` (embeddings).

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

type Replies = Arc<Mutex<HashMap<String, Arc<Vec<u8>>>>>;

/// Starts it; the address without a path.
pub fn start() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let replies = Replies::default();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let replies = replies.clone();
            // That a client goes away is no failure.
            std::thread::spawn(move || serve(connection, &replies).ok());
        }
    });
    Ok(address)
}

fn serve(mut connection: TcpStream, replies: &Replies) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection.try_clone()?);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let what = line.split('/').nth(1).unwrap_or_default().to_owned();
        let mut length = 0;
        while line.trim_end() != "" {
            line.clear();
            reader.read_line(&mut line)?;
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or_default();
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        let reply = {
            let mut replies = replies.lock().expect("no panic while it is held");
            let reply = replies.entry(what);
            reply
                .or_insert_with_key(|what| Arc::new(make(what)))
                .clone()
        };
        connection.write_all(&reply)?;
    }
}

fn make(what: &str) -> Vec<u8> {
    let (what, count) = what.split_once('-').unwrap_or((what, "0"));
    let count: usize = count.parse().unwrap_or_default();
    match what {
        "small" => whole(&completion("Hello! How can I help you today?")),
        "reply" => {
            let text =
                r#"The quick brown fox jumps over the lazy dog, and \"the dog\" sleeps on.\n"#;
            whole(&completion(&text.repeat(200_000 / text.len())))
        }
        "chunks" => stream(chat_events(count)),
        "packed" => {
            let mut frames = vec![String::new()];
            for event in chat_events(count) {
                let last = frames.last_mut().expect("there is one");
                if last.len() + event.len() > 16_384 {
                    frames.push(event);
                } else {
                    last.push_str(&event);
                }
            }
            stream(frames)
        }
        "events" => stream(response_events(count)),
        "items" => whole(&response_of(count)),
        "choices" => whole(&completion_of(count)),
        "floats" => whole(&embeddings(count, |numbers| {
            let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
            format!("[{}]", numbers.join(","))
        })),
        "base64" => whole(&embeddings(count, |numbers| {
            let bytes: Vec<u8> = numbers
                .iter()
                .flat_map(|n| (*n as f32).to_le_bytes())
                .collect();
            format!("\"{}\"", base64_simd::STANDARD.encode_to_string(bytes))
        })),
        _ => b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(),
    }
}

fn whole(json: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_7c1f3e2d9b8a4650\r\n\
         openai-organization: example\r\nopenai-processing-ms: 312\r\nopenai-version: 2020-10-01\r\n\
         x-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n\
         content-length: {}\r\n\r\n{json}",
        json.len()
    )
    .into_bytes()
}

/// Each frame is one chunk of HTTP's chunked encoding, which hyper hands on one by one.
fn stream(frames: impl IntoIterator<Item = String>) -> Vec<u8> {
    let mut reply = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\
        x-request-id: req_7c1f3e2d9b8a4650\r\ntransfer-encoding: chunked\r\n\r\n"
        .to_vec();
    for frame in frames {
        reply.extend_from_slice(format!("{:x}\r\n{frame}\r\n", frame.len()).as_bytes());
    }
    reply.extend_from_slice(b"0\r\n\r\n");
    reply
}

fn completion(content: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"gpt-4o-2024-08-06","choices":[{{"index":0,"message":{{"role":"assistant","content":"{content}","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}},"service_tier":"default","system_fingerprint":"fp_07871e2ad8"}}"#
    )
}

fn chat_events(count: usize) -> Vec<String> {
    let chunk = |delta: &str, reason: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT\",\"object\":\"chat.completion.chunk\",\"created\":1741569952,\"model\":\"gpt-4o-2024-08-06\",\"system_fingerprint\":\"fp_07871e2ad8\",\"choices\":[{{\"index\":0,\"delta\":{{{delta}}},\"logprobs\":null,\"finish_reason\":{reason}}}]}}\n\n"
        )
    };
    let mut events = vec![chunk(r#""role":"assistant","content":"""#, "null")];
    events.extend((0..count).map(|n| chunk(&format!("\"content\":\" w{n:06}\""), "null")));
    events.push(chunk("", "\"stop\""));
    events.push("data: [DONE]\n\n".to_owned());
    events
}

fn response_events(count: usize) -> Vec<String> {
    const ID: &str = "msg_67c9fdcf37fc8190ba82116e33fb28c507b8b0ad4e5eb654";
    let response = |status: &str, output: &str| {
        format!(
            r#"{{"id":"resp_67c9fdcecf488190bdd9a0409de3a1ec07b8b0ad4e5eb654","object":"response","created_at":1741290958,"status":"{status}","error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"gpt-4o-2024-08-06","output":[{output}],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{{"effort":null,"summary":null}},"store":true,"temperature":1.0,"text":{{"format":{{"type":"text"}}}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":null,"user":null,"metadata":{{}}}}"#
        )
    };
    let event = |name: &str, number: usize, fields: &str| {
        format!(
            "event: {name}\ndata: {{\"type\":\"{name}\",\"sequence_number\":{number},{fields}}}\n\n"
        )
    };
    let text: String = (0..count).map(|n| format!(" w{n:06}")).collect();
    let part = |text: &str| {
        format!(r#"{{"type":"output_text","text":"{text}","annotations":[],"logprobs":[]}}"#)
    };
    let item = |status: &str, content: &str| {
        format!(
            r#"{{"id":"{ID}","type":"message","status":"{status}","role":"assistant","content":[{content}]}}"#
        )
    };
    let at = format!(r#""item_id":"{ID}","output_index":0,"content_index":0"#);
    let created = format!(r#""response":{}"#, response("in_progress", ""));
    let added = format!(r#""output_index":0,"item":{}"#, item("in_progress", ""));
    let mut events = vec![
        event("response.created", 0, &created),
        event("response.in_progress", 1, &created),
        event("response.output_item.added", 2, &added),
        event(
            "response.content_part.added",
            3,
            &format!(r#"{at},"part":{}"#, part("")),
        ),
    ];
    events.extend((0..count).map(|n| {
        event(
            "response.output_text.delta",
            n + 4,
            &format!(r#"{at},"delta":" w{n:06}","logprobs":[],"obfuscation":"aX3kQ9""#),
        )
    }));
    let done = item("completed", &part(&text));
    for (n, (name, fields)) in [
        (
            "response.output_text.done",
            format!(r#"{at},"text":"{text}","logprobs":[]"#),
        ),
        (
            "response.content_part.done",
            format!(r#"{at},"part":{}"#, part(&text)),
        ),
        (
            "response.output_item.done",
            format!(r#""output_index":0,"item":{done}"#),
        ),
        (
            "response.completed",
            format!(r#""response":{}"#, response("completed", &done)),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        events.push(event(name, count + 4 + n, &fields));
    }
    events
}

/// So many vectors of 1,536 numbers, with the digits that OpenAI's have.
fn embeddings(count: usize, encode: impl Fn(&[f64]) -> String) -> String {
    let mut state = 1_u64;
    let mut numbers = || {
        (0..1536)
            .map(|_| {
                // Knuth's linear congruential generator.
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let unit = (state >> 11) as f64 / (1_u64 << 53) as f64;
                f64::from(((unit - 0.5) / 8.0) as f32)
            })
            .collect::<Vec<_>>()
    };
    let data: Vec<_> = (0..count)
        .map(|index| {
            let vector = encode(&numbers());
            format!(r#"{{"object":"embedding","index":{index},"embedding":{vector}}}"#)
        })
        .collect();
    format!(
        r#"{{"object":"list","data":[{}],"model":"text-embedding-3-small","usage":{{"prompt_tokens":2048,"total_tokens":2048}}}}"#,
        data.join(",")
    )
}

fn completion_of(choices: usize) -> String {
    let one = completion("Hello! How can I help you today?");
    let (before, rest) = one.split_once('[').expect("choices");
    let (choice, after) = rest.split_once(r#"],"usage""#).expect("usage");
    let all: Vec<_> = (0..choices)
        .map(|index| choice.replacen(r#""index":0"#, &format!(r#""index":{index}"#), 1))
        .collect();
    format!(r#"{before}[{}],"usage"{after}"#, all.join(","))
}

/// A response of so many items: messages, reasoning, function calls by turns.
fn response_of(items: usize) -> String {
    let output: Vec<_> = (0..items)
        .map(|n| match n % 3 {
            0 => format!(r#"{{"id":"rs_{n:024}","type":"reasoning","summary":[{{"type":"summary_text","text":"The user wants to know the weather of several cities."}}]}}"#),
            1 => format!(r#"{{"id":"fc_{n:024}","type":"function_call","status":"completed","call_id":"call_{n:020}","name":"get_weather","arguments":"{{\"city\":\"Oslo\",\"days\":3}}"}}"#),
            _ => format!(r#"{{"id":"msg_{n:024}","type":"message","status":"completed","role":"assistant","content":[{{"type":"output_text","text":"It is cold in Oslo.","annotations":[],"logprobs":[]}}]}}"#),
        })
        .collect();
    format!(
        r#"{{"id":"resp_67c9fdcecf488190bdd9a0409de3a1ec07b8b0ad4e5eb654","object":"response","created_at":1741290958,"status":"completed","error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"gpt-4o-2024-08-06","output":[{}],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{{"effort":null,"summary":null}},"store":true,"temperature":1.0,"text":{{"format":{{"type":"text"}}}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":{{"input_tokens":36,"input_tokens_details":{{"cached_tokens":0}},"output_tokens":87,"output_tokens_details":{{"reasoning_tokens":0}},"total_tokens":123}},"user":null,"metadata":{{}}}}"#,
        output.join(",")
    )
}
