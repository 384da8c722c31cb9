;; A name allows that import, and nothing else of what it gives.
;; allow: stdio, wasi_snapshot_preview1.path_open
;; ends: import `wasi_snapshot_preview1.path_unlink_file` gives `files-write`, which is not allowed; from _start
(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $_start (export "_start")
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
      (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0)))
    (drop (call $unlink (i32.const 3) (i32.const 0) (i32.const 1)))))
