(module
  (type (;0;) (func))
  (export "_start" (func 0))
  (func (;0;) (type 0))
)

