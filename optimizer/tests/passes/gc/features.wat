;; RUN: gc
;; Custom sections other than names pass through: this pass is used alone, too.
(module
  (func (export "_start"))
  (func $unused)
  (@custom "target_features" (after last) "\01+\08sign-ext"))
