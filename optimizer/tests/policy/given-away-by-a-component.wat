;; Whoever takes a module out of a component may give it what it asks for.
;; allow: stdio
;; ends: import `wasi_snapshot_preview1.path_open` gives `files-read` and `files-write`, which are not allowed; from open
(component
  (component $middle
    (core module $inner
      (import "wasi_snapshot_preview1" "path_open" (func $path_open))
      (func $open (export "open") (call $path_open)))
    (export "inner" (core module $inner)))
  (export "middle" (component $middle)))
