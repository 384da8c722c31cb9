;; Calls itself without end.
(module (func $again (export "_start") call $again))
