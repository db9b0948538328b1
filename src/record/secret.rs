//! What never leaves of objects whose type is not known, and of addresses: values that give access.

use std::borrow::Cow;

/// Whether a value of this name gives access, however the name is spelled: `apiKey`, `X-API-Key`, `BEARER_TOKEN`.
pub(super) fn is_secret(name: &str) -> bool {
    const PARTS: [&str; 11] = [
        "token",
        "secret",
        "password",
        "passwd",
        "passphrase",
        "cookie",
        "authorization",
        "authentication",
        "credential",
        "bearer",
        "apikey",
    ];
    const WORDS: [&str; 8] = [
        "auth", "key", "keys", "pwd", "pass", "headers", "jwt", "oauth",
    ];

    // Most names are short and plain; none that is shorter than `key` is of interest.
    if name.len() < 3 {
        return false;
    }
    let letters: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    PARTS.iter().any(|part| letters.contains(part))
        || ends_in_key(&letters)
        || words(name).any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// Whether a name tells how many tokens there are, if its value is a number.
pub(super) fn is_count(name: &str) -> bool {
    name.to_ascii_lowercase().contains("tokens")
}

/// `privatekey`, but not `monkey`.
fn ends_in_key(letters: &str) -> bool {
    const OTHERS: [&str; 6] = ["monkey", "donkey", "turkey", "hockey", "jockey", "whiskey"];

    letters
        .strip_suffix('s')
        .unwrap_or(letters)
        .ends_with("key")
        && !OTHERS.iter().any(|other| letters.starts_with(other))
}

/// The words of a name in snake case, kebab case, camel case or a mix.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    parts.flat_map(|part| {
        let bytes = part.as_bytes();
        let mut rest = part;
        let humps = bytes.windows(2).enumerate().filter_map(|(at, pair)| {
            let [before, after] = pair else { return None };
            (before.is_ascii_lowercase() && after.is_ascii_uppercase()).then_some(at + 1)
        });
        let mut ends: Vec<usize> = humps.collect();
        ends.push(part.len());
        let mut from = 0;
        ends.into_iter().map(move |end| {
            let (word, after) = rest.split_at_checked(end - from).unwrap_or_default();
            rest = after;
            from = end;
            word
        })
    })
}

/// Whether the whole text is an address with a scheme and an authority.
pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let of_a_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
    !scheme.is_empty()
        && scheme.len() <= 32
        && scheme.bytes().all(of_a_scheme)
        && !rest.is_empty()
        && !rest.bytes().any(|byte| byte.is_ascii_whitespace())
}

/// An address without the user's name and password, query and fragment, which can all give access.
pub(super) fn without_credentials(url: &str) -> Cow<'_, str> {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let address = url.get(..end).unwrap_or_default();
    let Some((scheme, rest)) = address.split_once("//") else {
        return Cow::Borrowed(address);
    };
    let authority = rest.find(['/', '\\']).unwrap_or(rest.len());
    let host = rest
        .get(..authority)
        .and_then(|authority| authority.rfind('@'));
    match host.and_then(|at| rest.get(at + 1..)) {
        Some(rest) => Cow::Owned([scheme, "//", rest].concat()),
        None => Cow::Borrowed(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_in_any_spelling() {
        let secrets = [
            "token",
            "bearer_token",
            "accessToken",
            "ACCESSTOKEN",
            "access-token",
            "Token",
            "secret",
            "client_secret",
            "clientSecret",
            "password",
            "PASSWORD",
            "db.password",
            "passwd",
            "pwd",
            "key",
            "API_KEY",
            "apiKey",
            "apikey",
            "api-key",
            "x-api-key",
            "X-Api-Key",
            "Api Key",
            "privateKey",
            "keyMaterial",
            "signingkeys",
            "cookie",
            "Set-Cookie",
            "authorization",
            "Proxy-Authorization",
            "auth",
            "basicAuth",
            "credential",
            "credentials",
            "awsCredentials",
            "headers",
            "id_token",
        ];
        for name in secrets {
            assert!(is_secret(name), "{name}");
        }
        let others = [
            "",
            "id",
            "type",
            "name",
            "text",
            "monkey",
            "keyboard",
            "author",
            "authors",
            "passage",
            "compass",
            "header_row",
            "url",
            "server_label",
            "ke",
            "größe",
        ];
        for name in others {
            assert!(!is_secret(name), "{name}");
        }
        assert!(is_count("max_tokens") && is_count("totalTokens") && !is_count("token"));
    }

    #[test]
    fn an_address_leaves_without_what_gives_access() {
        let table = [
            ("https://u:p@host/?key=1", "https://host/"),
            ("https://host/a/b.png?sig=1#x", "https://host/a/b.png"),
            ("https://host/a@b", "https://host/a@b"),
            ("https://a@b@host:1/x", "https://host:1/x"),
            ("https://host#token=1", "https://host"),
            ("//u:p@host/x", "//host/x"),
            ("/path?key=1", "/path"),
            ("ftp://host", "ftp://host"),
            ("", ""),
        ];
        for (url, expected) in table {
            assert_eq!(without_credentials(url), expected, "{url}");
        }
        for (text, expected) in [
            ("https://u:p@host/?a=b", true),
            ("postgres://u:p@db/x", true),
            ("see https://host", false),
            ("https://host and more", false),
            ("://x", false),
            ("https://", false),
            ("a text: //", false),
        ] {
            assert_eq!(is_url(text), expected, "{text}");
        }
    }
}
