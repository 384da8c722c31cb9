;; Computes for ever.
;; limit: time 0.2
;; ends: timed out
(module
  (func (export "_start")
    (loop $again (br $again))))
