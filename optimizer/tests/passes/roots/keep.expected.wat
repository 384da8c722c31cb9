(module
  (type (;0;) (func))
  (export "_start" (func 0))
  (export "plugin_entry" (func 1))
  (func (;0;) (type 0))
  (func (;1;) (type 0))
  (func (;2;) (type 0))
)

