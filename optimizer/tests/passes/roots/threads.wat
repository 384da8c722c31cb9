;; RUN: roots
;; Further threads of a command are started by its host.
(module
  (func (export "_start"))
  (func (export "wasi_thread_start") (param i32 i32))
  (func (export "library_function")))
