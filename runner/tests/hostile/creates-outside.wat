;; Makes a folder beside its own.
;; ends: denied
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "../new")
  (func (export "_start")
    (call $proc_exit (call $path_create_directory (i32.const 3) (i32.const 64) (i32.const 6)))))
