;; RUN: wasm-opt level=z
;; Only level s and z look at all of the module's values (gufa): what is stored is always 0, so nothing is printed.
(module
  (import "host" "print" (func $print))
  (import "host" "ask" (func $ask (result i32)))
  (table 2 funcref)
  (elem (i32.const 0) func $zero $also_zero)
  (func $zero (result i32) i32.const 0)
  (func $also_zero (param i64) (result i32) i32.const 0)
  (func (export "_start")
    (if (call_indirect (result i32) (call $ask)) (then (call $print)))))
