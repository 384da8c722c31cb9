(module
  (type (;0;) (func (param i32) (result i32)))
  (export "f" (func $0))
  (func $0 (;0;) (type 0) (param i32) (result i32)
    local.get 0
    i32.extend8_s
  )
  (@custom "target_features" (after code) "\01+\08sign-ext")
)

