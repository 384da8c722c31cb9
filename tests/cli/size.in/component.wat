(component
  (core module $main (func $run (export "run") nop) (func $unused nop nop))
  (core module (func (export "fixup")))
)
