(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "wizer-initialize") (i32.store (i32.const 0) (i32.const 7)))
  (func (export "guess") (drop (call $random (i32.const 0) (i32.const 4))))
  (func (export "_start") (call $exit (i32.load (i32.const 0)))))
