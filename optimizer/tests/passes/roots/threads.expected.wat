(module
  (type (;0;) (func))
  (type (;1;) (func (param i32 i32)))
  (export "_start" (func 0))
  (export "wasi_thread_start" (func 1))
  (func (;0;) (type 0))
  (func (;1;) (type 1) (param i32 i32))
  (func (;2;) (type 0))
)

