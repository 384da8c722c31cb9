;; Modules that are still to become components name interfaces.
;; allow: stdio
;; ends: import `wasi:filesystem/types@0.2.0` gives `files-read` and `files-write`, which are not allowed; from run, (export wasi:cli/run@0.2.0#run)
(module
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.open-at" (func $open))
  (func $run (export "wasi:cli/run@0.2.0#run") (drop (call $stdout)) (call $open)))
