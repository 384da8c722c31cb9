//! Who offers what this host does not, and what bytes are that are no module.

/// What to do about an import that is not here, told by its module or interface and its name.
pub(crate) fn offered(import: &str) -> &'static str {
    let (module, name) = import.split_once("::").unwrap_or((import, ""));
    match (module, name) {
        ("env", name) if name.starts_with("proxy_") => "this is a filter for Envoy and Istio, which offer it",
        ("env", _) => "`env` holds what the linker did not find: link the library that defines it",
        ("wasi_snapshot_preview1", name) if name.starts_with("sock_") => {
            "WasmEdge offers sockets of this kind; for WASI 0.2, build for wasm32-wasip2"
        }
        ("wasi_snapshot_preview1", _) => "this name is not part of WASI preview 1",
        ("wasi_unstable", _) => {
            "this is the preview before WASI preview 1: build again with a newer toolchain"
        }
        ("wasi", _) => {
            "threads are not supported: build for wasm32-wasip1, not wasm32-wasip1-threads; Wasmtime's own command offers \
             them with `-S threads`"
        }
        ("wasix_32v1" | "wasix_64v1", _) => "WASIX runs in Wasmer only: build for wasm32-wasip1",
        ("wbg" | "__wbindgen_placeholder__", _) => {
            "wasm-bindgen is for JavaScript hosts: build for wasm32-wasip1 without it"
        }
        _ if module.starts_with("wasi_ephemeral_nn") || module.starts_with("wasi:nn/") => {
            "WasmEdge offers it, and Wasmtime's own command with `-S nn`"
        }
        _ if module.starts_with("wasmedge") || module.starts_with("wasi_ephemeral_crypto") => {
            "WasmEdge offers it"
        }
        _ if ["fermyon:spin/", "spin:", "spin"].iter().any(|start| module.starts_with(start)) => {
            "Spin offers it"
        }
        _ if module.starts_with("wasmcloud:") => "wasmCloud offers it: run it with wash",
        _ if ["wasi:keyvalue/", "wasi:config/", "wasi:blobstore/", "wasi:messaging/"]
            .iter()
            .any(|start| module.starts_with(start)) =>
        {
            "wasmCloud (wash) and Spin offer it, each in some versions"
        }
        _ if module.starts_with("wasi:") && module.contains("@0.3") => {
            "this is WASI 0.3, and this host offers 0.2: build with a toolchain for wasm32-wasip2"
        }
        _ if module.starts_with("wasi:") && !name.is_empty() => {
            "this is a module made for a component: build for wasm32-wasip1"
        }
        _ if module.contains(':') => "this host offers WASI 0.2 and nothing else",
        _ => "this host offers `wasi_snapshot_preview1` and nothing else",
    }
}

/// Whether a component can import this interface here: the packages of WASI 0.2.
pub(crate) fn is_here(interface: &str) -> bool {
    const PACKAGES: [&str; 7] = [
        "wasi:cli/",
        "wasi:clocks/",
        "wasi:filesystem/",
        "wasi:http/",
        "wasi:io/",
        "wasi:random/",
        "wasi:sockets/",
    ];
    PACKAGES.iter().any(|package| interface.starts_with(package)) && interface.contains("@0.2")
}

/// What the bytes are, by how they begin, where it is something that people take for a module.
pub(crate) fn kind(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.trim_ascii_start();
    match bytes {
        [0x7f, b'E', b'L', b'F', ..] => Some("a program for Linux (ELF)"),
        [b'M', b'Z', ..] => Some("a program for Windows"),
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] => Some("a program for macOS"),
        // How many programs are in it; a class of Java's has its version there.
        [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1..40, ..] => Some("a program for macOS"),
        [b'#', b'!', ..] => Some("a script"),
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', ..] => Some("a library of objects, before it is linked"),
        [] => Some("none: it is empty"),
        _ if text.starts_with(b"(") => Some(TEXT),
        _ => None,
    }
}

/// WebAssembly as people write it.
pub(crate) const TEXT: &str = "WebAssembly in its text format";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_import_is_traced_to_where_it_comes_from() {
        for (import, word) in [
            ("env::sqlite3_open", "linker"),
            ("env::proxy_log", "Envoy"),
            ("wasi_unstable::fd_write", "newer toolchain"),
            ("wasi_snapshot_preview1::sock_open", "WasmEdge"),
            ("wasi_ephemeral_nn::load", "WasmEdge"),
            ("wasi::thread-spawn", "threads"),
            ("wasi:cli/environment@0.2.0::get-arguments", "component"),
            ("wasi:cli/stdout@0.3.0", "WASI 0.3"),
            ("wasi:keyvalue/store@0.2.0-draft", "wash"),
            ("fermyon:spin/sqlite@2.0.0", "Spin"),
            ("wasix_32v1::proc_fork", "WASIX"),
            ("__wbindgen_placeholder__::__wbindgen_throw", "wasm-bindgen"),
            ("acme:store/keys@1.0.0", "WASI 0.2"),
            ("acme::key_value", "nothing else"),
        ] {
            assert!(offered(import).contains(word), "{import}: {}", offered(import));
        }
    }

    #[test]
    fn what_is_no_module_is_told_as_what_it_is() {
        assert_eq!(kind(b"\x7fELF\x02"), Some("a program for Linux (ELF)"));
        assert_eq!(kind(b"  (module)"), Some(TEXT));
        assert_eq!(kind(b"anything"), None);
        assert!(
            is_here("wasi:cli/stdout@0.2.9")
                && !is_here("wasi:cli/stdout@0.3.0")
                && !is_here("wasi:nn/graph@0.2.0")
        );
    }
}
