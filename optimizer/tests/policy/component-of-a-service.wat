;; What the host calls is told as well: it hands requests in.
;; allow: stdio
;; ends: export `wasi:http/incoming-handler@0.2.0` gives `http-server`, which is not allowed
(component
  (import "wasi:http/types@0.2.0" (instance))
  (import "wasi:cli/stdout@0.2.0" (instance))
  (instance $handler)
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
