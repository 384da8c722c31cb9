;; What is inside asks the component around it, which asks the host for nothing.
;; allow:
;; ends: allowed
(component
  (core module $inner
    (import "wasi_snapshot_preview1" "path_open" (func)))
  (core module $adapter
    (func (export "path_open")))
  (core instance $adapted (instantiate $adapter))
  (core instance (instantiate $inner (with "wasi_snapshot_preview1" (instance $adapted)))))
