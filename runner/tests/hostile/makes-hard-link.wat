;; Makes another name for a file outside.
;; ends: denied
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "path_link" (func $path_link (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "../secret")
  (data (i32.const 128) "hard")
  (func (export "_start")
    (call $proc_exit (call $path_link (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 9) (i32.const 3) (i32.const 128) (i32.const 4)))))
