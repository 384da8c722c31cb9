(module
  (type (;0;) (func))
  (import "host" "used" (func $used (;0;) (type 0)))
  (memory (;0;) 1)
  (global $used_global (;0;) (mut i32) i32.const 1)
  (export "memory" (memory 0))
  (export "_start" (func 1))
  (func (;1;) (type 0)
    call $used
    call $reached
  )
  (func $reached (;2;) (type 0)
    i32.const 3
    global.set $used_global
  )
  (data (;0;) (i32.const 8) "kept")
)

