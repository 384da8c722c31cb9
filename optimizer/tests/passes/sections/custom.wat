;; RUN: sections
;; Custom sections go wherever they stand; names with them. Nothing else changes.
(module
  (@custom "producers" (before first) "\00")
  (@custom "target_features" (after last) "\01+\08sign-ext")
  (func $named (export "_start"))
  (@custom "note" (before code) "hello"))
