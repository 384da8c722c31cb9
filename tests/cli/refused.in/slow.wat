(module (memory (export "memory") 1) (func $start (export "_start")))
