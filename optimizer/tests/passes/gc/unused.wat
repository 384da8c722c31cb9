;; RUN: gc
;; What no root reaches goes: functions, imports, globals, types. Active data and the called stay.
(module
  (import "host" "used" (func $used))
  (import "host" "unused" (func $unused (param i64)))
  (memory (export "memory") 1)
  (global $used_global (mut i32) (i32.const 1))
  (global $unused_global (mut i32) (i32.const 2))
  (func (export "_start") call $used call $reached)
  (func $reached (global.set $used_global (i32.const 3)))
  (func $unreached (call $unused (i64.const 1)) call $reached)
  (data (i32.const 8) "kept"))
