//! Calls and tools carry the name, the pipeline and the conversation of the agent that they run in.

use sentry::SentryFutureExt;
use sentry_openai::{RequestOptions, agent, responses};

use crate::calls::*;
use crate::support::{Gate, Reply, Server, SpanView};

/// Agent, pipeline and conversation as a span has them; `-` where there is none.
pub(crate) fn inherited(span: &SpanView) -> [&str; 3] {
    [
        "gen_ai.agent.name",
        "gen_ai.pipeline.name",
        "gen_ai.conversation.id",
    ]
    .map(|name| span.get(name).as_str().unwrap_or("-"))
}

#[test]
fn every_kind_of_call_carries_name_pipeline_and_conversation_of_its_agent() {
    for way in Way::ALL {
        let sentry = sentry();
        sentry.run(async {
            let server = server().await;
            let client = way.builder(&server).build().unwrap();
            let agent = agent::invoke_agent("planner")
                .model("gpt-4o")
                .pipeline("travel")
                .conversation_id("conv_1")
                .run(async {
                    way.call(client.clone(), RequestOptions::new()).await;
                    let tool = agent::execute_tool("weather").run(async {
                        way.call(client.clone(), RequestOptions::new()).await;
                        done(())
                    });
                    tool.await
                });
            agent.await.unwrap();
            way.call(client, RequestOptions::new()).await;
        });
        let expected = ["planner", "travel", "conv_1"];
        let agent = sentry.span("invoke_agent planner");
        let tool = sentry.span("execute_tool weather");
        assert_eq!(inherited(&agent), expected, "{way:?}");
        assert_eq!(agent.get("gen_ai.request.model"), "gpt-4o");
        assert_eq!(inherited(&tool), expected, "{way:?}");
        let calls = sentry.spans_with_op(way.op());
        assert_eq!(calls.len(), 3, "{way:?}");
        for call in calls {
            let (parent, expected) = match &call.parent_span_id {
                Some(id) => (Some(id), expected),
                // The one after the agent.
                None => (None, ["-"; 3]),
            };
            assert!([None, Some(&agent.span_id), Some(&tool.span_id)].contains(&parent));
            assert_eq!(inherited(&call), expected, "{way:?}");
        }
    }
}

#[test]
fn an_agent_and_a_tool_carry_no_usage_of_the_calls_inside() {
    let sentry = sentry();
    sentry.run(async {
        let server = server().await;
        let client = Way::Chat.builder(&server).build().unwrap();
        let tool = agent::execute_tool("ask").run(ask(&client));
        agent::invoke_agent("planner").run(tool).await.unwrap();
    });
    assert_eq!(sentry.span(CHAT).get("gen_ai.usage.total_tokens"), 5);
    for name in ["invoke_agent planner", "execute_tool ask"] {
        let span = sentry.span(name);
        let mut keys = span.data.keys();
        assert!(
            !keys.any(|key| key.contains("usage") || key.contains("cost")),
            "{span:?}"
        );
    }
}

#[test]
fn the_inner_agents_name_wins_and_the_outers_comes_back() {
    let sentry = sentry();
    sentry.run(async {
        let server = server().await;
        let call =
            |way: Way| way.call(way.builder(&server).build().unwrap(), RequestOptions::new());
        let outer = agent::invoke_agent("outer")
            .pipeline("outer line")
            .conversation_id("conv_outer")
            .run(async {
                call(Way::Chat).await;
                let inner = agent::invoke_agent("inner").run(async {
                    call(Way::Embeddings).await;
                    let innermost = agent::invoke_agent("innermost")
                        .pipeline("inner line")
                        .conversation_id("conv_inner");
                    let innermost = innermost.run(async {
                        call(Way::Responses).await;
                        done(())
                    });
                    innermost.await
                });
                inner.await.unwrap();
                call(Way::ChatStream).await;
                done(())
            });
        outer.await.unwrap();
    });
    for (agent, expected, calls) in [
        ("outer", ["outer", "outer line", "conv_outer"], 2),
        ("inner", ["inner", "outer line", "conv_outer"], 1),
        ("innermost", ["innermost", "inner line", "conv_inner"], 1),
    ] {
        let agent = sentry.span(&format!("invoke_agent {agent}"));
        assert_eq!(inherited(&agent), expected);
        let children = sentry.children_of(&agent);
        let children: Vec<_> = children
            .iter()
            .filter(|span| !span.name.contains("agent"))
            .collect();
        assert_eq!(children.len(), calls);
        for call in children {
            assert_eq!(inherited(call), expected);
        }
    }
}

