;; The name and the kind together make what a standard has.
;; allow: clock, threads
;; ends: import `wasi_snapshot_preview1.clock_time_get` is of no standard known here, and not allowed by its name; nobody calls it
;; ends: import `env.memory` is of no standard known here, and not allowed by its name; from _start
;; ends: import `wasi.thread-spawn` is of no standard known here, and not allowed by its name; nobody calls it
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (global i32))
  (import "env" "memory" (func $f))
  (import "wasi" "thread-spawn" (memory 1))
  (func $_start (export "_start") (call $f)))
