;; Never gets to the function that is started.
;; limit: time 0.2
;; ends: timed out
(module
  (func $start (loop $again (br $again)))
  (start $start)
  (func (export "_start")))
