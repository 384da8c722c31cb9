;; A component that wants six megabytes before it does anything.
;; limit: memory 1048576
;; ends: error MemoryLimit
(component
  (core module $m (memory 100) (func (export "run") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))
