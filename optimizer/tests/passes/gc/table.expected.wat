(module
  (type $callback (;0;) (func))
  (table $used (;0;) 1 funcref)
  (export "_start" (func 0))
  (elem (;0;) (i32.const 0) func $in_used)
  (func (;0;) (type $callback)
    i32.const 0
    call_indirect (type $callback)
  )
  (func $in_used (;1;) (type $callback))
)

