;; What functions with stack protection call and read: `__stack_chk_fail` and `__stack_chk_guard`, as an object file
;; (https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md).
(module
  (import "env" "__linear_memory" (memory 1))
  (func unreachable)
  (data (i32.const 0) "\bd\9f^Y")
  (@custom "linking" (after data)
    "\02" ;; version
    "\08\2c\02" ;; symbols: a function, and data that is hidden
    "\00\00\00\10__stack_chk_fail"
    "\01\04\11__stack_chk_guard\00\00\04"
    "\05\1b\01" ;; segments
    "\17.data.__stack_chk_guard\02\00"))
