;; allow: clock, random, wasi_snapshot_preview1.random_get
;; deny: random
;; ends: import `wasi_snapshot_preview1.random_get` gives `random`, which `random` denies; from _start
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func $_start (export "_start")
    (drop (call $random (i32.const 0) (i32.const 1)))
    (drop (call $time (i32.const 0) (i64.const 0) (i32.const 0)))))
