;; Waits for an hour.
;; limit: time 0.2
;; ends: timed out
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; A clock, the monotonic one, after 3,600 seconds.
  (data (i32.const 80) "\01\00\00\00\00\00\00\00\00\a0\b8\30\46\03\00\00")
  (func (export "_start")
    (drop (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 32)))))
