use async_openai::Client;
use async_openai::error::OpenAIError;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), OpenAIError> {
    let client = Client::new();
    let message = ChatCompletionRequestUserMessageArgs::default()
        .content("Hello!")
        .build()?;
    let request = CreateChatCompletionRequestArgs::default()
        .model("gpt-4o")
        .messages([message.into()])
        .build()?;
    let answer = client.chat().create(request).await?;
    let text = answer
        .choices
        .into_iter()
        .next()
        .and_then(|choice| choice.message.content);
    println!("{}", text.unwrap_or_default());
    Ok(())
}
