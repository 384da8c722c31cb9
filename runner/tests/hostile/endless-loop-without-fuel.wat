;; Computes until its fuel is used up.
;; limit: fuel 100000
;; ends: stopped Fuel
(module
  (func (export "_start")
    (loop $again (br $again))))
