;; RUN: wasm-opt level=z
;; The module declares `sign-ext`, so Binaryen may use it.
(module
  (@custom "target_features" (after last) "\01+\08sign-ext")
  (func (export "f") (param i32) (result i32)
    (i32.shr_s (i32.shl (local.get 0) (i32.const 24)) (i32.const 24))))
