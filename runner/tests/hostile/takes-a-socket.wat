;; Takes connections and sends, on descriptors that are no sockets.
;; ends: denied
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $sock_send (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "\00\04\00\00\10\00\00\00")
  (func (export "_start")
    (if (i32.eqz (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 32))) (then (call $proc_exit (i32.const 0))))
    (call $proc_exit (call $sock_send (i32.const 3) (i32.const 64) (i32.const 1) (i32.const 0) (i32.const 32)))))
