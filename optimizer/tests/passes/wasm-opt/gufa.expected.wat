(module
  (type (;0;) (func (result i32)))
  (type (;1;) (func (param i64) (result i32)))
  (type (;2;) (func))
  (import "host" "ask" (func $ask (;0;) (type 0)))
  (table (;0;) 2 funcref)
  (export "_start" (func $2))
  (elem (;0;) (i32.const 0) func $zero $also_zero)
  (func $zero (;1;) (type 0) (result i32)
    i32.const 0
  )
  (func $also_zero (;2;) (type 1) (param i64) (result i32)
    i32.const 0
  )
  (func $2 (;3;) (type 2)
    call $ask
    call_indirect (type 0)
    drop
  )
)

