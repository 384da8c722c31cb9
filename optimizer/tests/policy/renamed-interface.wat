;; A component may call an interface as it likes, and say which one it is.
;; allow: stdio
;; ends: import `wasi:filesystem/types@0.2.0` gives `files-read` and `files-write`, which are not allowed
(component
  (import "stdout" (implements "wasi:filesystem/types@0.2.0") (instance)))
