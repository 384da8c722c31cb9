;; Counts the variables that it was not given.
;; ends: denied
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $environ_sizes_get (i32.const 32) (i32.const 36)))
    (call $proc_exit (i32.eqz (i32.load (i32.const 32))))))
