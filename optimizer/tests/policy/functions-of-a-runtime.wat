;; Runtimes add functions to what standards have, and newer standards come under like names.
;; deny: network
;; ends: import `wasi_snapshot_preview1.sock_connect` may give `listen` and `connect`, which `network` denies; from _start
;; ends: import `wasi_ephemeral_sock.connect` may give `listen` and `connect`, which `network` denies; from _start
(module
  (import "wasi_snapshot_preview1" "sock_connect" (func $one))
  (import "wasi_ephemeral_sock" "connect" (func $other))
  (import "env" "yield" (func $yield))
  (func $_start (export "_start") (call $one) (call $other) (call $yield)))
