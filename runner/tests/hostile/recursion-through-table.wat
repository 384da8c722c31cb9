;; Two functions call each other without end, through a table.
;; ends: trap call stack exhausted
(module
  (type $f (func))
  (table 2 funcref)
  (elem (i32.const 0) $one $two)
  (func $one (call_indirect (type $f) (i32.const 1)))
  (func $two (call_indirect (type $f) (i32.const 0)))
  (func (export "_start")
    (call $one)))
