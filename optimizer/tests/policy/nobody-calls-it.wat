;; An import that nobody calls counts: another host may call what this one does not.
;; allow: stdio
;; ends: import `wasi_snapshot_preview1.path_open` gives `files-read` and `files-write`, which are not allowed; nobody calls it
(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $spare (export "spare")
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
      (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0))))
  (func (export "_start")))
