(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $_ZN3app5Shape4draw17h1111111111111111E)
  (data $.rodata (i32.const 1024) "Hello, world!")
  (type $shape (func))
  (func $_start (export "_start") call $_ZN3app4main17h1111111111111111E)
  (func $_ZN3app4main17h1111111111111111E
    (call_indirect (type $shape) (i32.const 0))
    call $_ZN5regex3new17h1111111111111111E
    (call $exit (i32.const 0)))
  (func $_ZN5regex3new17h1111111111111111E nop nop nop nop nop nop nop nop)
  (func $_ZN3app5Shape4draw17h1111111111111111E nop nop)
  (func $printf (export "printf") nop)
  (func $forgotten nop nop nop)
)
