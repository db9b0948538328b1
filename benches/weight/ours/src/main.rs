use sentry_openai::{Client, Error, chat};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = Client::from_env()?;
    let request = chat::Request::new("gpt-4o", [chat::Message::user("Hello!")]);
    let answer = client.chat().completions().create(&request).await?;
    println!("{}", answer.text().unwrap_or_default());
    Ok(())
}
