//! Where the registry of a reference is.

use url::Url;

use super::origin;
use super::settings::PlainHttp;
use crate::Reference;

/// Where `docker.io` really is. It is the only name that is not a host.
const DOCKER_HUB: &str = "registry-1.docker.io";

/// The address below which a registry answers, with `/` as its path.
///
/// http is a matter of the host and of what was asked for, never of what went wrong before: whoever breaks TLS must not be
/// spoken to without it.
pub(super) fn base(reference: &Reference, plain_http: PlainHttp) -> Option<Url> {
    let reference = reference.fully_qualified();
    let host = match reference.host()? {
        "docker.io" => DOCKER_HUB,
        host => host,
    };
    let secure = Url::parse(&format!("https://{host}/")).ok()?;
    let is_plain = match plain_http {
        PlainHttp::Never => false,
        PlainHttp::Loopback => origin::is_loopback(&secure),
        PlainHttp::Always => true,
    };
    // Parsed anew, because the usual port differs.
    if is_plain { Url::parse(&format!("http://{host}/")).ok() } else { Some(secure) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(reference: &str, plain_http: PlainHttp) -> String {
        base(&reference.parse().unwrap(), plain_http).unwrap().into()
    }

    #[test]
    fn a_reference_has_one_address() {
        for (reference, expected) in [
            ("app", "https://registry-1.docker.io/"),
            ("docker.io/acme/app", "https://registry-1.docker.io/"),
            ("index.docker.io/acme/app", "https://registry-1.docker.io/"),
            ("ghcr.io/acme/app", "https://ghcr.io/"),
            ("registry.example:5000/app", "https://registry.example:5000/"),
            ("localhost:5000/app", "http://localhost:5000/"),
            ("localhost/app", "http://localhost/"),
            ("127.0.0.1:5000/app", "http://127.0.0.1:5000/"),
            ("127.8.9.1:5000/app", "http://127.8.9.1:5000/"),
            ("[::1]:5000/app", "http://[::1]:5000/"),
            ("10.0.0.1:5000/app", "https://10.0.0.1:5000/"),
            ("localhost.example:5000/app", "https://localhost.example:5000/"),
        ] {
            assert_eq!(address(reference, PlainHttp::Loopback), expected);
        }
    }

    #[test]
    fn http_is_spoken_where_it_was_asked_for_only() {
        assert_eq!(address("localhost:5000/app", PlainHttp::Never), "https://localhost:5000/");
        assert_eq!(address("registry.example:443/app", PlainHttp::Always), "http://registry.example:443/");
        assert_eq!(address("registry.example/app", PlainHttp::Always), "http://registry.example/");
    }
}
