;; RUN: wasm-opt level=z
;; The module gets by without `sign-ext`, and shall still do so afterwards.
(module
  (func (export "f") (param i32) (result i32)
    (i32.shr_s (i32.shl (local.get 0) (i32.const 24)) (i32.const 24))))
