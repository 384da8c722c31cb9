;; deny: clock
;; ends: import `wasi_snapshot_preview1.poll_oneoff` gives `clock`, which `clock` denies; from (table), wait, _start
(module
  (type $poll (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (type $poll)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $poll)
  (func $wait (drop (call_indirect (type $poll) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0))))
  (func $_start (export "_start") (call $wait)))
