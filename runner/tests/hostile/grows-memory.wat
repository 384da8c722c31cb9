;; Takes all the memory that it gets, and says how many MiB that were.
;; limit: memory 33554432
;; ends: code 32
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 16)
  (func (export "_start")
    (loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    (call $proc_exit (i32.div_u (memory.size) (i32.const 16)))))
