;; Reads from a thousand descriptors that it was not given.
;; ends: denied
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "\00\04\00\00\10\00\00\00")
  (func (export "_start")
    (local $fd i32)
    (local.set $fd (i32.const 4))
    (loop $again
      (if (i32.eqz (call $fd_read (local.get $fd) (i32.const 64) (i32.const 1) (i32.const 32))) (then (call $proc_exit (i32.const 0))))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $fd) (i32.const 1000))))
    (call $proc_exit (i32.const 1))))
