;; What is extended is the answer, not what was loaded.
(module
  (import "host" "a" (func $a (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\80\80\80")
  (func (export "byte") (result i32) (local $x i32)
    (local.set $x (i32.load8_u (i32.const 0)))
    (i32.store8 (i32.const 0) (i32.const 1))
    (i32.extend8_s (call $a (local.get $x))))
  (func (export "half") (result i32) (local $x i32)
    (local.set $x (i32.load16_u (i32.const 1)))
    (i32.store16 (i32.const 1) (i32.const 1))
    (i32.extend16_s (call $a (local.get $x)))))
