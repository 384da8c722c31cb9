;; allow: files-read
;; ends: import `wasi_snapshot_preview1.path_unlink_file` gives `files-write`, which is not allowed; from _start
(module
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $list (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $_start (export "_start")
    (drop (call $stat (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)))
    (drop (call $list (i32.const 3) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0)))
    (drop (call $unlink (i32.const 3) (i32.const 0) (i32.const 1)))))
