;; deny: env.fork
;; ends: import `env.fork` is denied by its name, `env.fork`; from _start
(module
  (import "env" "fork" (func $fork))
  (import "env" "vfork" (func $vfork))
  (func $_start (export "_start") (call $fork) (call $vfork)))
