;; allow: stdio
;; ends: import `wasi_snapshot_preview1.fd_write2` is of no standard known here, and not allowed by its name; nobody calls it
;; ends: import `wasi_snapshot_preview1. fd_write` is of no standard known here, and not allowed by its name; nobody calls it
;; ends: import `wasi_snapshot_preview2.fd_write` is of no standard known here, and not allowed by its name; nobody calls it
;; ends: import `.fd_write` is of no standard known here, and not allowed by its name; nobody calls it
(module
  (import "wasi_snapshot_preview1" "fd_write2" (func))
  (import "wasi_snapshot_preview1" " fd_write" (func))
  (import "wasi_snapshot_preview2" "fd_write" (func))
  (import "" "fd_write" (func))
  (func (export "_start")))
