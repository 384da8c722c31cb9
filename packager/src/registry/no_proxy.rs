//! Which hosts need no proxy: the list in `NO_PROXY`, as Docker, podman and curl read it.
//!
//! | entry | means |
//! |---|---|
//! | `*` | every host |
//! | `example.com` | it, and all below it |
//! | `.example.com`, `*.example.com` | all below it |
//! | `10.0.0.0/8`, `fd00::/8` | addresses of this network |
//! | any of them but a network with `:5000` | the same, on this port only |

use std::net::IpAddr;

use url::{Host, Url};

use super::origin;

/// Whether this address is asked without a proxy. This machine always is.
pub(super) fn is_direct(url: &Url, exceptions: &[String]) -> bool {
    let Some(host) = url.host() else { return false };
    let port = url.port_or_known_default();
    let is_excepted = |entry: &String| fits(entry.trim(), &host, port);
    origin::is_loopback(url) || exceptions.iter().any(is_excepted)
}

fn fits(entry: &str, host: &Host<&str>, port: Option<u16>) -> bool {
    if entry == "*" {
        return true;
    }
    let address = match host {
        Host::Ipv4(address) => Some(IpAddr::from(*address)),
        Host::Ipv6(address) => Some(IpAddr::from(*address)),
        Host::Domain(_) => None,
    };
    if let Some((network, bits)) = entry.split_once('/') {
        return address.is_some_and(|address| is_within(address, network, bits));
    }
    let (name, wanted) = split(entry);
    if wanted.is_some_and(|wanted| wanted.parse().ok() != port) {
        return false;
    }
    match host {
        Host::Domain(host) => is_below(host.trim_end_matches('.'), name.trim_end_matches('.')),
        Host::Ipv4(_) | Host::Ipv6(_) => name.parse::<IpAddr>().is_ok_and(|name| Some(name) == address),
    }
}

/// Name and port. An IPv6 address has brackets around it where there is a port.
fn split(entry: &str) -> (&str, Option<&str>) {
    if let Some(rest) = entry.strip_prefix('[') {
        let (name, rest) = rest.split_once(']').unwrap_or((rest, ""));
        return (name, rest.strip_prefix(':'));
    }
    match entry.split_once(':') {
        Some((name, port)) if !port.contains(':') => (name, Some(port)),
        _ => (entry, None),
    }
}

fn is_below(host: &str, name: &str) -> bool {
    let below = name.strip_prefix("*.").or_else(|| name.strip_prefix('.'));
    let (domain, is_itself) = (below.unwrap_or(name), below.is_none());
    let Some(at) = host.len().checked_sub(domain.len()) else { return false };
    let ends = !domain.is_empty() && host.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(domain));
    ends && if at == 0 { is_itself } else { host[..at].ends_with('.') }
}

fn is_within(address: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    let (address, network, width) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            (u128::from(address.to_bits()), u128::from(network.to_bits()), 32)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => (address.to_bits(), network.to_bits(), 128),
        _ => return false,
    };
    let Some(rest) = u32::checked_sub(width, bits) else { return false };
    // A network of no bits has every address.
    bits == 0 || address >> rest == network >> rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_among_exceptions() {
        for (exception, address, expected) in [
            ("", "https://ghcr.io/", false),
            ("*", "https://ghcr.io/", true),
            ("corp.example", "https://registry.corp.example/", true),
            (" Corp.example ", "https://corp.example/", true),
            ("corp.example", "https://evilcorp.example/", false),
            ("corp.example", "https://corp.example.org/", false),
            (".corp.example", "https://corp.example/", false),
            (".corp.example", "https://a.b.corp.example/", true),
            ("*.corp.example", "https://a.corp.example/", true),
            ("corp.example:5000", "https://corp.example/", false),
            ("corp.example:5000", "https://corp.example:5000/", true),
            ("corp.example:443", "https://corp.example/", true),
            ("10.0.0.0/8", "http://10.20.30.40/", true),
            ("10.0.0.0/8", "http://11.0.0.1/", false),
            ("10.0.0.0/33", "http://10.0.0.0/", false),
            ("0.0.0.0/0", "http://8.8.8.8/", true),
            ("10.0.0.0/8", "http://ten.example/", false),
            ("10.1.2.3", "http://10.1.2.3:5000/", true),
            ("10.1.2.3:80", "http://10.1.2.3:5000/", false),
            ("fd00::/8", "http://[fd12::1]/", true),
            ("::1:2", "http://[::1:2]/", true),
            ("[fd12::1]:5000", "http://[fd12::1]:5000/", true),
            ("[fd12::1]:5000", "http://[fd12::1]/", false),
        ] {
            let found = is_direct(&address.parse().unwrap(), &[exception.to_owned()]);
            assert_eq!(found, expected, "{exception} {address}");
        }
    }

    #[test]
    fn this_machine_needs_none() {
        for address in ["http://localhost:5000/", "http://127.0.0.1/", "http://[::1]/"] {
            assert!(is_direct(&address.parse().unwrap(), &[]), "{address}");
        }
    }
}
