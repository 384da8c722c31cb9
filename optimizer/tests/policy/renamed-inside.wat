;; What a module calls an import in its own text, or exports it as, changes nothing.
;; allow: random
;; ends: import `wasi_snapshot_preview1.sock_accept` gives `listen`, which is not allowed; from random_get, _start
(module
  (import "wasi_snapshot_preview1" "sock_accept" (func $wasi_snapshot_preview1.random_get (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $random_get (export "random_get")
    (drop (call $wasi_snapshot_preview1.random_get (i32.const 3) (i32.const 0) (i32.const 0))))
  (func $_start (export "_start") (call $random_get)))
