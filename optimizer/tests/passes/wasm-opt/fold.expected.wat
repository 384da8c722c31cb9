(module
  (type (;0;) (func (param i32)))
  (type (;1;) (func))
  (import "host" "exit" (func $exit (;0;) (type 0)))
  (export "_start" (func $0))
  (func $0 (;1;) (type 1)
    i32.const 42
    call $exit
  )
)

