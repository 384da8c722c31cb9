;; allow: env.fork
;; ends: import `env.forks` is of no standard known here, and not allowed by its name; from _start
;; ends: import `other.fork` is of no standard known here, and not allowed by its name; from _start
(module
  (import "env" "fork" (func $fork))
  (import "env" "forks" (func $forks))
  (import "other" "fork" (func $other))
  (func $_start (export "_start") (call $fork) (call $forks) (call $other)))
