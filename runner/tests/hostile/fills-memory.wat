;; Copies its whole memory over and over.
;; limit: time 0.2
;; ends: timed out
(module
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (memory.grow (i32.const 1023)))
    (loop $again (memory.copy (i32.const 0) (i32.const 1) (i32.const 67000000)) (br $again))))
