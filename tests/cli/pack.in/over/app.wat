(module
  (memory (export "memory") 1)
  (func $never_called)
  (func (export "_start")))
