(module
  (type (;0;) (func (result i32)))
  (type (;1;) (func))
  (type (;2;) (func (param i64) (result i32)))
  (import "host" "print" (func $print (;0;) (type 1)))
  (import "host" "ask" (func $ask (;1;) (type 0)))
  (table (;0;) 2 funcref)
  (export "_start" (func $2))
  (elem (;0;) (i32.const 0) func $zero $also_zero)
  (func $zero (;2;) (type 0) (result i32)
    i32.const 0
  )
  (func $also_zero (;3;) (type 2) (param i64) (result i32)
    i32.const 0
  )
  (func $2 (;4;) (type 1)
    call $ask
    call_indirect (type 0)
    if ;; label = @1
      call $print
    end
  )
)

