//! The one place where JSON becomes bytes that have a digest.
//!
//! The OCI types keep labels and annotations in a `HashMap`, whose order is random: written directly, the
//! same image would have another digest in every process. So everything goes through a [`Value`] with sorted
//! keys, written compactly.

use serde::Serialize;
use serde_json::Value;

/// The canonical bytes of a document: keys sorted, no white space, no line end.
pub(crate) fn canonical(document: &impl Serialize) -> Vec<u8> {
    let mut value =
        serde_json::to_value(document).expect("image documents have text keys and finite numbers");
    // Sorted already, unless some other crate in the build turns on serde_json's `preserve_order`.
    value.sort_all_objects();
    Value::to_string(&value).into_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_hash_map_is_written_in_one_order() {
        let expected: Vec<String> = ('a'..='z').map(|key| format!("\"{key}\":1")).collect();
        for _ in 0..20 {
            let map: HashMap<char, u8> = ('a'..='z').map(|key| (key, 1)).collect();
            assert_eq!(canonical(&map), format!("{{{}}}", expected.join(",")).into_bytes());
        }
    }

    #[test]
    fn nested_objects_are_sorted_and_lists_are_not() {
        let value: Value =
            serde_json::from_str(r#"{ "b": [ {"z": 1, "y": "é<"} , 0 ], "a": null }"#).unwrap();
        assert_eq!(canonical(&value), r#"{"a":null,"b":[{"y":"é<","z":1},0]}"#.as_bytes());
    }
}
