;; allow: http
;; ends: import `wasi:sockets/tcp@0.2.0` gives `listen` and `connect`, which are not allowed
;; ends: import `wasi:sockets/ip-name-lookup@0.2.0` gives `connect`, which is not allowed
(component
  (import "wasi:http/outgoing-handler@0.2.0" (instance))
  (import "wasi:sockets/tcp@0.2.0" (instance))
  (import "wasi:sockets/ip-name-lookup@0.2.0" (instance)))
