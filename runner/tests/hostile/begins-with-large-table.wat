;; Wants ten million elements before it does anything.
;; limit: memory 1000000
;; ends: error MemoryLimit
(module
  (table 10000000 funcref)
  (func (export "_start")
    nop))
