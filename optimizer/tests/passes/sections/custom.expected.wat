(module
  (type (;0;) (func))
  (export "_start" (func $named))
  (func $named (;0;) (type 0))
)

