;; A name of the world is no capability, even if it is called like one.
;; allow: clock, random
;; ends: import `$root.clock` is of no standard known here, and not allowed by its name
;; ends: import `wasi:random/random@0.2.0` is of no standard known here, and not allowed by its name
(component
  (import "clock" (func))
  (import "wasi:random/random@0.2.0" (component)))
