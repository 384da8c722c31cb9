//! What a registry says when it wants to know who asks: `WWW-Authenticate` (RFC 9110, 11.6.1).

/// One way of showing who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A name and a password with each request.
    Basic,
    /// A token, which somebody else gives.
    Bearer {
        /// Whom to ask.
        realm: String,
        /// On whose behalf.
        service: Option<String>,
        /// For what, several with a space between.
        scope: Option<String>,
        /// What was wrong with the token that was shown, such as `insufficient_scope`.
        error: Option<String>,
    },
}

/// All the challenges of an answer that are understood, in their order. A header may hold several.
pub(super) fn parse<'a>(headers: impl IntoIterator<Item = &'a str>) -> Vec<Challenge> {
    headers.into_iter().flat_map(challenges).collect()
}

fn challenges(header: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let Some((word, after)) = token(rest) else { break };
        let after = after.trim_start();
        match after.strip_prefix('=').filter(|_| !found.is_empty()) {
            Some(after) => {
                let Some((value, after)) = value(after.trim_start()) else { break };
                let parameters = &mut found.last_mut().expect("it is not empty").1;
                parameters.push((word.to_ascii_lowercase(), value));
                rest = after;
            }
            None => {
                found.push((word.to_ascii_lowercase(), Vec::new()));
                rest = after;
            }
        }
    }
    found.into_iter().filter_map(|(scheme, parameters)| challenge(&scheme, &parameters)).collect()
}

fn challenge(scheme: &str, parameters: &[(String, String)]) -> Option<Challenge> {
    let get = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: get("realm")?,
            service: get("service"),
            scope: get("scope"),
            error: get("error"),
        }),
        _ => None,
    }
}

fn token(text: &str) -> Option<(&str, &str)> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let end = text.bytes().position(|byte| !is_part(byte)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// A word, or a text in quotes, where `\` keeps what follows.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return token(text).map(|(word, rest)| (word.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        let [service, scope] = [service, scope].map(|text| text.map(str::to_owned));
        Challenge::Bearer { realm: realm.to_owned(), service, scope, error: None }
    }

    #[test]
    fn the_forms_that_registries_use_are_read() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:acme/app:pull,push""#;
        let expected = bearer(
            "https://auth.docker.io/token",
            Some("registry.docker.io"),
            Some("repository:acme/app:pull,push"),
        );
        assert_eq!(parse([hub]), [expected]);
        assert_eq!(parse(["Basic realm=\"Registry Realm\""]), [Challenge::Basic]);
        assert_eq!(parse(["basic"]), [Challenge::Basic]);
        assert_eq!(parse(["bEaReR realm = x , service=y"]), [bearer("x", Some("y"), None)]);
    }

    #[test]
    fn several_come_in_one_header_or_in_many() {
        let both = [bearer("x", Some("a, b=\"c"), None), Challenge::Basic];
        assert_eq!(
            parse([r#"Bearer realm="x", service="a, b=\"c", Basic realm="r", charset="UTF-8""#]),
            both
        );
        assert_eq!(parse([r#"Bearer realm="x", service="a, b=\"c""#, "Negotiate", "Basic"]), both);
    }

    #[test]
    fn what_is_no_challenge_is_none() {
        for text in [
            "",
            ",",
            "=",
            "Bearer",
            "Bearer realm",
            "Bearer realm=",
            "Bearer realm=\"x",
            "\"Basic\"",
            "é Basic",
        ] {
            assert_eq!(parse([text]), [], "{text}");
        }
        for text in ["Bearer realm=\"\\", "Negotiate abc==", "Basic =x"] {
            let _ = parse([text]);
        }
    }
}
