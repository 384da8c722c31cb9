(component
  (core module $code
    (memory (export "memory") 1)
    (data (i32.const 16) "hello, ")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 23))
    (func (export "greet") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (i32.add (local.get 1) (i32.const 7)))
      (i32.const 0)))
  (core instance $code (instantiate $code))
  (func $greet (param "name" string) (result string)
    (canon lift (core func $code "greet") (memory $code "memory") (realloc (func $code "realloc"))))
  (instance (export "acme:words/say@1.0.0") (export "greet" (func $greet))))
