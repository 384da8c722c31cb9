(module
  (type (;0;) (func))
  (export "_start" (func 0))
  (func (;0;) (type 0))
  (@custom "target_features" (after code) "\01+\08sign-ext")
)

