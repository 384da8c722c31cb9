(module
  (type (;0;) (func))
  (import "host" "used" (func (;0;) (type 0)))
  (memory (;0;) 1)
  (global (;0;) (mut i32) i32.const 1)
  (export "memory" (memory 0))
  (export "_start" (func 1))
  (func (;1;) (type 0)
    call 0
    call 2
  )
  (func (;2;) (type 0)
    i32.const 3
    global.set 0
  )
  (data (;0;) (i32.const 8) "kept")
)

