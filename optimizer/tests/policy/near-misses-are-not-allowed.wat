;; allow: files, clock
;; ends: import `wasi:filesystem/typesx@0.2.0` is of no standard known here, and not allowed by its name
;; ends: import `wasi:filesystem/types@0.3.0` is of no standard known here, and not allowed by its name
;; ends: import `wasi:filesystem/types@0.20.0` is of no standard known here, and not allowed by its name
;; ends: import `wasi:filesystem/types` is of no standard known here, and not allowed by its name
;; ends: import `wasix:clocks/wall-clock@0.2.0` is of no standard known here, and not allowed by its name
(component
  (import "wasi:filesystem/types@0.2.0" (instance))
  (import "wasi:filesystem/typesx@0.2.0" (instance))
  (import "wasi:filesystem/types@0.3.0" (instance))
  (import "wasi:filesystem/types@0.20.0" (instance))
  (import "wasi:filesystem/types" (instance))
  (import "wasix:clocks/wall-clock@0.2.0" (instance)))
