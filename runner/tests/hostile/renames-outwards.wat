;; Moves a file out of its folder.
;; ends: denied
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $path_rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "note")
  (data (i32.const 128) "../note")
  (func (export "_start")
    (call $proc_exit (call $path_rename (i32.const 3) (i32.const 64) (i32.const 4) (i32.const 3) (i32.const 128) (i32.const 7)))))
