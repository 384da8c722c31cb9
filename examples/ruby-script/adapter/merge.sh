#!/bin/sh
# Makes one WASI command of Ruby and what it lacks, in the folder that $WASMPACK_OUT names.
set -eu
features="--enable-bulk-memory --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int \
  --enable-reference-types --enable-multivalue"
# Each file is followed by the name under which the others import from it. All export too much: of names that are
# there twice, the first stays.
exec node_modules/.bin/wasm-merge $features --skip-export-conflicts \
  "node_modules/@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm" ruby \
  adapter/command.wat command \
  adapter/javascript.wat rb-js-abi-host \
  adapter/handles.wat canonical_abi \
  -o "$WASMPACK_OUT/ruby-script.wasm"
