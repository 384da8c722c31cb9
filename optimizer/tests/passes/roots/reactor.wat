;; RUN: roots
;; Without `_start` it is a reactor: its host may call whatever it exports.
(module
  (memory (export "memory") 1)
  (func (export "_initialize"))
  (func (export "library_function")))
