;; Takes all the elements that it gets, and says how many thousands that were.
;; limit: memory 1000000
;; ends: code 125
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (table $t 0 funcref)
  (func (export "_start")
    (loop $again (br_if $again (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
    (call $proc_exit (i32.div_u (table.size $t) (i32.const 1000)))))
