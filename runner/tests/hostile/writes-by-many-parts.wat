;; Says that it has two thousand million parts to write.
;; ends: trap or code 1
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (call $proc_exit (i32.ne (call $fd_write (i32.const 1) (i32.const 64) (i32.const 0x7fffffff) (i32.const 32)) (i32.const 0)))))
