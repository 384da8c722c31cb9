(module
  (import "env" "frobnicate" (func $frobnicate))
  (memory (export "memory") 1)
  (func (export "_start") (call $frobnicate)))
