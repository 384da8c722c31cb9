;; allow: listen, connect
;; ends: import `wasi:http/types@0.2.0` gives `http-server` and `http-client`, which are not allowed
(component
  (import "wasi:sockets/tcp@0.2.0" (instance))
  (import "wasi:http/types@0.2.0" (instance)))
