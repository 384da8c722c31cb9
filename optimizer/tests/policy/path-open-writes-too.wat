;; A function that opens opens for writing as well, as its arguments say: who may only read has it not.
;; allow: files-read, stdio
;; ends: import `wasi_snapshot_preview1.path_open` gives `files-write`, which is not allowed; from open, main, _start
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $_start (export "_start") (call $main))
  (func $main (call $open))
  (func $open
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
      (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0)))))
