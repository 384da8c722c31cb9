;; Deletes a file that it may only read.
;; folder: read only
;; ends: denied
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $path_unlink_file (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "note")
  (func (export "_start")
    (call $proc_exit (call $path_unlink_file (i32.const 3) (i32.const 64) (i32.const 4)))))
