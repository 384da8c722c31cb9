(module
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $serve (export "serve") (drop (call $accept (i32.const 3) (i32.const 0) (i32.const 0))))
  (func $start (export "_start") (call $exit (i32.const 0))))
