;; RUN: gc
;; Whatever a used table holds may be called; a table nobody uses holds nothing.
(module
  (type $callback (func))
  (table $used 1 funcref)
  (table $unused 1 funcref)
  (elem (table $used) (i32.const 0) func $in_used)
  (elem (table $unused) (i32.const 0) func $in_unused)
  (func $in_used)
  (func $in_unused unreachable)
  (func (export "_start") (call_indirect $used (type $callback) (i32.const 0))))
