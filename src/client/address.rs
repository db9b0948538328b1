//! Where the API is: below a base URL, or as Azure's dated API has it.

use http::Method;
use reqwest::Url;

use crate::error::Error;

const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// The endpoints that Azure has below a deployment; the others know no deployment.
const OF_A_DEPLOYMENT: [&[&str]; 8] = [
    &["chat", "completions"],
    &["completions"],
    &["embeddings"],
    &["audio", "transcriptions"],
    &["audio", "translations"],
    &["audio", "speech"],
    &["images", "generations"],
    &["images", "edits"],
];

/// The address as it is given.
#[derive(Clone)]
pub(super) enum Given {
    Base(String),
    Azure(Azure),
}

/// Azure's dated API.
#[derive(Clone)]
pub(super) struct Azure {
    pub(super) endpoint: String,
    pub(super) deployment: String,
    pub(super) api_version: String,
}

/// Where requests go.
pub(super) struct Address {
    base: Url,
    /// Of Azure's dated API.
    deployment: Option<String>,
}

impl Address {
    pub(super) fn new(given: Option<&Given>) -> Result<Self, Error> {
        match given {
            None => Self::below(DEFAULT_BASE_URL),
            Some(Given::Base(base)) => Self::below(base),
            Some(Given::Azure(azure)) => Self::azure(azure),
        }
    }

    fn below(base: &str) -> Result<Self, Error> {
        let base = read(base, "base URL", DEFAULT_BASE_URL)?;
        Ok(Self {
            base,
            deployment: None,
        })
    }

    fn azure(azure: &Azure) -> Result<Self, Error> {
        let example = "https://my-resource.openai.azure.com";
        let mut base = read(&azure.endpoint, "Azure endpoint", example)?;
        let path = base.path().trim_end_matches('/');
        if path.ends_with("/v1") {
            return Err(config(
                "the Azure endpoint is that of the v1 API: give it to `base_url`, without deployment and version",
            ));
        }
        let path = format!("{}/openai", path.strip_suffix("/openai").unwrap_or(path));
        base.set_path(&path);
        let [deployment, api_version] = [&azure.deployment, &azure.api_version].map(|it| it.trim());
        if deployment.is_empty() || api_version.is_empty() {
            return Err(config(
                "Azure needs the name of a deployment and an API version, as 2024-10-21",
            ));
        }
        base.query_pairs_mut()
            .append_pair("api-version", api_version);
        Ok(Self {
            base,
            deployment: Some(deployment.to_owned()),
        })
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    pub(super) fn is_azure(&self) -> bool {
        self.deployment.is_some()
    }

    /// The URL of an endpoint, with the query that all requests have.
    pub(super) fn url(&self, method: &Method, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // Can't fail: a base URL has a host.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
            if let Some(deployment) = &self.deployment
                && method == Method::POST
                && OF_A_DEPLOYMENT.contains(&path)
            {
                segments.extend(["deployments", deployment]);
            }
            segments.extend(path);
        }
        url
    }
}

fn read(url: &str, what: &str, example: &str) -> Result<Url, Error> {
    let url = Url::parse(url.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| {
            config(&format!(
                "the {what} is no http(s) URL: give one like {example}"
            ))
        })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(config(&format!(
            "the {what} holds a user or password: give them by `header` or `api_key`"
        )));
    }
    Ok(url)
}

fn config(text: &str) -> Error {
    Error::Config(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn azure(endpoint: &str) -> Result<Address, Error> {
        let [deployment, api_version] = ["my gpt/4", "2024-10-21"].map(str::to_owned);
        let endpoint = endpoint.to_owned();
        Address::new(Some(&Given::Azure(Azure {
            endpoint,
            deployment,
            api_version,
        })))
    }

    #[test]
    fn azure_has_model_endpoints_below_a_deployment_and_the_others_beside_it() {
        let table: [(&str, Method, &[&str], &str); 6] = [
            (
                "https://r.openai.azure.com",
                Method::POST,
                &["chat", "completions"],
                "https://r.openai.azure.com/openai/deployments/my%20gpt%2F4/chat/completions?api-version=2024-10-21",
            ),
            (
                "https://r.openai.azure.com/",
                Method::POST,
                &["embeddings"],
                "https://r.openai.azure.com/openai/deployments/my%20gpt%2F4/embeddings?api-version=2024-10-21",
            ),
            (
                "https://r.openai.azure.com/openai/",
                Method::POST,
                &["responses"],
                "https://r.openai.azure.com/openai/responses?api-version=2024-10-21",
            ),
            (
                "https://gateway.example/azure?a=b",
                Method::GET,
                &["models"],
                "https://gateway.example/azure/openai/models?a=b&api-version=2024-10-21",
            ),
            (
                "https://r.openai.azure.com",
                Method::GET,
                &["chat", "completions"],
                "https://r.openai.azure.com/openai/chat/completions?api-version=2024-10-21",
            ),
            (
                "https://r.openai.azure.com",
                Method::GET,
                &["conversations", "a/b"],
                "https://r.openai.azure.com/openai/conversations/a%2Fb?api-version=2024-10-21",
            ),
        ];
        for (endpoint, method, path, expected) in table {
            let address = azure(endpoint).unwrap();
            assert_eq!(address.url(&method, path).as_str(), expected);
        }
    }

    #[test]
    fn the_v1_api_of_azure_is_a_base_url() {
        let error = azure("https://r.openai.azure.com/openai/v1/")
            .err()
            .unwrap();
        assert!(error.to_string().contains("base_url"), "{error}");
    }
}
