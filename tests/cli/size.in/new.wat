(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $_ZN3app5Shape4draw17h2222222222222222E)
  (data $.rodata (i32.const 1024) "Hello, whole world!")
  (type $shape (func))
  (func $_start (export "_start") call $_ZN3app4main17h2222222222222222E)
  (func $_ZN3app4main17h2222222222222222E
    (call_indirect (type $shape) (i32.const 0))
    call $_ZN5regex3new17h2222222222222222E
    (call $exit (i32.const 0)))
  (func $_ZN5regex3new17h2222222222222222E nop nop nop nop nop nop nop nop call $_ZN5regex7compile17h2222222222222222E)
  (func $_ZN5regex7compile17h2222222222222222E nop nop nop nop nop nop nop nop nop nop nop nop)
  (func $_ZN3app5Shape4draw17h2222222222222222E nop nop)
  (func $printf (export "printf") nop)
)
