(module
  (type (;0;) (func))
  (table (;0;) 1 funcref)
  (export "_start" (func 0))
  (elem (;0;) (i32.const 0) func 1)
  (func (;0;) (type 0)
    i32.const 0
    call_indirect (type 0)
  )
  (func (;1;) (type 0))
)

