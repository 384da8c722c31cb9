;; allow: stdio
;; ends: import `wasi_snapshot_preview1.FD_WRITE` is of no standard known here, and not allowed by its name; from _start
;; ends: import `WASI_SNAPSHOT_PREVIEW1.fd_write` is of no standard known here, and not allowed by its name; from _start
(module
  (import "wasi_snapshot_preview1" "FD_WRITE" (func $one))
  (import "WASI_SNAPSHOT_PREVIEW1" "fd_write" (func $other))
  (func $_start (export "_start") (call $one) (call $other)))
