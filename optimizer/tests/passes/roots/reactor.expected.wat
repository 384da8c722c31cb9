(module
  (type (;0;) (func))
  (memory (;0;) 1)
  (export "memory" (memory 0))
  (export "_initialize" (func 0))
  (export "library_function" (func 1))
  (func (;0;) (type 0))
  (func (;1;) (type 0))
)

