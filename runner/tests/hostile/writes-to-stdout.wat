;; Writes for ever.
;; limit: output 1000000
;; ends: stopped Output
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; 32 KiB from address 1024 on.
  (data (i32.const 64) "\00\04\00\00\00\80\00\00")
  (func (export "_start")
    (loop $again
      (drop (call $fd_write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 32)))
      (br $again))))
