//! Who serves a model, as far as the host tells.

/// The hosts whose provider has a name of its own: each with all its subdomains.
const PROVIDERS: [(&str, &str); 12] = [
    ("openai.azure.com", AZURE),
    ("cognitiveservices.azure.com", AZURE),
    ("services.ai.azure.com", AZURE),
    ("openrouter.ai", "openrouter"),
    ("groq.com", "groq"),
    ("deepseek.com", "deepseek"),
    ("mistral.ai", "mistral_ai"),
    ("x.ai", "x_ai"),
    ("together.xyz", "together"),
    ("together.ai", "together"),
    ("perplexity.ai", "perplexity"),
    ("openai.com", OPENAI),
];

const OPENAI: &str = "openai";

pub(crate) const AZURE: &str = "azure.ai.openai";

/// The value of `gen_ai.provider.name` for a host; an unknown one speaks OpenAI's API, and so counts as it.
pub(crate) fn provider(host: &str) -> &'static str {
    let serves = |domain: &str| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    PROVIDERS
        .iter()
        .find_map(|(domain, name)| serves(domain).then_some(*name))
        .unwrap_or(OPENAI)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_known_host_names_its_provider() {
        let table = [
            ("api.openai.com", "openai"),
            ("my-resource.openai.azure.com", "azure.ai.openai"),
            ("api.x.ai", "x_ai"),
            ("netx.ai", "openai"),
            ("openrouter.ai", "openrouter"),
            ("localhost", "openai"),
            ("", "openai"),
        ];
        for (host, expected) in table {
            assert_eq!(provider(host), expected, "{host}");
        }
    }
}
