(module
  (type (;0;) (func (result i32)))
  (type (;1;) (func (param i64) (result i32)))
  (type (;2;) (func))
  (import "host" "ask" (func (;0;) (type 0)))
  (table (;0;) 2 funcref)
  (export "_start" (func 3))
  (elem (;0;) (i32.const 0) func 1 2)
  (func (;1;) (type 0) (result i32)
    i32.const 0
  )
  (func (;2;) (type 1) (param i64) (result i32)
    i32.const 0
  )
  (func (;3;) (type 2)
    call 0
    call_indirect (type 0)
    drop
  )
)

