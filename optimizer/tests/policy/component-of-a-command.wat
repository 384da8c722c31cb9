;; allow: stdio, exit, arguments, environment
;; ends: allowed
(component
  (import "wasi:io/error@0.2.6" (instance))
  (import "wasi:io/streams@0.2.6" (instance))
  (import "wasi:cli/environment@0.2.6" (instance))
  (import "wasi:cli/exit@0.2.6" (instance))
  (import "wasi:cli/stdout@0.2.6" (instance)))
