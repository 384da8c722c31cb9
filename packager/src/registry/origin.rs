//! Whom a registry may send us to, and who may be told the credentials.
//!
//! Three things of an answer name an address: the `realm` of a challenge, the `Location` of an upload, and that of a
//! redirect. Each was a hole in some client (CVE-2020-15157, CVE-2026-48978, CVE-2026-50151), so every rule is here:
//!
//! | | realm | `Location`, redirect |
//! |---|---|---|
//! | a user in it | refused | refused |
//! | http where the registry has https | refused | refused |
//! | link-local | the registry's own host only | the registry's own host only |
//! | loopback or private | the registry's own host only | the registry's own host, or if the registry is such a one too |
//! | credentials | sent, as that is what a realm is for | to the registry's own scheme, host and port only |

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Where an answer sends us on, resolved against the address it came from; why not, otherwise.
pub(super) fn follow(registry: &Url, current: &Url, location: &str) -> Result<Url, String> {
    let next = current.join(location).map_err(|_| "it names no address".to_owned())?;
    check(registry, &next)?;
    let (from, to) = (reach(registry), reach(&next));
    if to == Reach::Public || same_host(registry, &next) || (to != Reach::LinkLocal && from != Reach::Public)
    {
        return Ok(next);
    }
    Err(format!("`{}` is inside of a network, and the registry is not", shown(&next)))
}

/// The address of a token server; why it is not asked, otherwise.
pub(super) fn realm(registry: &Url, realm: &str) -> Result<Url, String> {
    let url = Url::parse(realm).map_err(|_| "it is no address".to_owned())?;
    check(registry, &url)?;
    if url.scheme() == "http" && !same_host(registry, &url) {
        return Err(format!("`{}` would be told the credentials by plain http", shown(&url)));
    }
    if reach(&url) == Reach::Public || same_host(registry, &url) {
        return Ok(url);
    }
    Err(format!("`{}` is inside of a network, and not the host of the registry", shown(&url)))
}

/// Whether an address belongs to the registry itself: scheme, host and port.
pub(super) fn is_own(registry: &Url, url: &Url) -> bool {
    registry.origin() == url.origin()
}

/// Whether it is this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    reach(url) == Reach::Loopback
}

/// Scheme, host and port, for messages: what comes behind may be as good as a password.
pub(super) fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn check(registry: &Url, url: &Url) -> Result<(), String> {
    match url.scheme() {
        "https" => {}
        "http" if registry.scheme() == "http" => {}
        "http" => return Err(format!("`{}` is not https as the registry is", shown(url))),
        _ => return Err("it is neither http nor https".to_owned()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("the address at `{}` has a user in it", shown(url)));
    }
    Ok(())
}

fn same_host(one: &Url, other: &Url) -> bool {
    one.host() == other.host()
}

/// From where an address can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Public,
    Private,
    Loopback,
    /// Where clouds hand out credentials of the machine, 169.254.169.254.
    LinkLocal,
}

/// By what is written: which address a name has is its owner's word, and may change between two looks.
fn reach(url: &Url) -> Reach {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            let is_local = name == "localhost" || name.ends_with(".localhost");
            if is_local { Reach::Loopback } else { Reach::Public }
        }
        Some(Host::Ipv4(address)) => reach_v4(address),
        Some(Host::Ipv6(address)) => match embedded(address) {
            Some(address) => reach_v4(address),
            None => reach_v6(address),
        },
        None => Reach::LinkLocal,
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped, or translated (RFC 6052).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let translated = || match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    };
    address.to_ipv4_mapped().or_else(translated)
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let [a, b, ..] = address.octets();
    match address {
        _ if address.is_loopback() || address.is_unspecified() => Reach::Loopback,
        _ if address.is_link_local() || address.is_broadcast() || address.is_multicast() => Reach::LinkLocal,
        // 100.64.0.0/10 is what providers use inside (RFC 6598).
        _ if address.is_private() || a == 0 || (a == 100 && b & 0xc0 == 64) => Reach::Private,
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    match IpAddr::V6(address) {
        whole if whole.is_loopback() || whole.is_unspecified() => Reach::Loopback,
        _ if address.is_unicast_link_local() || address.is_multicast() => Reach::LinkLocal,
        _ if address.is_unique_local() => Reach::Private,
        _ => Reach::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSIDE: [&str; 16] = [
        "169.254.169.254",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "localhost",
        "LOCALHOST.",
        "x.localhost",
        "[::1]",
        "[::]",
        "10.0.0.1",
        "192.168.1.1",
        "[fd00::1]",
    ];

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_public_registry_points_to_public_https_only() {
        let registry = url("https://registry.example/");
        for place in ["https://auth.example/token", "https://cdn.example:8443/x", "https://93.184.216.34/"] {
            assert_eq!(realm(&registry, place), Ok(url(place)));
            assert_eq!(follow(&registry, &registry, place), Ok(url(place)));
        }
        let inside = INSIDE.map(|host| format!("https://{host}/"));
        let others = [
            "http://registry.example/",
            "https://user@auth.example/",
            "https://:x@auth.example/",
            "ftp://auth.example/",
            "file:///etc/passwd",
        ];
        for place in inside.iter().map(String::as_str).chain(others) {
            assert!(realm(&registry, place).is_err(), "{place}");
            assert!(follow(&registry, &registry, place).is_err(), "{place}");
        }
    }

    #[test]
    fn a_registry_inside_has_its_tokens_from_its_own_host() {
        let registry = url("http://127.0.0.1:5000/");
        for (place, is_right) in [
            ("http://127.0.0.1:5001/token", true),
            ("https://127.0.0.1:5001/token", true),
            ("https://auth.example/token", true),
            ("http://auth.example/token", false),
            ("http://127.0.0.2:5000/token", false),
            ("http://localhost:5000/token", false),
            ("https://10.0.0.1/token", false),
            ("http://169.254.169.254/token", false),
            ("/token", false),
        ] {
            assert_eq!(realm(&registry, place).is_ok(), is_right, "{place}");
        }
    }

    #[test]
    fn a_registry_inside_may_keep_its_blobs_inside() {
        let registry = url("https://10.0.0.1/");
        for (place, is_right) in [
            ("https://10.0.0.2/blob", true),
            ("https://cdn.example/blob", true),
            ("/v2/blob", true),
            ("blob?x=1", true),
            ("http://10.0.0.1/blob", false),
            ("https://169.254.169.254/blob", false),
            ("https://u:p@10.0.0.1/blob", false),
        ] {
            assert_eq!(follow(&registry, &registry, place).is_ok(), is_right, "{place}");
        }
    }

    #[test]
    fn the_registry_itself_is_scheme_host_and_port() {
        let registry = url("https://registry.example/");
        assert!(is_own(&registry, &url("https://registry.example:443/v2/x")));
        for other in
            ["http://registry.example/", "https://registry.example:444/", "https://registry.example.org/"]
        {
            assert!(!is_own(&registry, &url(other)), "{other}");
        }
    }
}
