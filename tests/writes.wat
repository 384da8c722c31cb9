;; A service that writes to stderr without end, whatever it is asked.
(component
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (import "wasi:io/error@0.2.0" (instance $err (export "error" (type (sub resource)))))
  (alias export $err "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $stream (sub resource)))
    (alias outer 1 $error (type $error))
    (export "error" (type $cause (eq $error)))
    (type $kinds (variant (case "last-operation-failed" (own $cause)) (case "closed")))
    (export "stream-error" (type $failure (eq $kinds)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $stream)) (param "contents" (list u8)) (result (result (error $failure)))))))
  (alias export $streams "output-stream" (type $stream))
  (import "wasi:cli/stderr@0.2.0" (instance $stderr
    (alias outer 1 $stream (type $stream))
    (export "output-stream" (type $own (eq $stream)))
    (export "get-stderr" (func (result (own $own))))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))
  (core module $mem (memory (export "memory") 1))
  (core instance $mem (instantiate $mem))
  (core func $get (canon lower (func $stderr "get-stderr")))
  (core func $write
    (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $mem "memory")))
  (core module $code
    (import "" "get" (func $get (result i32)))
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "handle") (param i32 i32) (local $stream i32)
      (local.set $stream (call $get))
      (loop $again
        (call $write (local.get $stream) (i32.const 0) (i32.const 4096) (i32.const 60000))
        (br $again))))
  (core instance $code
    (instantiate $code (with "" (instance (export "get" (func $get)) (export "write" (func $write))))))
  (func $handle (param "request" (own $request)) (param "response-out" (own $out))
    (canon lift (core func $code "handle")))
  (instance (export "wasi:http/incoming-handler@0.2.0") (export "handle" (func $handle))))
