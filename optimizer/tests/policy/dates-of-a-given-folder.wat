;; The folders that a program begins with are open already, so that descriptors alone reach them.
;; allow: stdio
;; ends: import `wasi_snapshot_preview1.fd_filestat_get` gives `files-read`, which is not allowed; from _start
;; ends: import `wasi_snapshot_preview1.fd_filestat_set_times` gives `files-write`, which is not allowed; from _start
(module
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_times" (func $set (param i32 i64 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func $_start (export "_start")
    (drop (call $get (i32.const 3) (i32.const 0)))
    (drop (call $set (i32.const 3) (i64.const 0) (i64.const 0) (i32.const 0)))))
