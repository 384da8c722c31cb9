;; deny: random
;; ends: import `wasi_snapshot_preview1.random_get` gives `random`, which `random` denies; from global 0, _start
(module
  (type $random (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (type $random)))
  (global $held funcref (ref.func $random))
  (func $_start (export "_start") (drop (global.get $held))))
