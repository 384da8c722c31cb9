;; allow: files-read
;; ends: import `wasi:filesystem/types@0.2.0` gives `files-write`, which is not allowed
;; ends: import `wasi:filesystem/preopens@0.2.0` gives `files-write`, which is not allowed
(component
  (import "wasi:filesystem/types@0.2.0" (instance))
  (import "wasi:filesystem/preopens@0.2.0" (instance)))
