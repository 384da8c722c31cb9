;; Of several versions in its modules, a component asks for the newest.
;; deny: random
;; ends: import `wasi:random/random@0.2.9` gives `random`, which `random` denies; from dice, (export roll)
(component
  (import "wasi:random/random@0.2.9" (instance $random
    (export "get-random-u64" (func (result u64)))))
  (core func $get (canon lower (func $random "get-random-u64")))
  (core module $main
    (import "wasi:random/random@0.2.0" "get-random-u64" (func $get (result i64)))
    (func $dice (export "roll") (drop (call $get))))
  (core instance $host (export "get-random-u64" (func $get)))
  (core instance (instantiate $main (with "wasi:random/random@0.2.0" (instance $host)))))
