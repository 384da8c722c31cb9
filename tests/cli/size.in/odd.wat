(module (func $"a|b`c\1b[31m\0a" (export "x")) (@custom "no\07te" "x"))
