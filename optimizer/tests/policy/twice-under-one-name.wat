;; The second import of a name has another type, and the same meaning.
;; deny: stdio
;; ends: import `wasi_snapshot_preview1.fd_write` gives `stdio`, which `stdio` denies; from _start
(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $second))
  (func $_start (export "_start") (call $second)))
