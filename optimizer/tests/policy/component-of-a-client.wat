;; Who denies connections denies those that the host makes, too.
;; allow: http
;; deny: connect
;; ends: import `wasi:http/outgoing-handler@0.2.0` gives `http-client`, which `connect` denies
(component
  (import "wasi:http/types@0.2.0" (instance))
  (import "wasi:http/outgoing-handler@0.2.0" (instance)))
