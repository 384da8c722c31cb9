;; RUN: wasm-opt level=z
;; Constants are folded, and the function with one caller is inlined.
(module
  (import "host" "exit" (func $exit (param i32)))
  (func (export "_start") (call $exit (call $answer (i32.const 40))))
  (func $answer (param i32) (result i32) (i32.add (local.get 0) (i32.const 2))))
