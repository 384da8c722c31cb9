;; RUN: roots
;; A command keeps what its host uses, and custom sections stay where they are.
(module
  (memory (export "memory") 1)
  (global (export "__stack_pointer") i32 (i32.const 0))
  (table (export "__indirect_function_table") 1 funcref)
  (func (export "_start"))
  (func (export "library_function"))
  (@custom "note" (after last) "hello"))