#[test]
fn a_stream_that_outlives_its_agent_still_belongs_to_it() {
    for below_a_transaction in [false, true] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            let gate = Gate::new();
            let stream = Reply::sse([chunk("a", serde_json::Value::Null)]).pause(&gate);
            server.reply(stream.data(chunk("b", "stop".into())).done());
            let client = client(&server);
            let request = question();
            let run = async {
                let completions = client.chat().completions();
                let agent = agent::invoke_agent("planner").conversation_id("conv_1");
                let mut stream = agent
                    .run(completions.create_stream(&request))
                    .await
                    .unwrap();
                stream.next().await.unwrap().unwrap();
                let other = agent::invoke_agent("other").run(async {
                    gate.open();
                    done(stream.next().await.unwrap().unwrap())
                });
                other.await.unwrap();
                assert!(stream.next().await.is_none());
            };
            if below_a_transaction {
                let root = Root::start();
                run.bind_hub(root.hub).await;
                root.transaction.finish();
            } else {
                run.await;
            }
        });
        let agent = sentry.span("invoke_agent planner");
        let call = sentry.span(CHAT);
        assert_eq!(inherited(&call), ["planner", "-", "conv_1"]);
        assert_eq!(call.parent_span_id.as_ref(), Some(&agent.span_id));
        assert_eq!(call.trace_id, agent.trace_id);
        // Where the agent was the transaction, the call is sent on its own.
        assert_eq!(call.is_transaction, !below_a_transaction);
        assert_eq!(call.status.as_deref(), Some("ok"));
        assert_eq!(
            call.json("gen_ai.output.messages")[0]["parts"][0]["content"],
            "ab"
        );
    }
}

#[test]
fn a_handoff_is_a_span_below_the_agent_that_hands_over() {
    let sentry = sentry();
    sentry.run(async {
        agent::handoff("nobody", "triage");
        let agent = agent::invoke_agent("triage").conversation_id("conv_1");
        let run = agent.run(async {
            agent::handoff("triage", "billing");
            done(())
        });
        run.await.unwrap();
    });
    let first = sentry.span("handoff from nobody to triage");
    assert!(first.is_transaction);
    assert_eq!(inherited(&first), ["nobody", "-", "-"]);
    let handoff = sentry.span("handoff from triage to billing");
    let agent = sentry.span("invoke_agent triage");
    assert_eq!(handoff.parent_span_id, Some(agent.span_id));
    assert_eq!(inherited(&handoff), ["triage", "-", "conv_1"]);
    assert_eq!(handoff.op, "gen_ai.handoff");
    assert_eq!(handoff.get("gen_ai.operation.name"), "handoff");
    assert_eq!(handoff.get("sentry.origin"), "auto.ai.openai");
    assert_eq!(handoff.status.as_deref(), Some("ok"));
}

#[test]
fn the_nearest_conversation_id_is_recorded() {
    // Which of them are given: by the request's own body, its options, an agent, the client.
    for mask in 0..16_u8 {
        let [body, options, agent, of_client] = [0, 1, 2, 3].map(|bit| mask & (1 << bit) != 0);
        for way in Way::ALL {
            // Only responses name a conversation themselves; here by the whole reply's way alone.
            if body && way != Way::Responses {
                continue;
            }
            let sentry = sentry();
            sentry.run_on_one_thread(async {
                let server = server().await;
                let mut builder = way.builder(&server);
                if of_client {
                    builder = builder.conversation_id("client");
                }
                let client = builder.build().unwrap();
                let mut request_options = RequestOptions::new();
                if options {
                    request_options = request_options.conversation_id("options");
                }
                let call = async {
                    if body {
                        let request = responses::Request::new("gpt-4o", "Hi").conversation("body");
                        let responses = client.responses();
                        responses
                            .create_with(&request, request_options)
                            .await
                            .unwrap();
                    } else {
                        way.call(client.clone(), request_options).await;
                    }
                };
                if agent {
                    let agent = agent::invoke_agent("planner").conversation_id("agent");
                    let run = agent.run(async {
                        call.await;
                        done(())
                    });
                    run.await.unwrap();
                } else {
                    call.await;
                }
            });
            let given = [
                (body, "body"),
                (options, "options"),
                (agent, "agent"),
                (of_client, "client"),
            ];
            let nearest = given
                .into_iter()
                .find_map(|(is_given, id)| is_given.then_some(id));
            let calls = sentry.spans_with_op(way.op());
            let recorded = inherited(&calls[0])[2].to_owned();
            assert_eq!(recorded, nearest.unwrap_or("-"), "{way:?} of {given:?}");
        }
    }
}
