;; Calls itself without end.
;; ends: trap call stack exhausted
(module
  (func $again (call $again))
  (func (export "_start")
    (call $again)))
