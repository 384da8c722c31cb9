//! Addresses as anybody may see them.

/// An address without names, passwords and tokens; nothing, if it is no address but a place of this machine: a folder, or a
/// host that only the configuration of its ssh knows. Whoever fetches by ssh and whoever fetches by https are told the same,
/// which is https.
#[must_use]
pub fn public_address(address: &str) -> Option<String> {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme @ ("http" | "https"), rest)) => (scheme, rest.to_owned()),
        Some(("ssh" | "git" | "git+ssh" | "ssh+git", rest)) => ("ssh", rest.to_owned()),
        Some(_) => return None,
        // `git@host:path`; before a slash or with it, a colon is one of a path.
        None => {
            let (host, path) = address.split_once(':').filter(|(host, _)| !host.contains(['/', '\\']))?;
            ("ssh", format!("{host}/{}", path.trim_start_matches('/')))
        }
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (scheme, host) = if scheme == "ssh" { ("https", host_of_ssh(host)?) } else { (scheme, host) };
    let address = format!("{scheme}://{host}/{path}");
    let is_clean = !address.contains(|c: char| c.is_whitespace() || c.is_control());
    (!host.is_empty() && is_clean).then_some(address)
}

/// The host, if its name means the same to everybody: one without a dot may be an alias. The port of ssh is not that of
/// https.
fn host_of_ssh(host: &str) -> Option<&str> {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let name = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name);
    (name.contains('.') || name.starts_with('[')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_secret_and_is_the_same_however_it_is_fetched() {
        for address in [
            "https://forge.example/acme/app",
            "https://user@forge.example/acme/app",
            "https://user:pass@word@forge.example/acme/app",
            "https://x-access-token:ghs_secret@forge.example/acme/app?private_token=secret#secret",
            "https://forge.example/acme/app?token=a/b@c",
            "ssh://git@forge.example/acme/app",
            "ssh://git@forge.example:2222/acme/app",
            "git://forge.example/acme/app",
            "git+ssh://git@forge.example/acme/app",
            "git@forge.example:acme/app",
            "forge.example:/acme/app",
        ] {
            let public = public_address(address);
            assert_eq!(public.as_deref(), Some("https://forge.example/acme/app"), "{address}");
        }
        for (address, public) in [
            ("http://u:p@forge.example:3000/a/b.git", "http://forge.example:3000/a/b.git"),
            ("https://gitea/a/", "https://gitea/a/"),
            ("https://registry.example?token=secret", "https://registry.example/"),
            ("ssh://git@[::1]:22/a", "https://[::1]/a"),
        ] {
            assert_eq!(public_address(address).as_deref(), Some(public));
        }
    }

    #[test]
    fn a_place_of_the_machine_is_no_address() {
        for address in [
            "",
            "/srv/git/app.git",
            "../app",
            "./a:b",
            "file:///srv/app",
            "C:\\git\\app",
            "C:/git/app",
            "ext::ssh%20-p host",
            "https://",
            "https:///a",
            "https://a b/c",
            "git@work:acme/app.git",
            "work:acme/app.git",
            "ssh://git@work/acme/app.git",
            "ssh://git@work:2222/acme/app.git",
        ] {
            assert_eq!(public_address(address), None, "{address}");
        }
    }
}
