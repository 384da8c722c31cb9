;; Nobody but the host puts a function there.
(module
  (type $answer (func (result i32)))
  (table (export "table") 1 funcref)
  (memory (export "memory") 1)
  (func (export "ask") (result i32) (local $answer i32)
    (local.set $answer (call_indirect (type $answer) (i32.const 0)))
    (i32.store (i32.const 8) (local.get $answer))
    (i32.add (local.get $answer) (i32.const 1))))
