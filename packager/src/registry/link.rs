//! Where a list goes on: the header `Link` (RFC 8288), as the distribution specification uses it.

/// The address of the next part of a list.
pub(super) fn next(header: &str) -> Option<&str> {
    // Addresses have commas in them, but none of these.
    header.split('<').skip(1).find_map(|link| {
        let (address, parameters) = link.split_once('>')?;
        let parameters = parameters.trim_end_matches([' ', '\t', ',']);
        let is_next = |parameter: &str| {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches('"');
            (name.trim().eq_ignore_ascii_case("rel") && value.eq_ignore_ascii_case("next")).then_some(())
        };
        parameters.split(';').find_map(is_next).map(|()| address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_part_is_found_among_links() {
        for (header, expected) in [
            (r#"</v2/app/tags/list?last=b&n=2>; rel="next""#, Some("/v2/app/tags/list?last=b&n=2")),
            (r"<x>; rel=next", Some("x")),
            (r#"<x?last=a,b>; rel="next""#, Some("x?last=a,b")),
            (r#"<a>; rel="prev", <b>; title="x"; REL="NEXT""#, Some("b")),
            (r#"<a>; rel="prev""#, None),
            ("<a", None),
            ("", None),
        ] {
            assert_eq!(next(header), expected, "{header}");
        }
    }
}
