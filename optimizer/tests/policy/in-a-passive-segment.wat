;; deny: exit
;; ends: import `wasi_snapshot_preview1.proc_exit` gives `exit`, which `exit` denies; from (table), fill, _start
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (table 1 funcref)
  (elem $later func $exit)
  (func $fill (table.init $later (i32.const 0) (i32.const 0) (i32.const 1)))
  (func $_start (export "_start") (call $fill)))
