(module
  (type (;0;) (func (result i32)))
  (type (;1;) (func))
  (type (;2;) (func (param i64) (result i32)))
  (import "host" "print" (func (;0;) (type 1)))
  (import "host" "ask" (func (;1;) (type 0)))
  (table (;0;) 2 funcref)
  (export "_start" (func 4))
  (elem (;0;) (i32.const 0) func 2 3)
  (func (;2;) (type 0) (result i32)
    i32.const 0
  )
  (func (;3;) (type 2) (param i64) (result i32)
    i32.const 0
  )
  (func (;4;) (type 1)
    call 1
    call_indirect (type 0)
    if ;; label = @1
      call 0
    end
  )
)

