;; RUN: roots keep=plugin_entry
(module
  (func (export "_start"))
  (func (export "plugin_entry"))
  (func (export "library_function")))
