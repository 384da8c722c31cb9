;; Wants four gigabytes before it does anything.
;; ends: error MemoryLimit
(module
  (memory (export "memory") 65536)
  (func (export "_start")
    nop))
