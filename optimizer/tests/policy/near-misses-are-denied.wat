;; What may be another version of the same is caught by the word for it.
;; deny: files, wasi:clocks/wall-clock
;; ends: import `wasi:filesystem/typesx@0.2.0` may give `files-read` and `files-write`, which `files` denies
;; ends: import `wasi:filesystem/types@0.3.0` may give `files-read` and `files-write`, which `files` denies
;; ends: import `wasi:clocks/wall-clock@0.2.3` is denied by its name, `wasi:clocks/wall-clock`
(component
  (import "wasi:filesystem/typesx@0.2.0" (instance))
  (import "wasi:filesystem/types@0.3.0" (instance))
  (import "wasi:clocks/wall-clock@0.2.3" (instance))
  (import "wasi:clocks/wall-clocks@0.2.3" (instance)))
