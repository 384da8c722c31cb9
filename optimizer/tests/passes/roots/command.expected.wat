(module
  (type (;0;) (func))
  (table (;0;) 1 funcref)
  (memory (;0;) 1)
  (global (;0;) i32 i32.const 0)
  (export "memory" (memory 0))
  (export "_start" (func 0))
  (func (;0;) (type 0))
  (func (;1;) (type 0))
  (@custom "note" (after code) "hello")
)

