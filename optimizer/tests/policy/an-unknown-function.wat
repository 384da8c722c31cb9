;; allow: stdio, clock, files, network, threads, exit, arguments, environment, random
;; ends: import `env.fork` is of no standard known here, and not allowed by its name; from $serve, $main, (export _start)
(module
  (import "env" "fork" (func $fork (result i32)))
  (func $"$main" (export "_start") (call $"$serve"))
  (func $"$serve" (drop (call $fork))))
